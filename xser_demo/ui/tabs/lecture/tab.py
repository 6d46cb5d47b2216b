"""The lecture: a strip above the tabs that sets the page up step by step, and the Lecture tab with all steps."""

from html import escape

import gradio as gr

from xser_demo.ui.classroom import access
from xser_demo.ui.jobs.background import unseen
from xser_demo.ui.js import script
from xser_demo.ui.navigation import links
from xser_demo.ui.navigation.links import Link
from xser_demo.ui.navigation.setup import HERE, Setup
from xser_demo.ui.server.visits import Visits, welcome
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.lecture import tour
from xser_demo.ui.tabs.lecture.tour import STEPS

HEAD = "".join(f"<script>{script(name)}</script>" for name in ("tabs", "links", "figures"))  # for ``launch(head=...)``
INTRO = (
    f"<h2 class='x-lead'>A lecture of about {tour.MINUTES} minutes</h2>"
    f"<p>{len(STEPS)} steps, from speaking to where adaptation fails. Each step sets this page up; a strip above the "
    "tabs says what to look at, with notes for you and a question for the class. You can use the page freely between "
    "two steps.</p>"
)
CLASS = (
    "<p><a href='/class' target='_blank' rel='noopener'>Hold a class</a> Everybody votes on their phone, acts a "
    "sentence if they like, and one model is adapted to this room.</p>"
)
HANDOUT = (
    "<p class='x-small'>To keep results: point at a figure, or move to it by keyboard, and save it as PNG or SVG. "
    "After a run in Adapt, <em>Save report</em> writes all about it into one page that needs no network. <em>Copy "
    "link</em>, at the top, copies the settings of the open tab; a link never contains a clip or a model of yours. The "
    "text of the lecture, with what can go wrong, is in docs/lecture.md of the repository.</p>"
)
CHOOSE = """element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-step]');
  if (button) trigger('select', { index: Number(button.dataset.step), value: Number(button.dataset.step) });
});"""
KEEP_OPEN = """let open = false;
element.addEventListener('toggle', (event) => { if (event.target.isConnected) open = event.target.open; }, true);
const keep = () => { const details = element.querySelector('details'); if (details) details.open = open; };
new MutationObserver(keep).observe(element, { childList: true, subtree: true });"""


class Lecture:
    """``strip`` above the tabs, ``overview`` in the Lecture tab; then ``wire``."""

    def strip(self) -> None:
        self.notice = gr.HTML(padding=False, elem_id="notice")  # about a bad link, or a visit that goes on
        self.number = gr.State(None)  # of the step, from 0; None: the tour does not run
        with gr.Column(elem_id="tour"):
            with gr.Row(elem_id="tour-line"):
                self.say = gr.HTML(elem_id="tour-say", padding=False, min_width=240)
                with gr.Row(elem_id="tour-buttons"):
                    self.back, self.next, self.end = (
                        gr.Button(name, size="sm", variant=variant, min_width=64, elem_id=f"tour-{name.lower()}")
                        for name, variant in (("Back", "secondary"), ("Next", "primary"), ("End", "secondary"))
                    )
            self.notes = gr.HTML(elem_id="tour-notes", padding=False, js_on_load=KEEP_OPEN)

    def overview(self) -> None:
        gr.HTML(INTRO, padding=False)
        if access.possible():
            gr.HTML(CLASS, padding=False, elem_id="lecture-class")
        self.start = gr.Button("Start the tour", variant="primary", elem_id="lecture-start")
        self.steps = gr.HTML(_listed(), padding=False, elem_id="lecture-steps", js_on_load=CHOOSE)
        gr.HTML(HANDOUT, padding=False)

    @property
    def outputs(self) -> list:
        return [self.notice, self.number, self.say, self.notes, self.back, self.next]

    def show(self, setup: Setup, number: int, here: str) -> dict:
        """The strip of a step, and the page set up for it."""
        return {
            self.notice: "",
            self.number: number,
            self.say: tour.strip(number),
            self.notes: tour.notes(number),
            self.back: gr.Button(interactive=number > 0),
            self.next: gr.Button(interactive=number + 1 < len(STEPS)),
            **setup.go(STEPS[number].link, here),
        }

    def wire(self, setup: Setup) -> None:
        def go(step: int):
            def move(here: str, number: int | None) -> dict:
                return self.show(setup, min(max((number or 0) + step, 0), len(STEPS) - 1), here)

            return move

        def choose(event: gr.SelectData) -> dict:
            return self.show(setup, int(event.index), "lecture")

        inputs, outputs = [setup.here, self.number], [*self.outputs, *setup.outputs]
        starts = (
            self.start.click(lambda: self.show(setup, 0, "lecture"), None, outputs, **QUIET),
            self.steps.select(choose, None, outputs, **QUIET),
        )
        for event in starts:
            setup.then(event.then(None, None, None, js="() => window.links.step(true)"))
        for button, step in ((self.back, -1), (self.next, 1)):
            event = button.click(go(step), inputs, outputs, js=HERE, trigger_mode="once", **QUIET)
            setup.then(event.then(None, None, None, js="() => window.links.step(false)"))
        empty = {self.number: None, self.say: "", self.notes: ""}
        self.end.click(lambda: empty, None, list(empty), **QUIET).then(None, None, None, js="() => window.links.end()")


def links_both_ways(page: gr.Blocks, setup: Setup, lecture: Lecture, copy: gr.Button, visits: Visits) -> None:
    """Open the page as a link says: a step of the lecture, or a tab and its settings; ``copy`` makes such a link.
    A visitor who comes back in the same browser tab gets their clips and models back."""
    visit = gr.Textbox(visible=False)  # the name of the session, which the browser tab remembers
    job_tab = gr.Textbox(visible=False)  # the tab whose job the visitor has not seen end

    def load(before: str, request: gr.Request) -> dict:
        session = str(request.session_hash)
        visitor = visits.come_back(before, session)
        greeting = welcome(visitor) if visitor else ""
        changes = {lecture.notice: f"<p role='status'>{greeting}</p>", setup.due: "listen"} if greeting else {}
        tab = _unseen(visitor) if visitor else ""
        if tab:
            changes |= setup.go(Link(tab, {}), "listen") | {setup.due: None}  # links.js presses a button there
        return changes | follow(dict(request.query_params)) | {visit: session, job_tab: tab}

    def follow(query: dict) -> dict:
        number = tour.requested(query)
        if number is not None:
            return lecture.show(setup, number, "listen")
        link = links.read(query)
        if link is None:
            return {}
        note = f"<p class='x-error' role='status'>{escape(link.note)}</p>"
        return setup.go(link, "listen") | ({lecture.notice: note} if link.note else {})

    outputs = [*lecture.outputs, *setup.outputs, visit, job_tab]
    loaded = page.load(load, visit, outputs, js="() => window.links.before()", **QUIET)
    loaded.then(None, [visit, job_tab], None, js="(...visit) => window.links.cameBack(...visit)")
    setup.then(loaded)
    query, address = gr.Textbox(visible=False), gr.Textbox(visible=False)
    ask = {"inputs": [setup.here, *setup.all], "js": HERE, "queue": False, **QUIET}
    copy.click(setup.link, outputs=query, **ask).then(None, query, None, js="(query) => window.links.copy(query)")
    changed = [component.input for component in setup.all if hasattr(component, "input")]
    gr.on(changed, setup.link, outputs=address, trigger_mode="always_last", **ask).then(
        None, address, None, js="(query) => window.tabs.settings(query)"
    )


def _unseen(visitor: Visitor) -> str:
    """The tab whose job runs, or has ended while the visitor was away; "" for none."""
    jobs = (("adapt", visitor.adaptation_job), ("adapt", visitor.folds_job), ("yours", visitor.encoding_job))
    return next((tab for tab, job in jobs if unseen(job)), "")


def _listed() -> str:
    items = "".join(
        f"<li><span aria-hidden='true'>{number + 1}</span><div><button data-step='{number}' "
        f"aria-label='Step {number + 1}: {escape(step.title, quote=True)}'>{escape(step.title)}</button> "
        f"<small>{step.minutes} min</small><p>{escape(step.question)}</p></div></li>"
        for number, step in enumerate(STEPS)
    )
    return f"<ol class='x-tour-steps'>{items}</ol>"
