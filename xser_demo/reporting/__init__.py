"""Figures, maps, HTML tables, the run report, the model zip. Plotly, no Gradio."""
