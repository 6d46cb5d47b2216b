"""Gradio's internals that xser_demo/ui/server leans on are as they were when it was written.

A failure here says: read what Gradio changed, adapt ui/server, then the expectation.
"""

import inspect
import subprocess
import sys

import gradio as gr
import pytest
from gradio.mcp import GradioMCPServer
from gradio.queueing import Event, Queue
from gradio.state_holder import SessionState, StateHolder
from gradio.utils import LRUCache, get_upload_folder

from xser_demo.ui import app

SIGNATURES = {
    gr.Blocks.process_api: (
        "self", "block_fn", "inputs", "state", "request", "iterator", "session_hash", "event_id", "event_data",
        "in_event_listener", "simple_format", "explicit_call", "root_path", "oauth_token",
    ),
    gr.Blocks.handle_streaming_diffs: (
        "self", "block_fn", "data", "session_hash", "run", "final", "simple_format",
    ),
    gr.Blocks.validate_inputs: ("self", "block_fn", "inputs"),
    Queue.push: ("self", "body", "request", "username"),
    SessionState.__init__: ("self", "blocks"),
    SessionState._update_config: ("self", "key"),
    SessionState._update_value_in_config: ("self", "key", "value"),
    StateHolder.__getitem__: ("self", "session_id"),
    get_upload_folder: (),
    GradioMCPServer.simplify_filedata_schema: ("self", "schema"),
    GradioMCPServer.postprocess_output_data: ("self", "data", "root_url"),
    GradioMCPServer.convert_strings_to_filedata: ("self", "value", "filedata_positions"),
}  # fmt: skip


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__qualname__)
def test_a_function_that_is_overridden_takes_what_it_took(function):
    assert tuple(inspect.signature(function).parameters) == SIGNATURES[function]


def test_attributes_that_are_read_or_replaced_are_there():
    with gr.Blocks() as blocks:
        state = gr.State(3)
    blocks.queue()
    assert isinstance(blocks._queue.pending_messages_per_session, LRUCache)
    assert isinstance(blocks._queue.pending_messages_per_session.max_size, int)
    assert isinstance(blocks._queue.pending_event_ids_session, dict)
    assert isinstance(blocks._queue.active_jobs, list)
    with blocks:
        blocks.load(lambda: None)
    event = Event(None, next(iter(blocks.fns.values())), None, None)
    assert event.alive is True and isinstance(event._id, str)
    assert isinstance(blocks.default_config.fns, dict) and isinstance(blocks.upload_file_set, set)
    assert blocks.mcp_server_obj is None
    holder = StateHolder()
    holder.set_blocks(blocks)
    session = holder["somebody"]
    assert holder.session_data == {"somebody": session} and set(holder.time_last_used) == {"somebody"}
    with holder.lock:
        assert session[state._id] == 3 and session.state_data == {state._id: 3}
    assert hasattr(session, "config_values") and hasattr(session, "components")


def test_a_session_still_copies_all_components():
    """The reason for ``Session``: when Gradio stops copying, it can go."""
    with gr.Blocks() as blocks:
        text = gr.Textbox("words")
    holder = StateHolder()
    holder.set_blocks(blocks)
    assert text._id in holder["somebody"].config_values and list(holder["somebody"].components)


def test_the_pages_events_show_progress_on_one_component_at_most():
    """At each step of an event, Gradio copies all that the components hold on which any event has shown its progress:
    with all outputs of all events, a change of tabs took three times as long (gradio 12822)."""
    events = [one for one in app.build().fns.values() if one.api_visibility == "private" and one.fn and one.outputs]
    assert len(events) > 50
    for event in events:
        assert event.show_progress_on is not None and len(event.show_progress_on) <= 1, event.targets


def test_the_page_starts_without_parsing_every_component():
    """What a stub is made of is cut from the source by ``ast.get_source_segment``."""
    code = """
import ast, inspect
from unittest.mock import Mock
from xser_demo.ui.server.quick_import import no_stubs
ast.get_source_segment = Mock()
with no_stubs():
    import gradio
with gradio.Blocks():
    gradio.Textbox().submit(print)
print(ast.get_source_segment.call_count, inspect.getfile(gradio.Textbox))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("0 ") and done.stdout.endswith("textbox.py\n"), done.stderr
