"""Sets the page up as a link or a step of the lecture says: the tab, its settings, and what they show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import isgenerator

import gradio as gr

from xser_demo.ui.navigation import links
from xser_demo.ui.navigation.links import Link
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.shared.tab import Tab

HERE = "(here, ...rest) => [window.links.tab(), ...rest]"  # the first input becomes the id of the selected tab


@dataclass
class Setup:
    """``parts`` by the id of their tab. What ``go`` returns is for ``outputs``; ``then`` says what follows."""

    tabs: gr.Tabs
    parts: dict[str, Tab]
    here: gr.Textbox = field(init=False)  # id of the selected tab, known in the browser only: see HERE
    due: gr.State = field(init=False)  # id of the tab that must be refreshed

    def __post_init__(self):
        self.here, self.due = gr.Textbox("listen", visible=False), gr.State(None)
        self.shown = {key: part for key, part in self.parts.items() if part.refresh}
        self.outputs = [self.tabs, self.due, *(one for part in self.parts.values() for one in part.outputs)]

    def go(self, link: Link, here: str) -> dict:
        """``here``: the tab that is selected now. Selecting it again would tell no one, so it is refreshed by hand."""
        if link.tab not in self.parts:
            return {self.due: None}
        part = self.parts[link.tab]
        known = {name: value for name, value in link.settings.items() if name in part.settings}
        due = part.refresh and (here == link.tab or not part.opens)
        return {
            self.tabs: gr.Tabs(selected=link.tab),
            self.due: link.tab if due else None,
            **(part.change(known) if known else {}),
        }

    def then(self, event) -> object:
        """Refresh what ``go`` has found to be due, once the settings have reached the page."""
        inputs = [one for part in self.shown.values() for one in part.refresh_inputs]
        outputs = list({one: None for part in self.shown.values() for one in part.refresh_outputs})
        return event.then(self._refresh, [self.due, *inputs], [self.due, *outputs], **QUIET)

    def on(self, button: gr.Button, value, query: Callable[[str], dict[str, str]]) -> None:
        """A click follows the link that ``query`` makes of a component's value; it leads to another tab."""

        def follow(chosen: str) -> dict:
            return self.go(links.read(query(chosen)), here="")

        self.then(button.click(follow, value, self.outputs, **QUIET))

    def _refresh(self, due: str | None, *values) -> Iterator[dict]:
        left = list(values)
        for key, part in self.shown.items():
            given, left = left[: len(part.refresh_inputs)], left[len(part.refresh_inputs) :]
            if key == due:
                made = part.refresh(*given)
                for one in made if isgenerator(made) else [made]:
                    named = one if isinstance(one, dict) else dict(zip(part.refresh_outputs, one, strict=True))
                    yield named | {self.due: None}
        if due is None:
            yield {self.due: None}

    def link(self, here: str, *values) -> str:
        """The query string of the selected tab, from the values of ``all``."""
        named = dict(
            zip(((key, name) for key, part in self.parts.items() for name in part.settings), values, strict=True)
        )
        return links.write(here, {name: value for (key, name), value in named.items() if key == here})

    @property
    def all(self) -> list:
        return [one for part in self.parts.values() for one in part.settings.values()]
