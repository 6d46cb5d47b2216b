"""The page: one file per tab, put together here."""

import atexit
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import gradio as gr
from fastapi.exceptions import RequestValidationError
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware

from xser_demo.corpora.custom.upload_limits import HOSTED, LOCAL
from xser_demo.ui import endpoints, storage
from xser_demo.ui.classroom import access, listener, routes
from xser_demo.ui.classroom.service import Service
from xser_demo.ui.js import script
from xser_demo.ui.navigation.links import Link
from xser_demo.ui.navigation.setup import Setup
from xser_demo.ui.server import audit_pages, hosting, https, mcp, middleware
from xser_demo.ui.server.blocks import Page
from xser_demo.ui.server.middleware import LimitsMiddleware
from xser_demo.ui.server.visits import Visits
from xser_demo.ui.shared import theme
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs import about
from xser_demo.ui.tabs.adapt import tab as adapt
from xser_demo.ui.tabs.benchmark import tab as bench
from xser_demo.ui.tabs.lecture import tab as lecture
from xser_demo.ui.tabs.listen import tab as listen
from xser_demo.ui.tabs.map import tab as map
from xser_demo.ui.tabs.perturbations import microphone
from xser_demo.ui.tabs.perturbations import tab as lab
from xser_demo.ui.tabs.recordings import tab as yours
from xser_demo.ui.tabs.systems import tab as published
from xser_demo.ui.tabs.systems.scores import hear
from xser_demo.utils.errors import UserError

TITLE = "Hear the domain shift"
STREAM = f"<script>{script('stream')}</script>"  # before Gradio's own
VISITORS = 256  # whose clips and models are kept at once; beyond, those who were idle longest lose theirs
CLEAN_UP = (600, 3600)  # seconds: every ten minutes delete files older than an hour


def build(where: str | None = None) -> Page:
    """The page with all tabs. ``where``: the address to invite others to; None on a page for this computer only."""
    with Page(title=TITLE, analytics_enabled=False, delete_cache=CLEAN_UP) as page:
        visitor = gr.State(Visitor())  # copied for each visitor
        page.visits = Visits(page, visitor)
        copy = _header(where)
        tour = lecture.Lecture()
        tour.strip()
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Listen", id="listen", elem_id="panel-listen") as listen_tab:
                listening = listen.build(visitor)
            with gr.Tab("Map", id="map", elem_id="panel-map") as map_tab:
                mapping = map.build(visitor, local=where is None)
            with gr.Tab("Adapt", id="adapt", elem_id="panel-adapt") as adapt_tab:
                adapting = adapt.build(visitor, tabs)
            with gr.Tab("Your data", id="yours", elem_id="panel-yours") as yours_tab:
                bringing = yours.build(visitor, local=where is None)
            with gr.Tab("Shift lab", id="lab", elem_id="panel-lab") as lab_tab:
                laboratory = lab.build(visitor)
                microphone.build(visitor)
            with gr.Tab("Systems", id="systems", elem_id="panel-systems") as systems_tab:
                portraits = published.build()
            with gr.Tab("Benchmark", id="benchmark", elem_id="panel-benchmark") as bench_tab:
                benchmark = bench.build()
            with gr.Tab("Lecture", id="lecture", elem_id="panel-lecture"):
                tour.overview()
            with gr.Tab("About", id="about", elem_id="panel-about"):
                about.build()
        parts = (
            (listen_tab, listening),
            (map_tab, mapping),
            (adapt_tab, adapting),
            (yours_tab, bringing),
            (lab_tab, laboratory),
            (systems_tab, portraits),
            (bench_tab, benchmark),
        )
        for tab, part in parts:
            tab.select(part.refresh, part.refresh_inputs, part.refresh_outputs, **QUIET)
        there = {tab.id: part for tab, part in parts}
        setup = page.setup = Setup(tabs, there | {"lecture": Tab(), "about": Tab()})
        tour.wire(setup)
        _connect(setup, visitor, portraits, bringing, adapting)
        lecture.links_both_ways(page, setup, tour, copy, page.visits)
        endpoints.build()
    return page


def _header(where: str | None) -> gr.Button:
    """Title, limits of a Space and invitation; gives the button that copies a link."""
    with gr.Row(elem_id="top"):
        gr.HTML(theme.header(TITLE), padding=False)
        with gr.Row(elem_id="copy"):
            copy = gr.Button("Copy link", size="sm", min_width=60, elem_id="copy-link")
    if hosting.space():
        with gr.Row(elem_id="space"):
            gr.HTML(f"<p class='x-small'>{hosting.SPACE_NOTE}</p>", padding=False)
            gr.DuplicateButton(min_width=60)
    if where:
        gr.HTML(https.invitation(where, where == hosting.address()), padding=False)
    return copy


def _connect(setup: Setup, visitor: gr.State, portraits: Tab, bringing: Tab, adapting: Tab) -> None:
    """Wire what one tab made into another, so that no tab imports another."""
    setup.on(portraits.hear, portraits.which, hear)
    setup.on(portraits.adapt, portraits.which, lambda key: {"tab": "adapt", "system": key})

    def adapt_to_recordings(visitor: Visitor) -> dict:
        """To the Adapt tab with the visitor's recordings, if they are ready."""
        if not (visitor.recordings and visitor.recordings.ready):
            return {setup.due: None}
        return setup.go(Link("adapt", {}), here="") | adapting.use_recordings(visitor)

    setup.then(bringing.used.then(adapt_to_recordings, visitor, setup.outputs, **QUIET))


def _warm_up() -> None:
    """What the first visitor would wait for: the first answer, then the first maps."""
    for warm_up in (view.warm_up, map.warm_up):
        with suppress(UserError):  # what is missing is said where it is asked for
            warm_up()


def launch(host: str = "127.0.0.1", port: int = 7860, secure: bool = False, **options):
    """Serve the page, ``secure`` with a certificate of this computer's own. ``options`` go to gradio's ``launch``
    (tests use ``prevent_thread_lock``)."""
    if hosting.agents():
        mcp.require()
    where = hosting.address() or https.address(host, port, secure)
    if where and where != hosting.address():
        https.print_invitation(where)
    if secure:
        from xser_demo.ui.server import certificate  # its library takes a part of the start

        pem = str(certificate.ensure(host))
        options |= {"ssl_certfile": pem, "ssl_keyfile": pem, "ssl_verify": False}
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = str(storage.cache())
        atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)
    page = build(where)
    page.visits.watch()
    threading.Thread(target=_warm_up, daemon=True, name="warm-up").start()
    page.queue(max_size=VISITORS, default_concurrency_limit=4)
    largest = (HOSTED if where else LOCAL).packed
    guard = Middleware(LimitsMiddleware, uploads=Path(get_upload_folder()), largest=largest, endpoints=endpoints.NAMES)
    classes = _classes(host, port, where, secure, guard) if access.possible() else []
    refusals = {RequestValidationError: middleware.wrong_message, TypeError: middleware.wrong_values}
    return page.launch(
        server_name=host,
        server_port=port,
        theme=theme.THEME,
        css=theme.CSS,
        head=STREAM + theme.HEAD + lecture.HEAD,
        ssr_mode=False,
        max_file_size=largest,
        app_kwargs={"routes": [*audit_pages.routes(), *classes], "middleware": [guard], "exception_handlers": refusals},
        blocked_paths=[str(storage.place())],  # not even for who could guess a name there
        state_session_capacity=VISITORS,
        show_error=True,
        footer_links=["api"],
        mcp_server=hosting.agents(),
        **options,
    )


def _classes(host: str, port: int, where: str | None, secure: bool, guard: Middleware) -> list:
    """The pages of classes. Over https, phones get theirs over plain http too, at the next port."""
    plain = https.address(host, port + 1, False) if secure else where
    if secure and not (plain and listener.is_free(host, port + 1)):
        plain = None
    service = Service(plain or "", where if where and where.startswith("https") else "")
    service.watch()
    if secure and plain:
        listener.start(service, host, port + 1, guard)
    return [*routes.phone_routes(service), *routes.lecturer_routes(service)]
