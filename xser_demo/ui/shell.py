"""The page: one file per tab, put together here."""

import gradio as gr

from xser_demo.ui import about, adapt, bench, listen, map, theme
from xser_demo.ui.visitor import Visitor

TITLE = "Hear the domain shift"
IDLE_S = 1800  # a visitor's models and features are dropped after half an hour without use
CLEAN_UP = (600, 3600)  # seconds: every ten minutes delete files older than an hour


def build() -> gr.Blocks:
    """All tabs. Tabs that show what another tab made are wired here, so that no tab knows another."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=CLEAN_UP) as page:
        visitor = gr.State(Visitor(), time_to_live=IDLE_S)  # copied for each visitor
        gr.HTML(theme.header(TITLE))
        with gr.Tabs() as tabs:
            with gr.Tab("Listen", id="listen") as listen_tab:
                listening = listen.build(visitor)
            with gr.Tab("Map", id="map") as map_tab:
                mapping = map.build(visitor)
            with gr.Tab("Adapt", id="adapt"):
                adapt.build(visitor, tabs)
            with gr.Tab("Benchmark", id="benchmark") as bench_tab:
                benchmark = bench.build()
            with gr.Tab("About", id="about"):
                about.build()
        for tab, part in ((listen_tab, listening), (map_tab, mapping), (bench_tab, benchmark)):
            tab.select(part.refresh, part.refresh_inputs, part.refresh_outputs, api_visibility="private")
    return page


def launch(host: str = "127.0.0.1", port: int = 7860, **options):
    """Serve the page. ``options`` go to gradio's ``launch`` (tests use ``prevent_thread_lock``)."""
    page = build()
    page.queue(max_size=64, default_concurrency_limit=4)
    return page.launch(
        server_name=host,
        server_port=port,
        theme=theme.THEME,
        css=theme.CSS,
        head=theme.HEAD,
        ssr_mode=False,
        max_file_size="200mb",
        state_session_capacity=64,
        show_error=True,
        footer_links=["api"],
        **options,
    )
