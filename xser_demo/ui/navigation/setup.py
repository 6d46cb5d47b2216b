"""Set the page up as a link or a step of the lecture says: select the tab, set its settings, refresh it."""

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
    """``parts`` by the id of their tab. ``go`` returns changes of ``outputs``; ``then`` adds the refresh after it."""

    tabs: gr.Tabs
    parts: dict[str, Tab]
    here: gr.Textbox = field(init=False)  # id of the selected tab, known in the browser only: see HERE
    due: gr.State = field(init=False)  # id of the tab that must be refreshed

    def __post_init__(self):
        self.here, self.due = gr.Textbox("listen", visible=False), gr.State(None)
        self.shown = {key: part for key, part in self.parts.items() if part.refresh}
        self.outputs = [self.tabs, self.due, *(component for part in self.parts.values() for component in part.outputs)]

    def go(self, link: Link, here: str) -> dict:
        """``here``: the selected tab. Selecting it again fires no event, so it is refreshed explicitly."""
        if link.tab not in self.parts:
            return {self.due: None}
        part = self.parts[link.tab]
        values = {name: value for name, value in link.settings.items() if name in part.settings}
        due = part.refresh and here == link.tab
        return {
            self.tabs: gr.Tabs(selected=link.tab),
            self.due: link.tab if due else None,
            **(part.change(values) if values else {}),
        }

    def then(self, event) -> object:
        """Refresh the tab that ``go`` has marked as due, after the settings have reached the page."""
        inputs = [component for part in self.shown.values() for component in part.refresh_inputs]
        outputs = list({component: None for part in self.shown.values() for component in part.refresh_outputs})
        return event.then(self._refresh, [self.due, *inputs], [self.due, *outputs], **QUIET)

    def on(self, button: gr.Button, value, query: Callable[[str], dict[str, str]]) -> None:
        """A click follows the link that ``query`` makes of a component's value, to another tab."""

        def follow(chosen: str) -> dict:
            return self.go(links.read(query(chosen)), here="")

        self.then(button.click(follow, value, self.outputs, **QUIET))

    def _refresh(self, due: str | None, *values) -> Iterator[dict]:
        start = 0
        for key, part in self.shown.items():
            inputs, start = values[start : start + len(part.refresh_inputs)], start + len(part.refresh_inputs)
            if key == due:
                result = part.refresh(*inputs)
                for step in result if isgenerator(result) else [result]:
                    changes = step if isinstance(step, dict) else dict(zip(part.refresh_outputs, step, strict=True))
                    yield changes | {self.due: None}
        if due is None:
            yield {self.due: None}

    def link(self, here: str, *values) -> str:
        """The query string of the selected tab, from the values of ``all``."""
        names = [(key, name) for key, part in self.parts.items() for name in part.settings]
        pairs = zip(names, values, strict=True)
        return links.write(here, {name: value for (key, name), value in pairs if key == here})

    @property
    def all(self) -> list:
        return [component for part in self.parts.values() for component in part.settings.values()]
