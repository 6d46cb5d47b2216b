"""Serve the demo: ``python app.py`` is ``xser app``. PORT and HOST can be set in the environment, or as Spaces set them
(GRADIO_SERVER_PORT, GRADIO_SERVER_NAME); HTTPS=1 serves the whole network with a certificate of this computer's own, so
that phones get a microphone."""

import sys

from xser_demo.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["app"]))
