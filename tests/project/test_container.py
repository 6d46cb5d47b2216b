"""Dockerfile and compose.yaml, without an engine: what they copy is there, who they run as, what they may write."""

import fnmatch
import json
import re

import pytest
import yaml

from xser_demo.cli.space import folder
from xser_demo.utils import settings

ROOT = settings.ROOT


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """(instruction, rest) in order, continued lines joined, comments left out."""
    lines = [one for one in (ROOT / "Dockerfile").read_text().splitlines() if not one.lstrip().startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ")
    found = [re.match(r"([A-Z]+)\s+(.*)", line) for line in whole.splitlines() if line.strip()]
    assert all(found), "every line begins with an instruction"
    return [(one[1], one[2].strip()) for one in found]


@pytest.fixture(scope="module")
def service() -> dict:
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert set(composed) == {"services"} and set(composed["services"]) == {"page"}
    return composed["services"]["page"]


def rest(steps, name: str) -> list[str]:
    return [said for instruction, said in steps if instruction == name]


def environment(steps) -> dict[str, str]:
    return dict(pair.split("=", 1) for said in rest(steps, "ENV") for pair in said.split())


def copied(steps) -> list[str]:
    return [source for said in rest(steps, "COPY") for source in said.split()[:-1]]


def test_the_base_is_one_version_and_the_user_is_nobody_special(steps):
    assert steps[0][0] == "FROM" and re.fullmatch(r"python:3\.11-[a-z-]+", steps[0][1])
    known = {"FROM", "ARG", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert {name for name, _ in steps} == known, "no ADD, which may fetch"
    user = rest(steps, "USER")
    assert (
        len(user) == 1
        and int(user[0].split(":")[0]) > 999
        and f"--uid {user[0].split(':')[0]}" in rest(steps, "RUN")[0]
    )
    assert [name for name, _ in steps].index("USER") < [name for name, _ in steps].index("CMD")


def test_what_is_copied_is_here_and_all_that_the_page_needs(steps):
    sources = copied(steps)
    assert all(any(ROOT.glob(one)) for one in sources) and "." not in sources
    needed = [path for path, _ in folder._files(folder.Plan())]
    assert len(needed) > 200
    left = [
        path for path in needed if not any(fnmatch.fnmatch(path, one) or path.startswith(f"{one}/") for one in sources)
    ]
    assert not left


def test_the_engine_is_sent_what_is_copied_and_not_much_else(steps):
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [one for one in lines if one and not one.startswith("#")]
    assert rules[0] == "*" and {one[1:] for one in rules if one.startswith("!")} == set(copied(steps))
    assert not any(fnmatch.fnmatch(".git", one[1:]) for one in rules if one.startswith("!"))


def test_packages_are_pinned_hashed_and_from_no_address_in_here(steps):
    run = rest(steps, "RUN")[0]
    assert "--require-hashes" in run and "requirements.lock" in run and "-c constraints.txt" in run
    for file in ("Dockerfile", "compose.yaml", ".dockerignore"):
        said = (ROOT / file).read_text()
        assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", said) and ":latest" not in said
        assert not re.search(r"(?i)(password|secret|token|api_key)", said)


def test_it_is_healthy_when_the_page_answers_and_starts_without_a_shell(steps):
    command = json.loads(rest(steps, "CMD")[0])
    assert command == ["python", "app.py"]
    health = rest(steps, "HEALTHCHECK")[0]
    check = json.loads(health[health.index("CMD") + 3 :])
    assert check[:2] == ["python", "-c"] and "/gradio_api/app_id" in check[2]
    compile(check[2], "health", "exec")
    assert rest(steps, "EXPOSE") == [environment(steps)["PORT"]]


def test_only_the_folder_for_temporary_files_is_written_and_it_is_in_memory(steps, service):
    assert service["read_only"] is True and service["tmpfs"][0].startswith("/tmp:") and "volumes" not in service
    written = ("GRADIO_TEMP_DIR", "NUMBA_CACHE_DIR", "MPLCONFIGDIR")
    assert all(environment(steps)[name].startswith("/tmp/") for name in written)
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert all(one.startswith("127.0.0.1:") for one in service["ports"]), "who serves a network says so"
    assert service["image"].partition(":")[2] not in ("", "latest")


def test_the_health_check_asks_something_that_the_page_answers(agents_server, steps):
    import urllib.request

    with urllib.request.urlopen(f"{agents_server}/gradio_api/app_id", timeout=10) as answer:
        assert answer.status == 200
