"""What each choice of the Adapt tab does to the others."""

from functools import partial

import gradio as gr

from xser_demo import methods
from xser_demo.corpora import joined
from xser_demo.corpora.user import KEY
from xser_demo.experiments.task import prepare
from xser_demo.reporting import failure_presets, score_tables
from xser_demo.ui.jobs.background import is_running
from xser_demo.ui.navigation import links
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.adapt_options import INDUCTIVE, TRANSDUCTIVE
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import choices
from xser_demo.ui.tabs.adapt.controls import Choices
from xser_demo.ui.tabs.adapt.form import by_name, make_plan, needs_encoding, ready_recordings
from xser_demo.utils.errors import UserError


class Controls(Choices):
    """The components, and what is wired between them."""

    def wire(self, visitor: gr.State, line: gr.HTML, go: gr.Button) -> tuple:
        """Every choice says at once in ``line`` what pressing ``go`` will do. Returns what says it: a function, what it
        is given and what it changes."""

        def tell(visitor: Visitor, *chosen) -> dict:
            plan, there, settings = None, True, by_name(chosen)
            try:
                if encoder := needs_encoding(visitor, settings):
                    words = score_tables.line(adapt_options.encodes_first(encoder))
                else:
                    plan = make_plan(settings, ready_recordings(visitor))
                    words = score_tables.line(adapt_options.ready(plan, prepare(plan)))
            except UserError as error:
                words, there = score_tables.error(error), False
            said = {self.explanation: failure_presets.explained(plan)}
            return (
                said if is_running(visitor.adaptation_job) else said | {line: words, go: gr.Button(interactive=there)}
            )

        told, given = [line, go, self.explanation], [visitor, *self.all]
        for choice in (self.source, self.more, self.weights, self.fold, self.epochs, self.strength, self.seed):
            choice.input(tell, given, told, trigger_mode="always_last", **QUIET)
        several = [self.more, self.weights, self.second]
        looks = [self.about, self.method, self.idea, self.strength, self.epochs, self.fold]
        for choice, change, known, changed in (
            (
                self.system,
                self._other_system,
                [self.system],
                [self.variant, self.source, self.target, self.labels, self.shift, self.encoder, *several, *looks],
            ),
            (self.variant, self._other_variant, [self.system, self.variant, self.target, self.second], looks),
            *(
                (
                    one,
                    self._other_target,
                    [visitor, self.target, self.second, self.system, self.variant, self.mode],
                    [self.fold, self.mode],
                )
                for one in (self.target, self.second)
            ),
            (
                self.encoder,
                self._other_encoder,
                [visitor, self.encoder, self.source, self.target, self.more, self.second, self.mode],
                [self.source, self.target, *several, self.fold, self.mode],
            ),
            (
                self.method,
                self._shown_method,
                [self.method, self.system, self.variant],
                [self.idea, self.strength, self.epochs],
            ),
            (self.labels, choices.other_labels, [self.labels, self.shift], [self.shift]),
            (self.shift, choices.other_shift, [self.shift, self.mode], [self.mode]),
            (self.mode, choices.other_mode, [self.mode, self.shift], [self.shift]),
        ):
            choice.input(change, known, changed, **QUIET).then(tell, given, told, **QUIET)
        for name, button in self.presets.items():
            changed = [*self.all, self.about, self.idea]
            set_up = button.click(partial(self._preset, name), None, changed, **QUIET)
            set_up.then(tell, given, told, **QUIET)
        return tell, given, told

    def _other_system(self, key: str) -> dict:
        """A system brings its first pair, its task and its schedule along; its first variant is the system itself."""
        chosen = adapt_options.form_defaults(key)
        there = adapt_options.variants(key)
        sources, targets = adapt_options.corpora(key, chosen.variant)
        return {
            self.variant: gr.Dropdown(there, value=chosen.variant, visible=len(there) > 1),
            self.encoder: choices.encoders(key),
            self.source: gr.Dropdown(adapt_options.named(sources), value=choices.if_there(chosen.source, sources)),
            self.target: gr.Dropdown(choices.targets(targets), value=choices.if_there(chosen.target, targets)),
            self.labels: chosen.labels,
            self.shift: gr.Dropdown(failure_presets.shifts(chosen.labels), value=""),
            self.fold: choices.speakers((chosen.target, key, chosen.variant)),
            self.more: gr.Dropdown(adapt_options.named(sources), value=[]),
            self.weights: "",
            self.second: gr.Dropdown(choices.second_targets(targets), value=""),
            **self._built(key, chosen),
        }

    def _other_variant(self, key: str, name: str, target: str, second: str) -> dict:
        """Corpora and task stay as they were chosen."""
        return {
            self.fold: choices.speakers((joined(target, second), key, name)),
            **self._built(key, adapt_options.form_defaults(key, name)),
        }

    def _other_encoder(
        self, visitor: Visitor, encoder: str, source: str, target: str, more: list[str], second: str, mode: str
    ) -> dict:
        """Only corpora that were packed with it are offered; what was chosen of them stays, else the first is taken."""
        several = len(more)
        sources, targets = adapt_options.corpora(adapt_options.COMMON, None, encoder)
        offered = choices.targets(targets, encoder)
        target = choices.if_there(target, [key for _, key in offered])
        source = choices.if_there(source, sources) or next((one for one in sources if one != target), None)
        more = [one for one in more if one in sources and one != source]
        target = target or next((one for one in targets if one not in (source, *more)), None)
        second = choices.if_there(second, targets) or ""
        return {
            self.source: gr.Dropdown(adapt_options.named(sources), value=source),
            self.target: gr.Dropdown(offered, value=target),
            self.more: gr.Dropdown(adapt_options.named(sources), value=more),
            self.weights: gr.skip() if len(more) == several else "",
            self.second: gr.Dropdown(choices.second_targets(targets), value=second),
            **self._other_target(visitor, target, second, adapt_options.COMMON, None, mode),
        }

    def _other_target(
        self, visitor: Visitor, target: str, second: str, key: str, variant: str | None, mode: str
    ) -> dict:
        """Of one's own recordings it may be unknown who speaks; then there are no folds."""
        if target != KEY or ready_recordings(visitor) is None:
            return {self.fold: choices.speakers((joined(target, second), key, variant)), self.mode: mode}
        there = adapt_options.user_fold_choices(visitor.recordings)
        fold = gr.Dropdown(there, value=0 if there else None)
        return {self.fold: fold, self.mode: INDUCTIVE if there else TRANSDUCTIVE}

    def bring(self, visitor: Visitor) -> dict:
        """The common ground with one's own recordings as the target: what the tab Your data leads to."""
        first = adapt_options.form_defaults(adapt_options.COMMON)
        values = {"target": KEY, "variant": None, "shift": "", "strength": None, "seed": 0, "fold": None}
        values |= {"system": adapt_options.COMMON, "source": first.source, "method": first.method}
        values |= {"mode": TRANSDUCTIVE, "labels": first.labels, "epochs": first.epochs}
        values |= {"more": [], "weights": "", "second": "", "encoder": ""}
        return self.set_up(values) | self._other_target(visitor, KEY, "", adapt_options.COMMON, None, TRANSDUCTIVE)

    def _built(self, key: str, chosen: adapt_options.FormDefaults) -> dict:
        return {
            self.about: adapt_options.about(key, chosen.variant),
            self.method: gr.Dropdown(adapt_options.method_choices(key, chosen.variant), value=chosen.method),
            **self._shown_method(chosen.method, key, chosen.variant),
            self.epochs: gr.Slider(value=chosen.epochs, interactive=methods.get(chosen.method).trains),
        }

    def _shown_method(self, name: str, key: str, variant: str | None) -> dict:
        trains = methods.get(name).trains
        return {
            self.idea: adapt_options.method_idea(name),
            self.strength: gr.Number(None, info=adapt_options.strength(name, key, variant), interactive=trains),
            self.epochs: gr.Slider(interactive=trains),
        }

    def _preset(self, name: str) -> dict:
        """All choices but the seed."""
        values = links.read({"tab": "adapt", links.BREAK: name}).settings
        return self.set_up(values | {"seed": gr.skip()})

    def set_up(self, values: dict) -> dict:
        """All choices at once, with their menus. ``values`` are those of links.py, which agree with each other."""
        key, variant, method = (values[name] for name in ("system", "variant", "method"))
        there, trains = adapt_options.variants(key), methods.get(method).trains
        sources, targets = adapt_options.corpora(key, variant, values["encoder"])
        known = values["target"] and values["target"] != KEY
        folds = adapt_options.fold_choices(joined(values["target"], values["second"]), key, variant) if known else []
        return {
            self.system: key,
            self.variant: gr.Dropdown(there, value=variant, visible=len(there) > 1),
            self.encoder: choices.encoders(key, values["encoder"]),
            self.about: adapt_options.about(key, variant),
            self.source: gr.Dropdown(adapt_options.named(sources), value=values["source"]),
            self.target: gr.Dropdown(choices.targets(targets, values["encoder"]), value=values["target"]),
            self.method: gr.Dropdown(adapt_options.method_choices(key, variant), value=method),
            self.idea: adapt_options.method_idea(method),
            self.mode: values["mode"],
            self.fold: gr.Dropdown(folds, value=values["fold"]),
            self.labels: values["labels"],
            self.shift: gr.Dropdown(failure_presets.shifts(values["labels"]), value=values["shift"]),
            self.epochs: gr.Slider(value=values["epochs"], interactive=trains),
            self.strength: gr.Number(
                values["strength"], info=adapt_options.strength(method, key, variant), interactive=trains
            ),
            self.seed: values["seed"],
            self.more: gr.Dropdown(adapt_options.named(sources), value=values["more"]),
            self.weights: values["weights"],
            self.second: gr.Dropdown(choices.second_targets(targets), value=values["second"]),
        }
