"""Serve the demo: ``python app.py``. PORT and HOST can be set in the environment; HTTPS=1 serves the whole network with
a certificate of this computer's own, so that phones get a microphone."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched at start
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that wait must not spin: visitors share the cores

from xser_demo.ui import shell

if __name__ == "__main__":
    secure = os.environ.get("HTTPS", "").lower() in ("1", "true", "yes", "on")
    host = os.environ.get("HOST") or ("0.0.0.0" if secure else "127.0.0.1")  # noqa: S104  asked for
    shell.launch(host, int(os.environ.get("PORT", "7860")), secure)
