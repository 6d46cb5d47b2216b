"""``xser app``: serves the page. ``python app.py`` is the same."""

import os

from xser_demo.utils.errors import SettingsError


def add(commands) -> None:
    text = "Serve the page."
    command = commands.add_parser("app", help=text, description=text)
    command.add_argument("--host", help="address to listen at (or HOST; default: this computer only)")
    command.add_argument("--port", type=int, metavar="N", help="port to listen at (or PORT; default: 7860)")
    command.add_argument("--https", action="store_true", help="serve the network, with a certificate of its own")
    command.set_defaults(run=run, show=lambda _: None, status=lambda _: 0, json=False)


def run(options) -> None:
    """Serve the page until it is stopped. What is not given is read from the environment: HOST and PORT, or
    GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, as Spaces set them; HTTPS. SettingsError when the port is taken."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched at start
    import xser_demo.features.encoders.zerogpu  # noqa: F401  before torch comes
    from xser_demo.ui.server.quick_import import no_stubs

    with no_stubs():
        from xser_demo.ui import app
    from xser_demo.ui.classroom import listener
    from xser_demo.utils import resources

    resources.limit_arenas()
    secure = options.https or os.environ.get("HTTPS", "").lower() in ("1", "true", "yes", "on")
    usual = "0.0.0.0" if secure else "127.0.0.1"  # noqa: S104  asked for
    host = options.host or _setting("HOST", "GRADIO_SERVER_NAME") or usual
    port = options.port or _setting("PORT", "GRADIO_SERVER_PORT") or "7860"
    try:
        port = int(port)
    except ValueError:
        raise SettingsError(f"The port '{port}' is no number; set PORT to one such as 7860.") from None
    if not listener.is_free(host, port):
        raise SettingsError(f"The page cannot be served at {host}, port {port}; choose others with HOST and PORT.")
    app.launch(host, port, secure)


def _setting(*names: str) -> str | None:
    """The first of these environment variables that says something."""
    return next((value for name in names if (value := os.environ.get(name))), None)
