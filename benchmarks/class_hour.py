"""A class of simulated phones on a page of its own, as one JSON document. Not a timed test.

    python benchmarks/class_hour.py --corpora ../shared/corpora     100 phones vote; 40 of them act two clips each
    python benchmarks/class_hour.py --corpora DIR --students 40     all of them vote and act

Phones share the cores with the server. Goals, on two cores with nothing else running: 100 join within 60 s and vote
within 10 s, p95 of a vote on the projector under 1 s; 40 recordings within 60 s, p95 of the answer under 5 s; the
shared run for 80 clips under 30 s; memory under 1.5 GB.
"""

import argparse
import asyncio
import os
import random
from pathlib import Path

from serving import served, write

from xser_demo.cli.classroom import rehearsal

ACTING = 40


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--corpora", type=Path, required=True, metavar="DIR")
    options.add_argument("--students", type=int, default=100)
    options.add_argument("--acting", type=int, default=ACTING, help="how many of them act two clips")
    options.add_argument("--votes", type=int, default=4, help="clips that are voted on")
    options.add_argument("--within", type=float, default=10, help="seconds within which people answer")
    options.add_argument("--acting-within", type=float, default=30, help="seconds within which people act a clip")
    options.add_argument("--out", default="bench-class-hour.json")
    chosen = options.parse_args()
    chance = random.Random(0)
    acting = rehearsal.voices(chosen.corpora, min(chosen.acting, chosen.students), chance)
    clips = [*acting, *([] for _ in range(chosen.students - len(acting)))]
    asked = {name: value for name, value in vars(chosen).items() if name not in ("out", "corpora")}
    result: dict = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2), "asked": asked}
    with served(XSER_CORPORA=str(chosen.corpora)) as server:
        result["resident_mb_before"] = server.resident_mb()
        played = rehearsal.rehearse(
            server.address.rstrip("/"), clips, "", chosen.votes, chosen.within, chosen.acting_within, chance
        )
        result |= asyncio.run(played)
        result["resident_mb_after"] = server.resident_mb()
    result["load_after"] = round(os.getloadavg()[0], 2)
    write(result, chosen.out)


if __name__ == "__main__":
    main()
