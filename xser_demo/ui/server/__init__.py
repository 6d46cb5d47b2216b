"""What the page needs from its server, and everything that leans on Gradio's internals.

* ``Blocks.process_api``: track the files of a session, refuse URLs as files. ``delete_cache`` knows ages, not sessions.
* ``Blocks.validate_inputs``: say in a sentence that values are missing. Gradio's message names its objects.
* ``Queue.active_jobs``, ``Event.alive``: whether the client of a call still waits. Gradio does not tell the function.
* ``Blocks.handle_streaming_diffs``: send changed outputs whole. Gradio's client loses updates (see blocks.py).
* ``Blocks.mcp_server_obj``, ``GradioMCPServer``: agents send sound in the call; Gradio fetches addresses (see mcp.py).
* ``Blocks._queue``, ``Queue.push``: cap the waiting events of one session. ``queue(max_size=...)`` counts all sessions.
* ``Queue.pending_messages_per_session``: a page that closes twice is no error.
* ``Blocks.default_config.fns``: an invented function number is a 404.
* ``StateHolder``, ``SessionState``: no copy of all components per session. The copy has no switch.
* ``StateHolder.time_last_used``, ``session_data``: forget closed and idle visits, resume after a reload.
  ``gr.State(time_to_live=...)`` deletes the state of open tabs, too.
* ``component_meta.create_or_modify_pyi``: no stubs for editors are written at every start (see quick_import.py).
* ``Blocks.upload_file_set``, ``get_upload_folder``: delete the files of a visit. ``delete_cache`` knows ages only.

tests/ui/test_gradio_internals.py fails when Gradio changes one of them. ``middleware``, ``https`` and ``hosting`` use
none of this.
"""
