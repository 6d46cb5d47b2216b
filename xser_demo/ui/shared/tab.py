"""What a tab gives to the shell, so that no tab knows another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import gradio as gr


@dataclass(frozen=True)
class Tab:
    """``refresh`` brings the tab up to date when it is selected; its values are for ``refresh_outputs``. ``settings``,
    by their names in links, are what a link or a step of the lecture may set. Where they hang together, ``set_up``
    makes changes of ``set_up_outputs`` from their values."""

    refresh: Callable | None = None
    refresh_inputs: Sequence = ()
    refresh_outputs: Sequence = ()
    settings: dict = field(default_factory=dict)
    set_up: Callable[[dict], dict] | None = None
    set_up_outputs: Sequence = ()
    opens: bool = True  # selecting it refreshes it; else only a link does

    @property
    def outputs(self) -> list:
        """What ``change`` may change."""
        return list(self.set_up_outputs if self.set_up else self.settings.values())

    def change(self, values: dict) -> dict:
        """The settings as a link has them."""
        if self.set_up:
            return self.set_up(values)
        return {self.settings[name]: _to(self.settings[name], value) for name, value in values.items()}


def _to(component, value):
    """A value for a component; a slider may have another range than when the page was built."""
    if isinstance(component, gr.Slider):
        return gr.Slider(minimum=min(component.minimum, value), value=value)
    return value
