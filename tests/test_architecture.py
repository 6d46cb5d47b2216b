"""The code keeps to docs/architecture.md: who may import what."""

import ast
import re
from functools import cache
from graphlib import TopologicalSorter

import pytest

from xser_demo import settings

PACKAGE = settings.ROOT / "xser_demo"
GUIDE = (settings.ROOT / "docs" / "architecture.md").read_text()
FILES = {
    ".".join(file.relative_to(settings.ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted(PACKAGE.rglob("*.py"))
}
BLIND = ("methods", "training", "selection", "criteria", "few_shot")  # must not see target labels
REPORTS = {"xser_demo.cli", "xser_demo.takeaway"}  # write the page's report of a run
TABS = {"xser_demo.ui.shell"}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def names(nodes) -> set[str]:
    """What import statements name: modules of this package as such, other things with the module they are from."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def anywhere(module: str) -> frozenset[str]:
    """All that it imports, inside functions too."""
    return frozenset(names(ast.walk(tree(module))))


@cache
def at_start(module: str) -> frozenset[str]:
    """What it imports when it is imported itself."""
    todo, found = list(tree(module).body), []
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
            continue
        found.append(node)
        todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.ExceptHandler)]
    return frozenset(names(found))


def inside(imported: frozenset[str]) -> set[str]:
    """Modules of this package among the imports."""
    return {one if one in FILES else one.rpartition(".")[0] for one in imported if one.startswith("xser_demo.")} & set(
        FILES
    )


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def importers(prefix: str, way=anywhere) -> set[str]:
    return {module for module in FILES if any(f"{one}.".startswith(f"{prefix}.") for one in way(module))}


def layers() -> dict[str, int]:
    """Room -> layer, from the table of the guide."""
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", GUIDE, re.MULTILINE)
    return {name: int(number) for number, cell in rows for name in re.findall(r"`(\w+)`", cell)}


def test_the_guide_knows_every_room():
    here = {room(module) for module in FILES} - {"xser_demo", "__main__"}
    assert here <= set(layers())


def test_a_room_imports_its_own_layer_and_those_below():
    of = layers() | {"__main__": 7}
    wrong = [
        (module, other)
        for module in FILES
        if room(module) in of
        for other in inside(at_start(module))
        if "." in other and of[room(other)] > of[room(module)]
    ]
    assert not wrong


def test_no_two_files_need_each_other_to_be_imported():
    order = list(TopologicalSorter({module: inside(at_start(module)) for module in FILES}).static_order())
    assert set(order) == set(FILES)


def test_gradio_and_plotly_are_imported_by_the_page_only():
    for library in ("gradio", "plotly"):
        found = importers(library)
        assert found and all(module.startswith("xser_demo.ui.") for module in found), found


def test_nothing_needs_the_page_but_what_writes_its_report():
    outside = {module for module in importers("xser_demo.ui") if not module.startswith("xser_demo.ui")}
    assert outside == REPORTS
    for module in REPORTS:
        assert {one for one in anywhere(module) if one.startswith("xser_demo.ui")} == {"xser_demo.ui.adapt.report"}
        assert not any(one.startswith("xser_demo.ui") for one in at_start(module))


@pytest.mark.parametrize("blind", BLIND)
def test_what_trains_and_chooses_has_no_way_to_target_labels(blind):
    for module in (one for one in FILES if room(one) == blind):
        assert "xser_demo.evaluation" not in inside(anywhere(module)), module
        assert not any(name.endswith("SealedLabels") for name in anywhere(module)), module
        assert "xser_demo.domains" not in anywhere(module), module  # as a whole, with all that it has


def test_a_method_knows_of_the_domains_only_what_it_is_given():
    known = {f"xser_demo.domains.{name}" for name in ("Batch", "Source", "Speech", "Target")}
    for module in (one for one in FILES if room(one) == "methods"):
        assert {one for one in anywhere(module) if one.startswith("xser_demo.domains")} <= known, module
        rooms = {room(other) for other in inside(anywhere(module)) if "." in other}
        assert rooms <= {"methods", "domains", "encoders", "model", "discrepancy", "memory", "errors"}, module


def reached(module: str, seen: set[str]) -> set[str]:
    """Itself and all that comes with it when it is imported."""
    seen.add(module)
    above = {".".join(module.split(".")[:depth]) for depth in range(1, module.count(".") + 1)}
    for other in (inside(at_start(module)) | above) - seen:
        reached(other, seen)
    return seen


def test_what_knows_nothing_of_gradio_does_not_reach_it():
    innocent = [one for one in FILES if "nothing of Gradio" in " ".join((ast.get_docstring(tree(one)) or "").split())]
    assert len(innocent) > 20
    with_gradio = importers("gradio", at_start)
    for module in innocent:
        assert not reached(module, set()) & with_gradio, module


def test_tabs_do_not_know_each_other():
    tabs = [module for module in FILES if re.fullmatch(r"xser_demo\.ui\.\w+\.tab", module)]
    assert len(tabs) >= 8
    for tab in tabs:
        assert {module for module in FILES if tab in inside(anywhere(module))} <= TABS, tab


def test_the_network_is_reached_in_few_files_and_no_program_is_started():
    reach = {"httpx", "requests", "urllib.request", "aiohttp", "huggingface_hub", "ftplib"}
    found = {module for name in reach for module in importers(name)}
    assert found <= {"xser_demo.corpora.download", "xser_demo.encoders.imagenet", "xser_demo.space.push"}
    assert not importers("subprocess") | importers("multiprocessing") | importers("joblib.externals")
    for module in FILES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "os.system", "os.popen", "eval", "exec", "pickle.load", "pickle.loads",
            ):  # fmt: skip
                pytest.fail(f"{module}, line {node.lineno}")
