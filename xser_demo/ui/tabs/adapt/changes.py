"""How one choice of the Adapt tab changes the others. Each function returns new values by component."""

import gradio as gr

from xser_demo import methods
from xser_demo.corpora import joined
from xser_demo.corpora.user import KEY
from xser_demo.experiments import quick_look
from xser_demo.reporting import failure_presets
from xser_demo.ui.navigation import links
from xser_demo.ui.navigation.vocabulary import as_text
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.adapt_options import COMMON, TRANSDUCTIVE
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import choices
from xser_demo.ui.tabs.adapt.controls import Controls
from xser_demo.ui.tabs.adapt.form import ready_recordings


def select_system(controls: Controls, system: str) -> dict:
    """A system sets everything but mode and seed to its defaults."""
    changes = set_up(controls, links.read({"tab": "adapt", "system": system}).settings)
    unchanged = (controls.system, controls.mode, controls.seed)
    return {component: change for component, change in changes.items() if component not in unchanged}


def select_variant(controls: Controls, system: str, variant: str, target: str, second: str) -> dict:
    """Corpora and label set stay."""
    defaults = adapt_options.form_defaults(system, variant)
    trains = methods.get(defaults.method).trains
    return {
        controls.fold: choices.speakers(joined(target, second), system, variant),
        controls.about: adapt_options.about(system, variant),
        controls.method: gr.Dropdown(adapt_options.method_choices(system, variant), value=defaults.method),
        **select_method(controls, defaults.method, system, variant),
        controls.epochs: gr.Slider(value=defaults.epochs, interactive=trains),
    }


def select_encoder(
    controls: Controls, visitor: Visitor, encoder: str, source: str, target: str, more: list, second: str, mode: str
) -> dict:
    """Offers the corpora with packs of this encoder. A chosen corpus that is not among them gives way to the first."""
    sources, targets = adapt_options.corpora(COMMON, None, encoder)
    target_menu = choices.targets(targets, encoder)
    target = choices.if_available(target, [key for _, key in target_menu])
    source = choices.if_available(source, sources) or next((key for key in sources if key != target), None)
    remaining = [key for key in more if key in sources and key != source]
    target = target or next((key for key in targets if key not in (source, *remaining)), None)
    second = choices.if_available(second, targets) or ""
    return {
        controls.source: gr.Dropdown(adapt_options.named(sources), value=source),
        controls.target: gr.Dropdown(target_menu, value=target),
        controls.more: gr.Dropdown(adapt_options.named(sources), value=remaining),
        controls.weights: gr.skip() if len(remaining) == len(more) else "",
        controls.second: gr.Dropdown(choices.second_targets(targets), value=second),
        **select_target(controls, visitor, target, second, COMMON, None, mode),
    }


def select_target(
    controls: Controls, visitor: Visitor, target: str, second: str, system: str, variant: str | None, mode: str
) -> dict:
    """The visitor's recordings may be of unknown speakers; then there are no folds and the mode is transductive."""
    if target != KEY or ready_recordings(visitor) is None:
        return {controls.fold: choices.speakers(joined(target, second), system, variant), controls.mode: mode}
    folds = adapt_options.user_fold_choices(visitor.recordings)
    return {controls.fold: choices.folds(folds), controls.mode: mode if folds else TRANSDUCTIVE}


def select_method(controls: Controls, method: str, system: str, variant: str | None) -> dict:
    trains = methods.get(method).trains
    return {
        controls.idea: adapt_options.method_idea(method),
        controls.strength: gr.Textbox("", info=adapt_options.strength(method, system, variant), interactive=trains),
        controls.epochs: gr.Slider(interactive=trains),
    }


def select_labels(controls: Controls, labels: str, shift: str) -> dict:
    """The label shift stays if it is one of these emotions."""
    available = failure_presets.shifts(labels)
    value = choices.if_available(shift, [value for _, value in available]) or ""
    return {controls.shift: gr.Dropdown(available, value=value)}


def select_shift(controls: Controls, shift: str, mode: str) -> dict:
    """A label shift is simulated in the transductive mode only."""
    return {controls.mode: TRANSDUCTIVE if shift else mode}


def select_mode(controls: Controls, mode: str, shift: str) -> dict:
    return {controls.shift: shift if mode == TRANSDUCTIVE else ""}


def select_preset(controls: Controls, name: str) -> dict:
    """All choices but the seed."""
    values = links.read({"tab": "adapt", links.BREAK: name}).settings
    return set_up(controls, values | {"seed": gr.skip()})


def use_recordings(controls: Controls, visitor: Visitor) -> dict:
    """The defaults with the visitor's recordings as the target, and all sources."""
    values = links.read({"tab": "adapt"}).settings | {"target": KEY, "fold": None, "mode": TRANSDUCTIVE}
    if visitor.recordings is not None:
        first, *more = quick_look.sources(visitor.recordings.scan.corpus) or [values["source"]]
        values |= {"source": first, "more": more}
    return set_up(controls, values) | select_target(controls, visitor, KEY, "", COMMON, None, TRANSDUCTIVE)


def set_up(controls: Controls, values: dict) -> dict:
    """All choices at once, with their menus. ``values`` are those of navigation/links.py, which fit together."""
    system, variant, method = (values[name] for name in ("system", "variant", "method"))
    variants, trains = adapt_options.variants(system), methods.get(method).trains
    sources, targets = adapt_options.corpora(system, variant, values["encoder"])
    has_folds = values["target"] and values["target"] != KEY
    target = joined(values["target"], values["second"])
    folds = adapt_options.fold_choices(target, system, variant) if has_folds else []
    strength = adapt_options.strength(method, system, variant)
    return {
        controls.system: system,
        controls.variant: gr.Dropdown(variants, value=variant, visible=len(variants) > 1),
        controls.encoder: choices.encoders(system, values["encoder"]),
        controls.about: adapt_options.about(system, variant),
        controls.source: gr.Dropdown(adapt_options.named(sources), value=values["source"]),
        controls.target: gr.Dropdown(choices.targets(targets, values["encoder"]), value=values["target"]),
        controls.method: gr.Dropdown(adapt_options.method_choices(system, variant), value=method),
        controls.idea: adapt_options.method_idea(method),
        controls.mode: values["mode"],
        controls.fold: gr.Dropdown(folds, value=values["fold"]),
        controls.labels: values["labels"],
        controls.shift: gr.Dropdown(failure_presets.shifts(values["labels"]), value=values["shift"]),
        controls.epochs: gr.Slider(value=values["epochs"], interactive=trains),
        controls.strength: gr.Textbox(as_text(values["strength"]), info=strength, interactive=trains),
        controls.seed: values["seed"],
        controls.more: gr.Dropdown(adapt_options.named(sources), value=values["more"]),
        controls.weights: values["weights"],
        controls.normalise: values["normalise"],
        controls.second: gr.Dropdown(choices.second_targets(targets), value=values["second"]),
    }
