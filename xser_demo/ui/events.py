"""How the page's own events are wired: not as endpoints for programmes (those are in api.py), and without a bar of
progress where what happens is quick or shows itself."""

PRIVATE = {"api_visibility": "private"}
QUIET = {"show_progress": "hidden", **PRIVATE}
