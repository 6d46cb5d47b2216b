"""What Gradio keeps of each session, without the copy of all components that only its deep links need: half a megabyte
and 50 ms for every page that is opened, and the last picture of every plot."""

from types import SimpleNamespace

import gradio as gr
from gradio.state_holder import SessionState, StateHolder


class Session(SessionState):
    """``config_values``, from which deep links are made, stays empty."""

    def __init__(self, blocks: gr.Blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))  # only of these it copies

    def __setitem__(self, key: int, value) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value) -> None:
        pass


class Sessions(StateHolder):
    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)
