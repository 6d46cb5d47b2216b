"""The choices of the Adapt tab as they look at first."""

import gradio as gr

from xser_demo.reporting import failure_presets
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.adapt_options import INDUCTIVE, MOST_EPOCHS
from xser_demo.ui.tabs.adapt import choices
from xser_demo.ui.tabs.adapt.form import SETTINGS

BREAK_IT = "<p class='x-small'><strong>Break it:</strong> settings with which adaptation tends to hurt.</p>"


class Choices:
    """Components, made in the order of the page: ``corpora_and_method``, then the buttons that belong to the tab, then
    ``fine_tune`` and ``break_it``."""

    def corpora_and_method(self) -> None:
        first = adapt_options.form_defaults(adapt_options.COMMON)
        sources, targets = adapt_options.corpora(adapt_options.COMMON, None)
        with gr.Row():
            self.system = gr.Dropdown(
                adapt_options.titles(),
                value=adapt_options.COMMON,
                label="System",
                scale=3,
                min_width=260,
                elem_id="adapt-system",
            )
            self.variant = gr.Dropdown(
                [], value=None, label="Built as", visible=False, scale=2, min_width=220, elem_id="adapt-variant"
            )
        about = adapt_options.about(adapt_options.COMMON, None)
        self.about = gr.HTML(about, elem_id="adapt-about", elem_classes="x-small x-system")
        with gr.Row():
            self.source = gr.Dropdown(
                adapt_options.named(sources),
                value=choices.if_there(first.source, sources),
                label="Source, labelled",
                min_width=200,
                elem_id="adapt-source",
            )
            self.target = gr.Dropdown(
                choices.targets(targets),
                value=choices.if_there(first.target, targets),
                label="Target, unlabelled",
                min_width=200,
                elem_id="adapt-target",
            )
            self.method = gr.Dropdown(
                adapt_options.method_choices(adapt_options.COMMON, None),
                value=first.method,
                label="Method",
                min_width=200,
                elem_id="adapt-method",
            )
        self.idea = gr.HTML(adapt_options.method_idea(first.method), elem_id="adapt-idea", elem_classes="x-small")

    def fine_tune(self) -> None:
        first = adapt_options.form_defaults(adapt_options.COMMON)
        with gr.Accordion("Fine-tune", open=False, elem_id="adapt-fine-tune"):
            with gr.Row():
                self.mode = gr.Radio(
                    choices.MODES,
                    value=INDUCTIVE,
                    label="Adapt",
                    min_width=300,
                    elem_id="adapt-mode",
                )
                self.fold = choices.speakers(
                    (first.target, adapt_options.COMMON, None),
                    label="Speakers that are scored",
                    min_width=200,
                    elem_id="adapt-fold",
                )
                self.labels = gr.Dropdown(
                    adapt_options.label_sets(),
                    value=first.labels,
                    label="Emotions",
                    min_width=200,
                    elem_id="adapt-labels",
                )
            sources, targets = adapt_options.corpora(adapt_options.COMMON, None)
            with gr.Row():
                self.more = gr.Dropdown(
                    adapt_options.named(sources),
                    value=[],
                    multiselect=True,
                    label="More sources",
                    info="Labelled, too. Each is standardised by itself.",
                    min_width=260,
                    elem_id="adapt-more",
                )
                self.weights = gr.Textbox(
                    "",
                    label="How often each source is heard",
                    info="Such as 2, 1; empty: each clip equally often.",
                    min_width=200,
                    elem_id="adapt-weights",
                )
                self.second = gr.Dropdown(
                    choices.second_targets(targets),
                    value="",
                    label="Second target",
                    info="Mixed with the first.",
                    min_width=200,
                    elem_id="adapt-second",
                )
            there = adapt_options.encoder_choices(adapt_options.COMMON)
            self.encoder = gr.Dropdown(
                there,
                value="",
                label="Listens to",
                info="A bigger encoder trains a source model of its own first.",
                visible=len(there) > 1,
                elem_id="adapt-encoder",
            )
            with gr.Row():
                self.shift = gr.Dropdown(
                    failure_presets.shifts(first.labels),
                    value="",
                    label="Emotions of the target",
                    info="Other than as recorded: on the clips it is scored on.",
                    min_width=200,
                    elem_id="adapt-shift",
                )
                self.epochs = gr.Slider(
                    1, MOST_EPOCHS, first.epochs, step=1, label="Epochs", min_width=200, elem_id="adapt-epochs"
                )
                self.strength = gr.Number(
                    None,
                    label="Strength",
                    info=adapt_options.strength(first.method, adapt_options.COMMON, None),
                    min_width=160,
                    elem_id="adapt-strength",
                )
                self.seed = gr.Number(
                    0,
                    label="Seed",
                    info="Shipped models have seed 0.",
                    precision=0,
                    min_width=120,
                    elem_id="adapt-seed",
                )

    def break_it(self) -> None:
        gr.HTML(BREAK_IT)
        with gr.Row(elem_classes="x-chips"):
            self.presets = {
                name: gr.Button(one.title, size="sm", elem_id=f"adapt-break-{name}")
                for name, one in failure_presets.FAILURE_PRESETS.items()
            }
        self.explanation = gr.HTML(elem_id="adapt-why", elem_classes="x-why-breaks")

    @property
    def settings(self) -> dict[str, gr.components.Component]:
        """By their names in links, in the order of ``form.SETTINGS``."""
        return {name: getattr(self, name) for name in SETTINGS}

    @property
    def all(self) -> list:
        return list(self.settings.values())
