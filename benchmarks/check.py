"""Compare the results of ``make bench`` with the committed ratios (ratios.json); fails if one is lower by more than a
quarter. Ratios only, since seconds depend on the computer.

    python benchmarks/check.py            compare build/bench-*.json
    python benchmarks/check.py --write    commit the lower of both, since ratios depend on the processor too
"""

import json
import sys
from pathlib import Path

from serving import ROOT

COMMITTED = Path(__file__).with_name("ratios.json")
LOST = 0.25

# Each ratio grows as this project gets faster: file, name, and where it is in the file.
RATIOS = {
    "bench-adaptation-peers.json": {
        f"a step of {method}: {peer} / ours": lambda results, m=method, p=peer: results[m]["times_ours"][p]
        for method in ("dann", "mmd", "coral")
        for peer in ("bare", "plain", "pytorch_adapt", "skada")
    },
    "bench-encoder.json": {
        "encoder: share of the arithmetic limit": lambda results: results["limit"]["share_of_limit"],
        "encoder: transformers, padded / ours": lambda results: results["transformers"]["times_ours"],
        "corpus to pack: librosa loop / ours": lambda results: results["corpus_to_pack"]["times_ours"],
    },
    "bench-maps.json": {
        "t-SNE of 2,000: scikit-learn / ours": lambda results: (
            results["scikit-learn t-SNE, 2000"]["again_s"] / results["ours, t-SNE, 2000"]["again_s"]
        ),
        "UMAP of 2,000: umap-learn / ours": lambda results: (
            results["umap-learn, 2000"]["again_s"] / results["ours, UMAP, 2000"]["again_s"]
        ),
    },
}


def measured(folder: Path) -> dict[str, float]:
    """The ratios of all documents that are there."""
    results = {}
    for file, ratios in RATIOS.items():
        if (folder / file).exists():
            document = json.loads((folder / file).read_text())
            results |= {name: round(find(document), 3) for name, find in ratios.items()}
    return results


def lost(now: dict[str, float], before: dict[str, float]) -> list[str]:
    """A line for each ratio that is more than a quarter below what it was."""
    return [
        f"{name}: {now[name]:g}, was {was:g}"
        for name, was in before.items()
        if name in now and now[name] < (1 - LOST) * was
    ]


def main() -> int:
    now = measured(ROOT / "build")
    before = json.loads(COMMITTED.read_text())
    if "--write" in sys.argv:
        lower = {name: min(now.get(name, was), was) for name, was in before.items()}
        COMMITTED.write_text(json.dumps(lower | {n: now[n] for n in now.keys() - before.keys()}, indent=1) + "\n")
        return 0
    worse = lost(now, before)
    print("\n".join(worse) if worse else f"{len(now)} ratios, none lost by more than {LOST:.0%}.")
    return 1 if worse or not now else 0


if __name__ == "__main__":
    sys.exit(main())
