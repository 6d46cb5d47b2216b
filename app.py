"""Serve the demo: ``python app.py`` (PORT and HOST can be set in the environment)."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched at start
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that wait must not spin: visitors share the cores

from xser_demo.ui import shell

if __name__ == "__main__":
    shell.launch(os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "7860")))
