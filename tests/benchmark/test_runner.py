"""The runner: the same numbers everywhere, and nothing lost or done twice whatever happens to a run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from xser_demo.adaptation import Plan
from xser_demo.benchmark import grid, runner

BRIEF = {"source_epochs": 1, "epochs": 1}
CELLS = [
    Plan("urdu", "urdu", "source_only", mode="supervised", fold=1, **BRIEF),
    *(
        Plan("urdu", "emovo", method, mode="transductive", **BRIEF)
        for method in ("zscore", "coral_infomax", "dann", "nnpm", "gan")
    ),
    *(Plan("urdu", "emovo", "mmd", fold=2, seed=seed, **BRIEF) for seed in (0, 1)),
    Plan("urdu", "emovo", "infomax", mode="transductive", shift="70 anger", **BRIEF),
]

if __name__ == "__main__":  # a run of its own, to be killed
    folder, backend, workers = sys.argv[1:4]
    runner.run(CELLS, Path(folder), backend, int(workers), say=lambda line: print(line, flush=True))
