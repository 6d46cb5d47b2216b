"""Serve the demo: ``python app.py``. PORT and HOST can be set in the environment, or as Spaces set them
(GRADIO_SERVER_PORT, GRADIO_SERVER_NAME); HTTPS=1 serves the whole network with a certificate of this computer's own, so
that phones get a microphone."""

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched at start
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that wait must not spin: visitors share the cores

import xser_demo.features.encoders.zerogpu  # noqa: F401  before torch comes
from xser_demo.ui import app
from xser_demo.utils import resources
from xser_demo.utils.errors import UserError

if __name__ == "__main__":
    resources.limit_arenas()
    secure = os.environ.get("HTTPS", "").lower() in ("1", "true", "yes", "on")
    asked, port = (os.environ.get(a) or os.environ.get(b) for a, b in
                   (("HOST", "GRADIO_SERVER_NAME"), ("PORT", "GRADIO_SERVER_PORT")))  # fmt: skip
    host = asked or ("0.0.0.0" if secure else "127.0.0.1")  # noqa: S104  asked for
    try:
        app.launch(host, int(port or "7860"), secure)
    except UserError as error:
        sys.exit(f"error: {error}")
