"""The rule of docs/architecture.md: a room imports only rooms that stand earlier on the route."""

import ast
import re
from functools import cache
from graphlib import TopologicalSorter

import pytest

from xser_demo.utils import settings

PACKAGE = settings.ROOT / "xser_demo"
GUIDE = (settings.ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def route(start: str) -> list[set[str]]:
    """The steps of a route of the guide, rooms that share a step together."""
    line = GUIDE[GUIDE.index(f"\n{start}") :].split("```")[0]
    return [set(step.split(" | ")) for step in " ".join(line.split()).split(" -> ")]


ROUTE, UI_ROUTE = route("utils -> "), route("js | jobs -> ")
FILES = {
    ".".join(file.relative_to(settings.ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted(PACKAGE.rglob("*.py"))
}


@cache
def imports(module: str) -> frozenset[str]:
    """Everything that a file imports, at import time and inside functions: modules of this package as such, other names
    with the module that they come from."""
    found = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def modules(module: str) -> set[str]:
    """The files of this package among its imports."""
    inside = {one for one in imports(module) if one.startswith("xser_demo.")}
    return {one if one in FILES else one.rpartition(".")[0] for one in inside} & set(FILES)


def importers(prefix: str) -> set[str]:
    return {module for module in FILES if any(f"{one}.".startswith(f"{prefix}.") for one in imports(module))}


def backward(steps: list[set[str]], parent: str) -> list[tuple[str, str]]:
    """Imports that do not lead to an earlier step of the route."""
    place = {room: number for number, step in enumerate(steps) for room in step}
    inside = [module for module in FILES if module.startswith(f"{parent}.")]

    def room(module: str) -> str:
        return module.removeprefix(f"{parent}.").partition(".")[0]

    assert {room(module) for module in inside} - {"__main__"} == set(place), "the route names every room"
    place["__main__"] = len(steps)
    return [
        (module, other)
        for module in inside
        for other in modules(module)
        if other.startswith(f"{parent}.")
        if room(other) != room(module) and place[room(other)] >= place[room(module)]
    ]


def test_a_room_imports_only_rooms_earlier_on_the_route():
    assert not backward(ROUTE, "xser_demo")


def test_every_arrow_of_the_drawing_is_an_import():
    arrows = re.findall(r"^    (\w+) --> (\w+)$", GUIDE, re.MULTILINE)
    rooms = set().union(*ROUTE)
    assert len(arrows) > 15 and {room for arrow in arrows for room in arrow} - {"sealed"} == rooms - {"utils"}
    for start, end in arrows:
        if "sealed" not in (start, end):
            users = [module for module in FILES if f"{module}.".startswith(f"xser_demo.{end}.")]
            assert any(f"{other}.".startswith(f"xser_demo.{start}.") for user in users for other in modules(user))


def test_the_tables_of_the_guide_name_every_room():
    tables = [set(re.findall(r"`(\w+)`", cell)) for cell in re.findall(r"^\| (`[^|]+) \|", GUIDE, re.MULTILINE)]
    assert set().union(*tables) == set().union(*ROUTE, *UI_ROUTE) - {"js"}


def test_so_do_the_rooms_of_the_page():
    assert not backward(UI_ROUTE, "xser_demo.ui")


def test_tabs_do_not_import_each_other():
    for module in FILES:
        tab = re.match(r"xser_demo\.ui\.tabs\.\w+", module)
        if tab:
            others = {other for other in modules(module) if other.startswith("xser_demo.ui.tabs.")}
            assert all(f"{other}.".startswith(f"{tab[0]}.") for other in others), module


def test_no_file_needs_itself():
    """No circle of files, with imports inside functions counted."""
    assert set(TopologicalSorter({module: modules(module) - {module} for module in FILES}).static_order()) == set(FILES)


@pytest.mark.parametrize(("library", "rooms"), [("gradio", {"ui"}), ("plotly", {"ui", "reporting"})])
def test_a_library_is_imported_in_its_rooms_only(library, rooms):
    assert {module.split(".")[1] for module in importers(library)} == rooms


@pytest.mark.parametrize("blind", ["methods", "training", "inference.speaker.few_shot"])
def test_what_trains_and_selects_cannot_reach_target_labels(blind):
    for module in FILES:
        if f"{module}.".startswith(f"xser_demo.{blind}."):
            names = imports(module)
            assert not any(name.startswith("xser_demo.evaluation") for name in names), module
            assert not any(name.endswith("SealedLabels") for name in names), module
            assert "xser_demo.data.domains" not in names, module  # as a whole, with all that it has


def test_a_method_takes_only_what_it_needs():
    known = {f"xser_demo.data.domains.{name}" for name in ("Batch", "Source", "Domain", "Target")}
    for module in FILES:
        if module.startswith("xser_demo.methods."):
            assert {one for one in imports(module) if one.startswith("xser_demo.data")} <= known, module
            assert {other.split(".")[1] for other in modules(module)} <= {"methods", "data", "networks", "utils"}, (
                module
            )


def test_the_network_is_reached_in_few_files_and_no_program_is_started():
    libraries = ("httpx", "requests", "urllib.request", "aiohttp", "huggingface_hub", "ftplib")
    found = {module for name in libraries for module in importers(name)}
    rehearsal = {"xser_demo.cli.classroom.phones", "xser_demo.cli.classroom.rehearsal"}  # this computer only
    assert found <= {"xser_demo.utils.http", "xser_demo.cli.space.push"} | rehearsal
    assert not importers("subprocess") | importers("multiprocessing") | importers("joblib.externals")
    for module, file in FILES.items():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "os.system", "os.popen", "eval", "exec", "pickle.load", "pickle.loads",
            ):  # fmt: skip
                pytest.fail(f"{module}, line {node.lineno}")
