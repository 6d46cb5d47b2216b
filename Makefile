# make app        serve the page on http://127.0.0.1:7860 (PORT and HOST can be set); HTTPS=1 serves the network
# make check      lint, types, the import rule and fast unit tests: under a minute, for the loop of work
# make test       the whole suite, a real browser included
# make test-more  what needs minutes of its own: a clean environment, documented commands, other browsers, a copy of the project
# make test-engines  the main path in Firefox and WebKit, as far as they can be installed
# make wheels     the program and its data package in build/wheels, to be installed elsewhere
# make bench, make fuzz, make soak  the long runs behind docs/performance.md and docs/reliability.md
# Each target sets up what it needs first.

export PYTHON ?= python3
PY := .venv/bin/python
PORT ?= 7860
CORPORA ?= $(or $(XSER_CORPORA),../shared/corpora)
export PORT HOST HTTPS
unexport PYTHONDONTWRITEBYTECODE  # each process would compile the project anew

.PHONY: app check test test-more test-engines bench fuzz soak check-space wheels models scores systems audits packs coverage lint clean

app: .venv/run.ok
	$(PY) app.py

FAST := tests/project/test_architecture.py tests/utils tests/corpora tests/data tests/training tests/networks \
	tests/methods/test_contract.py tests/methods/test_leak.py

check: lint
	$(PY) -m pytest -q -n 2 $(FAST)

test: .venv/dev.ok
	sh scripts/ensure_chromium.sh
	$(PY) -m pytest -n 2 --no-loadscope-reorder

test-more: .venv/dev.ok
	sh scripts/ensure_chromium.sh
	$(PY) -m pytest -n 2 --no-loadscope-reorder -m more
	$(MAKE) test-engines
	$(MAKE) check-space

test-engines: .venv/dev.ok build/engines/ok
	sh scripts/ensure_browsers.sh
	PYTHONPATH=build/engines $(PY) -m pytest -m engines tests/browser/test_other_engines.py

bench: .venv/dev.ok build/peers/ok
	$(PY) benchmarks/main_job.py
	$(PY) benchmarks/systems_live.py
	PYTHONPATH=build/peers $(PY) benchmarks/encoder.py
	PYTHONPATH=build/peers $(PY) benchmarks/adaptation_peers.py
	PYTHONPATH=build/peers $(PY) benchmarks/maps.py
	sh scripts/ensure_chromium.sh
	$(PY) benchmarks/page.py
	$(PY) benchmarks/crowd.py
	$(PY) benchmarks/class_hour.py --corpora $(CORPORA)
	$(PY) benchmarks/growth.py
	$(PY) benchmarks/memory.py
	$(PY) benchmarks/onnx_export.py
	$(PY) benchmarks/check.py

# Long runs, of which make test has the beginning; docs/reliability.md has what they found.
fuzz: .venv/dev.ok build/peers/ok
	$(PY) tests/hardened/fuzz.py audio --cases 100000
	$(PY) tests/hardened/fuzz.py archive --cases 5000
	$(PY) tests/hardened/fuzz.py model --cases 10000
	for what in audio table card; do PYTHONPATH=build/peers $(PY) tests/hardened/guided.py $$what -max_total_time=600 || exit 1; done

soak: .venv/dev.ok
	$(PY) benchmarks/crowd.py --repeat 500 2000 --visitors 100 --every 30 --minutes 10 --out soak.json

# The page as a Space would run it; TORCH_INDEX as for xser space build.
check-space: .venv/dev.ok
	sh scripts/ensure_chromium.sh
	$(PY) scripts/check_space.py $(if $(TORCH_INDEX),--torch-index $(TORCH_INDEX))

wheels: .venv/run.ok
	$(PY) scripts/make_wheels.py

models: .venv/run.ok
	$(PY) scripts/make_models.py

scores: .venv/run.ok
	$(PY) -m xser_demo benchmark run --suite preregistered --out assets/results/preregistered
	$(PY) -m xser_demo benchmark report assets/results/preregistered --write > /dev/null

systems: .venv/run.ok
	$(PY) -m xser_demo benchmark systems --out build/systems --corpora $(CORPORA) $(if $(MINUTES),--minutes $(MINUTES))
	$(PY) -m xser_demo.benchmark.systems.search build/systems
	$(PY) -m xser_demo.benchmark.systems.report build/systems
	$(PY) -m xser_demo.benchmark.systems.figures build/systems

audits: .venv/run.ok
	for to in emodb emovo nemo; do $(PY) -m xser_demo audit ravdess-$$to-coral-infomax-em --corpora $(CORPORA) \
		--out assets/audits/ravdess-$$to-coral-infomax-em.html || exit 1; done

packs: .venv/run.ok
	$(PY) -m xser_demo corpora pack ravdess emodb emovo urdu nemo --corpora $(CORPORA)

# make test, counting which lines are reached; takes half as long again
coverage: .venv/dev.ok
	sh scripts/ensure_chromium.sh
	rm -rf build/coverage && mkdir -p build/coverage
	$(PY) -m coverage run -m pytest -n 2 --no-loadscope-reorder
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

lint: .venv/dev.ok
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

clean:
	rm -rf .venv build

PIP := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt

# At last librosa's functions are compiled, once, instead of 16 s in every process that begins.
.venv/run.ok: requirements.txt constraints.txt pyproject.toml
	sh scripts/make_venv.sh
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -e .
	$(PY) -c "import librosa.core.audio, librosa.core.pitch, librosa.util.utils"
	touch $@

build/peers/ok: .venv/run.ok requirements-bench.txt
	$(PIP) --no-deps --upgrade --target build/peers -r requirements-bench.txt
	touch $@

build/engines/ok: .venv/run.ok requirements-engines.txt
	$(PIP) --upgrade --target build/engines -r requirements-engines.txt
	touch $@

.venv/dev.ok: .venv/run.ok requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	touch $@
