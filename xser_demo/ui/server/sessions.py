"""Session state without Gradio's copy of all components, which only its deep links need.

The copy costs 0.5 MB and 50 ms for every page that is opened, and it keeps the last figure of every plot.
"""

from types import SimpleNamespace

import gradio as gr
from gradio.state_holder import SessionState, StateHolder


class Session(SessionState):
    """A session whose ``config_values``, the source of deep links, stay empty."""

    def __init__(self, blocks: gr.Blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))  # it copies only from these

    def __setitem__(self, key: int, value) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value) -> None:
        pass


class Sessions(StateHolder):
    """All sessions of a server."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)
