# The page on a host of one's own; docs/hosting.md says how to build and run it. Of this repository it takes what a Space
# takes. With TORCH_INDEX (an index that has torch for processors alone) every package is checked against requirements.lock;
# without it torch comes with several GB of CUDA, and versions alone are pinned.
FROM python:3.11-slim-bookworm

ARG TORCH_INDEX=""

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /app

COPY requirements.txt constraints.txt requirements.lock ./
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --require-hashes --extra-index-url "$TORCH_INDEX" -r requirements.lock; \
    else \
        pip install -r requirements.txt -c constraints.txt; \
    fi \
    && useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin xser

COPY LICENSE NOTICE app.py ./
COPY checkpoints checkpoints
COPY assets/packs assets/packs
COPY assets/pretrained assets/pretrained
COPY assets/examples assets/examples
COPY assets/style assets/style
COPY assets/texts assets/texts
COPY assets/maps assets/maps
COPY assets/results/*.json assets/results/
COPY xser_demo xser_demo

# Nothing below /app is written: recordings, uploads and what numba and matplotlib remember lie in /tmp.
ENV HOST=0.0.0.0 \
    PORT=7860 \
    GRADIO_TEMP_DIR=/tmp/xser-served \
    NUMBA_CACHE_DIR=/tmp/numba \
    MPLCONFIGDIR=/tmp/matplotlib

USER 10001:10001

EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/gradio_api/app_id\", timeout=8)"]

CMD ["python", "app.py"]
