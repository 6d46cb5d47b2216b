"""The Benchmark tab: every score of the benchmark as a table, one row of it and one method of it as pictures."""

from html import escape

import gradio as gr
import plotly.graph_objects as go

from xser_demo.reporting import benchmark_results, heatmaps, score_tables
from xser_demo.reporting.benchmark_results import ANY, MODES, Row, Wanted
from xser_demo.ui.shared.components import PRIVATE
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.tabs.benchmark import columns, findings
from xser_demo.utils.errors import UserError
from xser_demo.utils.settings import ASSETS

WIDTHS = [150, 196, 50, 70, 84, 86, 40, 44, 54, 58, 48, 80, 66]
FIRST = 112  # pixels of each of the first two columns on a phone
NOTE = (
    "<b>95%</b>: interval over seeds, speakers and clips. <b>Target z-score</b> trains nothing, it only moves what the "
    "model hears to the target's average. <b>Floor</b>: naming each speaker's commonest emotion. <b>ECE</b>: how far "
    "confidence is off, in points. <b>Oracle</b>: the epoch chosen by the target's labels, which nobody has in "
    "practice. Everything is in RESULTS.md of the repository. To run it again: "
    f"<code>{benchmark_results.AGAIN}</code>, then <code>{benchmark_results.WRITE}</code>."
)
STYLE = """<style>
:root { --x-worse: #b42318; --x-grey: #63636b; } .dark { --x-worse: #fda29b; --x-grey: #a8a8b0; }
.x-style { display: none !important; }
#bench-line .x-lead { font-size: 17px; line-height: 1.35; }
#bench-inside { gap: 8px; }
#bench-filters { gap: 8px; }
#bench-filters .block { padding-top: 0; padding-bottom: 0; }
#bench-filters :is(input, label span, [data-testid="block-info"]) { font-size: 14px; margin-bottom: 2px; }
#bench-methods .wrap-inner { max-height: 92px; overflow-y: auto; gap: 3px; padding: 4px 6px; }
#bench-methods .token { padding: 2px 6px; font-size: 13px; line-height: 1.3; }
#bench-methods .secondary-wrap { min-height: 24px; margin: 0; }
#bench-mode label { padding: 6px 9px; }
#bench-table * { font-family: inherit !important; font-size: 14px; font-variant-numeric: tabular-nums; }
#bench-table .cell-wrap { padding: 4px 6px !important; min-height: 0 !important; line-height: 1.35; overflow: hidden; }
#bench-table .cell-wrap span { white-space: nowrap !important; overflow: hidden; text-overflow: ellipsis; }
#bench-table :is(th, .body-cell, .header-content) { padding: 0 !important; min-height: 0 !important;
  height: auto !important; }
#bench-table .cell-menu-button { display: none; }
#bench-table th { cursor: pointer; }
#bench-table th .cell-wrap { padding-right: 2px !important; }
#bench-table th span { font-size: 13px !important; font-weight: 600; }
#bench-table .virtual-row { cursor: pointer; min-height: 28px !important; }
#bench-table .virtual-row:has([aria-selected="true"]) .body-cell { background: rgba(15, 118, 110, .16); }
#bench-words p { margin: 0; }
#bench-note code { font-size: 13px; }
.dark #bench-inside .gtitle-subtitle { fill: #d4d4d8 !important; }
@media (max-width: 640px) {
  #bench-table :is(th, .body-cell):is([aria-colindex="1"], [aria-colindex="2"]) { flex-basis: FIRSTpx !important;
    width: FIRSTpx !important; min-width: FIRSTpx !important; max-width: FIRSTpx !important; }
  #bench-table .header-table { width: NARROWpx !important; min-width: 0 !important; table-layout: fixed; }
  #bench-table .cell-wrap span.text { white-space: normal !important; }
}
</style>""".replace("FIRST", str(FIRST)).replace("NARROW", str(2 * FIRST + sum(WIDTHS[2:])))
SORT = """if (!document.benchSorts) {
  document.benchSorts = true;  // Gradio sorts by a menu that only shows under a mouse: open it by a click or a tap
  document.addEventListener("click", (event) => {
    const head = event.target.closest("#bench-table th");
    const button = head && !event.target.closest("button") && head.querySelector(".cell-menu-button");
    const at = { clientX: event.clientX, clientY: event.clientY, bubbles: true };
    if (button) setTimeout(() => button.dispatchEvent(new MouseEvent("click", at)));
  }, true);
}"""


def build() -> Tab:
    gr.HTML(STYLE, js_on_load=SORT, elem_classes="x-style")
    line = gr.HTML(elem_id="bench-line")
    with gr.Column(visible=False, elem_id="bench-inside") as inside:
        with gr.Row(elem_id="bench-filters"):
            mode = gr.Radio(list(MODES), value=MODES[0], label="Scored", scale=6, min_width=245, elem_id="bench-mode")
            source, target, shift = (
                gr.Dropdown([start], value=start[1], label=label, scale=3, min_width=130, elem_id=f"bench-{name}")
                for label, name, start in (
                    ("From", "from", ("any", ANY)),
                    ("To", "to", ("any", ANY)),
                    ("Label shift", "shift", ("none", "")),
                )
            )
            names = gr.Dropdown(
                [], value=[], multiselect=True, label="Methods (empty: all)", scale=6, min_width=130,
                elem_id="bench-methods",
            )  # fmt: skip
        table = gr.Dataframe(
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
            confusion, matrix = (
                gr.Plot(show_label=False, min_width=300, elem_id=f"bench-{name}", elem_classes="x-plot")
                for name in ("confusion", "matrix")
            )
        words = gr.HTML(elem_id="bench-words", elem_classes="x-small")
        gr.HTML(f"<p class='x-small'>{NOTE}</p>", elem_id="bench-note")

    filters = [mode, source, target, shift, names]
    settings = dict(zip(("mode", "source", "target", "shift", "methods"), filters, strict=True))
    pictures = [words, confusion, matrix]

    def show(*chosen) -> dict:
        """The rows that fit, and pictures of the first one."""
        try:
            known = benchmark_results.read(file())
        except UserError as error:
            return {line: score_tables.line(str(error)), inside: gr.Column(visible=False)}
        wanted = Wanted(*chosen[:4], tuple(chosen[4] or ()))
        shown = benchmark_results.rows(known, wanted)
        return {
            line: headline(known, wanted, shown),
            inside: gr.Column(visible=True),
            table: columns.table(shown),
        } | dict(zip(pictures, picture(known, wanted, first(known, shown)), strict=True))

    def menus_of(known: dict) -> dict:
        return {
            source: benchmark_results.sources(known),
            target: benchmark_results.targets(known),
            shift: benchmark_results.shifts(known),
        }

    def set_up(values: dict) -> dict:
        """The values of links.py with the menus they stand in; ``refresh`` brings the rest."""
        try:
            known = benchmark_results.read(file())
        except UserError:
            return {}
        menus = {**menus_of(known), names: titles(known), mode: list(MODES)}
        return {settings[name]: type(settings[name])(menus[settings[name]], value=one) for name, one in values.items()}

    def refresh(*chosen) -> dict:
        """The file may be another one than when the page was opened; choices that are still there stay."""
        try:
            known = benchmark_results.read(file())
        except UserError:
            return show(*chosen)
        menus = menus_of(known)
        kept = {
            menu: value if value in [key for _, key in menus[menu]] else menus[menu][0][1]
            for menu, value in zip((source, target, shift), chosen[1:4], strict=True)
        }
        there = {row["mode"] for row in known["scores"]}
        kept_mode = chosen[0] if chosen[0] in there else benchmark_results.first_mode(known)
        kept_names = [name for name in chosen[4] or () if name in known["about"]["methods"]]
        return (
            {menu: gr.Dropdown(choices, value=kept[menu]) for menu, choices in menus.items()}
            | {mode: kept_mode, names: gr.Dropdown(titles(known), value=kept_names)}
            | show(kept_mode, *kept.values(), kept_names)
        )

    def choose(event: gr.SelectData, *chosen) -> dict:
        """A row was clicked. It is known by what it says, since the table may be sorted in the browser."""
        try:
            known = benchmark_results.read(file())
        except UserError:
            return {}
        wanted = Wanted(*chosen[:4], tuple(chosen[4] or ()))
        row = next(
            (r for r in benchmark_results.rows(known, wanted) if [r.pair, r.method] == event.row_value[:2]), None
        )
        return {} if row is None else dict(zip(pictures, picture(known, wanted, row), strict=True))

    for one in filters:
        one.input(show, filters, [line, inside, table, *pictures], show_progress="hidden",
                  trigger_mode="always_last", **PRIVATE)  # fmt: skip
    table.select(choose, filters, pictures, show_progress="hidden", trigger_mode="always_last", **PRIVATE)
    return Tab(refresh, filters, [*filters, line, inside, table, *pictures], settings, set_up, filters)


def file():
    return ASSETS / "results" / "scores.json"


def titles(known: dict) -> list[tuple[str, str]]:
    return [(title, key) for key, title in known["about"]["methods"].items()]


def first(known: dict, shown: list[Row]) -> Row | None:
    """The row whose pictures are shown before one is clicked: of the recommended method where it is there."""
    best = [row for row in shown if row.score["method"] == known["about"]["recommended"]]
    return (best or shown or [None])[0]


def headline(known: dict, wanted: Wanted, shown: list[Row]) -> str:
    if not shown:
        return score_tables.line(findings.nothing(known, wanted))
    said = "".join(f" <span class='x-warn'>{escape(one)}</span>" for one in findings.state(known, shown))
    return (
        f"<div role='status'><p class='x-lead'>"
        f"{escape(findings.finding(known, wanted.mode, wanted.shift))}</p>"
        f"<p class='x-small'>{escape(findings.explained(known, wanted, shown))}{said}</p></div>"
    )


def picture(known: dict, wanted: Wanted, row: Row | None) -> tuple:
    """Words, confusion matrix of a row, and the gains of its method over all pairs."""
    if row is None:
        return "", None, None
    about, score = known["about"], row.score
    said = f"{row.method}, {benchmark_results.pair(known, score)}."
    words = f"<p><b>{escape(said)}</b> {escape(findings.heard(row))} {escape(findings.beside(row))}</p>"
    what = f"{row.method}, {row.pair}"
    one = heatmaps.confusion(about["classes"], score["confusion"], what, score["seeds"])
    return words, gr.Plot(one, visible=True), gr.Plot(gains(known, wanted, score), visible=True)


def gains(known: dict, wanted: Wanted, score: dict) -> go.Figure:
    """Of the method that was clicked; of the recommended one where that can have no gain."""
    about = known["about"]
    name = score["method"] if benchmark_results.is_adapted(known, score) else about["recommended"]
    under = f", {benchmark_results.shift_name(wanted.shift)}" if wanted.shift else ""
    what = f"{about['methods'].get(name, name)}, {wanted.mode}{under}"
    return heatmaps.gains(*benchmark_results.matrix(known, name, wanted.mode, wanted.shift), what)
