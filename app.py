"""Serve the demo: ``python app.py``, as ``xser app`` does. PORT and HOST can be set in the environment, or as Spaces
set them (GRADIO_SERVER_PORT, GRADIO_SERVER_NAME); HTTPS=1 serves the whole network with a certificate of this
computer's own, so that phones get a microphone."""

from xser_demo.cli.app import serve

if __name__ == "__main__":
    serve()
