"""The Benchmark tab: all scores as a table, and the confusion matrix and gains of the chosen row."""

from html import escape
from pathlib import Path

import gradio as gr
import plotly.graph_objects as go

from xser_demo.reporting import benchmark_results, confusion_matrix, html
from xser_demo.reporting.benchmark_results import ANY, MODES, Filters, Row
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.tabs.benchmark import columns, findings
from xser_demo.utils.errors import UserError
from xser_demo.utils.settings import ASSETS

WIDTHS = [150, 196, 50, 70, 84, 86, 40, 44, 54, 58, 48, 80, 66]  # pixels; benchmark.css has those of a phone
NOTE = (
    "<b>95%</b>: interval over seeds, speakers and clips. <b>Target z-score</b> trains nothing, it only standardises "
    "the target's features by their own statistics. <b>Floor</b>: always each speaker's most frequent emotion. "
    "<b>ECE</b>: expected calibration error, in points. <b>Oracle</b>: the epoch chosen by target labels, which do not "
    "exist in practice. All results are in RESULTS.md of the repository. To run the benchmark again: "
    f"<code>{benchmark_results.RUN}</code>, then <code>{benchmark_results.WRITE}</code>."
)
SORT = """if (!document.benchSorts) {
  document.benchSorts = true;  // Gradio's menu to sort shows only under a mouse: open it on a click or a tap
  document.addEventListener("click", (event) => {
    const head = event.target.closest("#bench-table th");
    const button = head && !event.target.closest("button") && head.querySelector(".cell-menu-button");
    const at = { clientX: event.clientX, clientY: event.clientY, bubbles: true };
    if (button) setTimeout(() => button.dispatchEvent(new MouseEvent("click", at)));
  }, true);
}"""


def build() -> Tab:
    return Benchmark().wire()


class Benchmark:
    """The components of the tab in the order of the page, and the functions that change them.

    The result file is read at each event: it may have changed since the page was opened.
    """

    def __init__(self):
        self.line = gr.HTML(elem_id="bench-line", js_on_load=SORT)
        with gr.Column(visible=False, elem_id="bench-inside") as self.inside:
            with gr.Row(elem_id="bench-filters"):
                self.mode = gr.Radio(
                    list(MODES), value=MODES[0], label="Scored", scale=6, min_width=245, elem_id="bench-mode"
                )
                self.source, self.target, self.shift = (
                    gr.Dropdown([start], value=start[1], label=label, scale=3, min_width=130, elem_id=f"bench-{name}")
                    for label, name, start in (
                        ("From", "from", ("any", ANY)),
                        ("To", "to", ("any", ANY)),
                        ("Label shift", "shift", ("none", "")),
                    )
                )
                self.methods = gr.Dropdown(
                    [], value=[], multiselect=True, label="Methods (empty: all)", scale=6, min_width=130,
                    elem_id="bench-methods",
                )  # fmt: skip
            self.table = gr.Dataframe(
                headers=list(columns.HEADERS),
                datatype=["str", "str", *["number"] * (len(columns.HEADERS) - 2)],
                type="array",
                interactive=False,
                show_label=False,
                wrap=True,
                max_height=200,
                column_widths=WIDTHS,
                buttons=[],
                elem_id="bench-table",
            )
            with gr.Row():
                self.confusion, self.matrix = (
                    gr.Plot(show_label=False, min_width=300, elem_id=f"bench-{name}", elem_classes="x-plot")
                    for name in ("confusion", "matrix")
                )
            self.words = gr.HTML(elem_id="bench-words", elem_classes="x-small")
            gr.HTML(f"<p class='x-small'>{NOTE}</p>", elem_id="bench-note")
        self.filters = [self.mode, self.source, self.target, self.shift, self.methods]
        self.details = [self.words, self.confusion, self.matrix]
        self.settings = dict(zip(("mode", "source", "target", "shift", "methods"), self.filters, strict=True))

    def wire(self) -> Tab:
        """Which event calls which function."""
        rows = [self.line, self.inside, self.table, *self.details]
        latest = {"trigger_mode": "always_last", **QUIET}
        for component in self.filters:
            component.input(self.show, self.filters, rows, **latest)
        self.table.select(self.choose, self.filters, self.details, **latest)
        outputs = [*self.filters, *rows]
        return Tab(self.refresh, self.filters, outputs, self.settings, self.set_up, self.filters)

    def show(self, *values) -> dict:
        """The rows that fit the filters, and the details of the first one."""
        try:
            results = benchmark_results.read(file())
        except UserError as error:
            return {self.line: html.line(str(error)), self.inside: gr.Column(visible=False)}
        filters = _filters(values)
        rows = benchmark_results.rows(results, filters)
        return {
            self.line: headline(results, filters, rows),
            self.inside: gr.Column(visible=True),
            self.table: columns.table(rows),
        } | self._details(results, filters, first(results, rows))

    def choose(self, event: gr.SelectData, *values) -> dict:
        """The details of a clicked row. It is known by its first two cells, since the browser may have sorted the
        table."""
        try:
            results = benchmark_results.read(file())
        except UserError:
            return {}
        filters = _filters(values)
        rows = benchmark_results.rows(results, filters)
        row = next((row for row in rows if [row.pair, row.method] == event.row_value[:2]), None)
        return {} if row is None else self._details(results, filters, row)

    def refresh(self, *values) -> dict:
        """Menus and rows of the file as it is now; choices that it still has stay."""
        try:
            results = benchmark_results.read(file())
        except UserError:
            return self.show(*values)
        mode, methods = values[0], [name for name in values[4] or () if name in results["about"]["methods"]]
        if mode not in {row["mode"] for row in results["scores"]}:
            mode = benchmark_results.first_mode(results)
        menus, chosen = self._menus(results), []
        for (_, choices), value in zip(menus.items(), values[1:4], strict=True):
            chosen.append(value if value in [key for _, key in choices] else choices[0][1])
        return (
            {
                menu: gr.Dropdown(choices, value=value)
                for (menu, choices), value in zip(menus.items(), chosen, strict=True)
            }
            | {self.mode: mode, self.methods: gr.Dropdown(titles(results), value=methods)}
            | self.show(mode, *chosen, methods)
        )

    def set_up(self, values: dict) -> dict:
        """The settings of a link with the menus they stand in; ``refresh`` brings the rest."""
        try:
            results = benchmark_results.read(file())
        except UserError:
            return {}
        menus = self._menus(results) | {self.methods: titles(results), self.mode: list(MODES)}
        components = {self.settings[name]: value for name, value in values.items()}
        return {one: type(one)(menus[one], value=value) for one, value in components.items()}

    def _menus(self, results: dict) -> dict:
        return {
            self.source: benchmark_results.sources(results),
            self.target: benchmark_results.targets(results),
            self.shift: benchmark_results.shifts(results),
        }

    def _details(self, results: dict, filters: Filters, row: Row | None) -> dict:
        return dict(zip(self.details, details(results, filters, row), strict=True))


def _filters(values: tuple) -> Filters:
    """The filters from the values of their components."""
    return Filters(*values[:4], tuple(values[4] or ()))


def file() -> Path:
    return ASSETS / "results" / "scores.json"


def titles(results: dict) -> list[tuple[str, str]]:
    """Methods for a menu."""
    return [(title, key) for key, title in results["about"]["methods"].items()]


def first(results: dict, rows: list[Row]) -> Row | None:
    """The row whose details are shown before one is clicked: of the recommended method if it has one."""
    best = [row for row in rows if row.score["method"] == results["about"]["recommended"]]
    return (best or rows or [None])[0]


def headline(results: dict, filters: Filters, rows: list[Row]) -> str:
    """The main finding, what the rows are, and caveats, as HTML."""
    if not rows:
        return html.line(findings.nothing(results, filters))
    caveats = "".join(f" <span class='x-warn'>{escape(caveat)}</span>" for caveat in findings.state(results, rows))
    return (
        f"<div role='status'><p class='x-lead'>{escape(findings.finding(results, filters.mode, filters.shift))}</p>"
        f"<p class='x-small'>{escape(findings.explained(results, filters, rows))}{caveats}</p></div>"
    )


def details(results: dict, filters: Filters, row: Row | None) -> tuple:
    """Words and confusion matrix of a row, and the gains of its method on all pairs."""
    if row is None:
        return "", None, None
    about, score = results["about"], row.score
    title = f"{row.method}, {benchmark_results.pair(results, score)}."
    words = f"<p><b>{escape(title)}</b> {escape(findings.recalls(row))} {escape(findings.context(row))}</p>"
    subtitle = f"{row.method}, {row.pair}"
    confusion = confusion_matrix.confusion(about["classes"], score["confusion"], subtitle, score["seeds"])
    return words, gr.Plot(confusion, visible=True), gr.Plot(gains(results, filters, score), visible=True)


def gains(results: dict, filters: Filters, score: dict) -> go.Figure:
    """Gains of the row's method; of the recommended one where the row is a reference without a gain."""
    about = results["about"]
    name = score["method"] if benchmark_results.is_adapted(results, score) else about["recommended"]
    shift = f", {benchmark_results.shift_name(filters.shift)}" if filters.shift else ""
    subtitle = f"{about['methods'].get(name, name)}, {filters.mode}{shift}"
    return confusion_matrix.gains(*benchmark_results.matrix(results, name, filters.mode, filters.shift), subtitle)
