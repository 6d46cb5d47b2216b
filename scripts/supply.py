"""Licences, hashes and security advisories of all packages that the project needs.

    python scripts/supply.py licences     rewrites the list at the end of NOTICE
    python scripts/supply.py lock         rewrites requirements.lock (asks the package registry, installs nothing)
    python scripts/supply.py audit        compares requirements.lock with advisories.json, without a network

requirements.lock has the hash of every file: ``pip install --require-hashes -r requirements.lock`` accepts no other. It
is for CPython 3.11 on Linux x86-64, where the set was tested.

advisories.json was collected by hand up to October 2026. With a network, prefer ``pip-audit -r requirements.lock``,
which asks the live databases (docs/security.md).
"""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
ADVISORIES = Path(__file__).with_name("advisories.json")
HEADING = "Packages that are installed with it, none of which is in this repository:\n"


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure() -> dict[str, tuple[str, str]]:
    """Plain name -> version and licence of every installed package that requirements.txt needs, directly or not."""
    packages: dict[str, tuple[str, str]] = {}

    def walk(requirement: Requirement) -> None:
        if plain(requirement.name) in packages:
            return
        try:
            one = distribution(requirement.name)
        except PackageNotFoundError:
            return  # for another system
        packages[plain(requirement.name)] = (one.version, licence(one.metadata))
        for line in one.requires or []:
            further = Requirement(line)
            if not further.marker or any(further.marker.evaluate({"extra": e}) for e in ("", *requirement.extras)):
                walk(further)

    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line := line.partition("#")[0].strip():
            walk(Requirement(line))
    return dict(sorted(packages.items()))


def licence(metadata) -> str:
    """Licence as the package states it: its expression, else its classifiers, else the first line of its text."""
    classifiers = [
        one.split(" :: ")[-1] for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    classified = [one for one in classifiers if one != "OSI Approved"]
    stated = metadata.get("License-Expression") or ", ".join(classified) or metadata.get("License") or "not stated"
    return stated.splitlines()[0][:100]


def licences() -> None:
    lines = [f"    {name:24} {licence_text}" for name, (_, licence_text) in closure().items()]
    notice = (ROOT / "NOTICE").read_text().partition(HEADING)[0].rstrip()
    (ROOT / "NOTICE").write_text(f"{notice}\n\n{HEADING}\n" + "\n".join(lines) + "\n")


def lock() -> None:
    command = [
        sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-",
        "-r", ROOT / "requirements.txt", "-c", ROOT / "constraints.txt",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = []
    for one in json.loads(done.stdout)["install"]:
        name, version = plain(one["metadata"]["name"]), one["metadata"]["version"]
        lines.append(f"{name}=={version} --hash=sha256:{one['download_info']['archive_info']['hashes']['sha256']}\n")
    head = (
        "# By scripts/supply.py lock, for CPython 3.11 on Linux x86-64: pip install --require-hashes -r this file\n"
        "# torch is the build for processors alone; add the index that has it, or take out its suffix and its hash.\n"
    )
    (ROOT / "requirements.lock").write_text(head + "".join(sorted(lines)))


def pins(file: Path) -> dict[str, str]:
    """Version of each package that a file pins with ``==``, by its plain name."""
    matches = (re.match(r"([\w.-]+)==([^\s;+]+)", line) for line in file.read_text().splitlines())
    return {plain(match[1]): match[2] for match in matches if match}


def known_against(pinned: dict[str, str]) -> list[dict]:
    """Stored advisories that apply to these versions and have no note that the project is not affected."""
    return [
        one
        for one in json.loads(ADVISORIES.read_text())
        if "here" not in one
        and one["package"] in pinned
        and SpecifierSet(one["affected"]).contains(pinned[one["package"]], prereleases=True)
    ]


def audit() -> None:
    advisories = known_against(pins(ROOT / "requirements.lock"))
    for one in advisories:
        print(f"{one['package']} {one['affected']}: {one['id']}, {one['what']}")
    sys.exit(1 if advisories else print("nothing that advisories.json knows"))


if __name__ == "__main__":
    {"licences": licences, "lock": lock, "audit": audit}[sys.argv[1]]()
