"""What a tab returns to app.py, which wires the tabs to each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import gradio as gr


@dataclass(frozen=True)
class Tab:
    """``refresh`` updates ``refresh_outputs`` when the tab is selected. ``settings``: the components that a link or a
    step of the lecture may set, by their names in links. Where they depend on each other, ``set_up`` returns the
    changes of ``set_up_outputs`` from their values."""

    refresh: Callable | None = None
    refresh_inputs: Sequence = ()
    refresh_outputs: Sequence = ()
    settings: dict = field(default_factory=dict)
    set_up: Callable[[dict], dict] | None = None
    set_up_outputs: Sequence = ()

    @property
    def outputs(self) -> list:
        """The components that ``change`` may change."""
        return list(self.set_up_outputs if self.set_up else self.settings.values())

    def change(self, values: dict) -> dict:
        """Changes that set the values of a link."""
        if self.set_up:
            return self.set_up(values)
        return {self.settings[name]: _to(self.settings[name], value) for name, value in values.items()}


def _to(component, value):
    """A value for a component; the range of a slider may have changed since the page was built."""
    if isinstance(component, gr.Slider):
        return gr.Slider(minimum=min(component.minimum, value), value=value)
    return value
