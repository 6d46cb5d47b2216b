"""Components of the settings of the Adapt tab."""

import gradio as gr

from xser_demo.reporting import failure_presets
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.adapt_options import COMMON, MAX_EPOCHS, TRANSDUCTIVE
from xser_demo.ui.tabs.adapt import choices
from xser_demo.ui.tabs.adapt.form import SETTINGS

PRESETS_INTRO = "<p class='x-small'><strong>Break it:</strong> settings with which adaptation tends to hurt.</p>"


class Controls:
    """Made in the order of the page: ``corpora_and_method``, ``ideas``, ``preset_buttons``, ``fine_tuning``."""

    def __init__(self):
        self.defaults = adapt_options.form_defaults(COMMON)
        self.sources, self.targets = adapt_options.corpora(COMMON, None)

    def corpora_and_method(self) -> None:
        defaults, named = self.defaults, adapt_options.named
        source = choices.if_available(defaults.source, self.sources)
        target = choices.if_available(defaults.target, self.targets)
        self.system = _menu("system", "System", adapt_options.titles(), COMMON)
        self.variant = _menu("variant", "Variant", [], None, visible=False)
        self.source = _menu("source", "Source, labelled", named(self.sources), source)
        self.target = _menu("target", "Target, unlabelled", choices.targets(self.targets), target)
        self.method = _menu("method", "Method", adapt_options.method_choices(COMMON, None), defaults.method)

    def ideas(self) -> None:
        """What the chosen system and method do."""
        with gr.Row(equal_height=False, elem_classes="x-ideas"):
            about, idea = adapt_options.about(COMMON, None), adapt_options.method_idea(self.defaults.method)
            self.about = gr.HTML(about, elem_id="adapt-about", elem_classes="x-small x-system")
            self.idea = gr.HTML(idea, elem_id="adapt-idea", elem_classes="x-small")

    def preset_buttons(self) -> None:
        gr.HTML(PRESETS_INTRO)
        with gr.Row(elem_classes="x-chips"):
            self.presets = {
                name: gr.Button(preset.title, size="sm", elem_id=f"adapt-break-{name}")
                for name, preset in failure_presets.FAILURE_PRESETS.items()
            }
        self.explanation = gr.HTML(elem_id="adapt-why", elem_classes="x-why-breaks")

    def fine_tuning(self) -> None:
        with gr.Accordion("Fine-tune", open=False, elem_id="adapt-fine-tune"):
            with gr.Row():
                self._scored_clips()
            with gr.Row():
                self._more_corpora()
            with gr.Row():
                info = "By whose statistics features are standardised before anything learns from them."
                self.normalise = _menu("normalise", "Normalise by", adapt_options.NORMALISE, "", info=info)
                info = "A bigger encoder trains a source model of its own first."
                self.encoder = choices.encoders(COMMON, label="Encoder", info=info, elem_id="adapt-encoder")
            with gr.Row():
                self._training()

    def _scored_clips(self) -> None:
        self.mode = gr.Radio(choices.MODES, value=TRANSDUCTIVE, label="Adapt", min_width=300, elem_id="adapt-mode")
        self.fold = choices.speakers(
            self.defaults.target, COMMON, None, label="Scored speakers", min_width=200, elem_id="adapt-fold"
        )
        self.labels = _menu("labels", "Emotions", adapt_options.label_sets(), self.defaults.labels)

    def _more_corpora(self) -> None:
        info = "Also labelled. Each source is standardised separately."
        sources = adapt_options.named(self.sources)
        self.more = _menu("more", "More sources", sources, [], multiselect=True, info=info, min_width=260)
        info = "How often each source is drawn, such as 2, 1; empty: each clip equally often."
        self.weights = gr.Textbox("", label="Source weights", info=info, min_width=200, elem_id="adapt-weights")
        targets = choices.second_targets(self.targets)
        self.second = _menu("second", "Second target", targets, "", info="Mixed with the first.")

    def _training(self) -> None:
        info = "Simulates other frequencies; only when adapting on the scored clips."
        shifts = failure_presets.shifts(self.defaults.labels)
        self.shift = _menu("shift", "Emotions of the target", shifts, "", info=info)
        self.epochs = gr.Slider(
            1, MAX_EPOCHS, self.defaults.epochs, step=1, label="Epochs", min_width=200, elem_id="adapt-epochs"
        )
        info = adapt_options.strength(self.defaults.method, COMMON, None)
        # Text, since Gradio shows an empty number as 0, and sends it
        self.strength = gr.Textbox(
            "", max_lines=1, label="Strength", info=info, min_width=160, elem_id="adapt-strength"
        )
        info = "Shipped models have seed 0."
        self.seed = gr.Number(0, label="Seed", info=info, precision=0, min_width=120, elem_id="adapt-seed")

    @property
    def settings(self) -> dict[str, gr.components.Component]:
        """By their names in links, in the order of ``form.SETTINGS``."""
        return {name: getattr(self, name) for name in SETTINGS}

    @property
    def inputs(self) -> list:
        return list(self.settings.values())

    @property
    def outputs(self) -> list:
        """All that ``changes.set_up`` changes."""
        return [*self.inputs, self.about, self.idea]


def _menu(name: str, label: str, options: list[tuple[str, str]], value: object, **more) -> gr.Dropdown:
    return gr.Dropdown(options, value=value, label=label, elem_id=f"adapt-{name}", **({"min_width": 200} | more))
