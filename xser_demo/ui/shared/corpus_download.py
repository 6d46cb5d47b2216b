"""Getting the corpus of a clicked clip from its owners: a button, what it would download, a yes, and how far it is."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import gradio as gr

from xser_demo.corpora import corpus, download
from xser_demo.reporting import html
from xser_demo.ui.shared import corpus_download_policy
from xser_demo.ui.shared.components import QUIET
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError, UserError
from xser_demo.utils.http import megabytes

INTO_VIEW = "() => setTimeout(() => document.querySelector('.x-fetch')?.scrollIntoView({block: 'nearest'}), 150)"


@dataclass
class Control:
    """What a visitor asks of a running download; whoever runs it looks at it between two steps."""

    running: bool = False
    stop: bool = False


class Fetching:
    """Its components, and what to change about them. ``local``: the page is served to this computer only."""

    def __init__(self, local: bool):
        self.local = local
        self.which, self.control = gr.State(None), gr.State(Control())  # key of the corpus that is offered
        self.line = gr.HTML(elem_id="map-fetch-line", elem_classes="x-small")
        with gr.Row(elem_classes="x-fetch"):
            self.ask, self.go, self.no = (
                gr.Button(visible=False, size="sm", min_width=100, variant=variant, elem_id=f"map-fetch-{name}")
                for name, variant in (("ask", "secondary"), ("go", "primary"), ("no", "secondary"))
            )
        self.outputs = [self.which, self.line, self.ask, self.go, self.no]

    def wire(self) -> gr.events.Dependency:
        """What ends when a download has ended, so that the clip can then be played."""
        self.ask.click(self._offer, self.which, self.outputs, **QUIET).then(None, None, None, js=INTO_VIEW, **QUIET)
        self.no.click(self._no, [self.control, self.which], self.outputs, **QUIET)
        return self.go.click(
            self._run, [self.control, self.which], self.outputs, concurrency_id="fetch", concurrency_limit=2, **QUIET
        )

    def about(self, key: str, control: Control, request: gr.Request) -> dict:
        """A clip of corpus ``key`` was chosen. A download that runs stays on the screen."""
        if control.running:
            return {}
        can = corpus_download_policy.may(self.local, request.headers) and corpus_download_policy.can_be_fetched(key)
        return {self.which: key if can else None} | self._shows("", ask=key if can else None)

    def _offer(self, key: str, request: gr.Request) -> Iterator[dict]:
        """Where from, how much, on which terms; the owners' server is asked for the size now and not before."""
        yield {
            self.line: html.line("Asking the owners' server for the size."),
            self.ask: gr.Button(interactive=False),
        }
        try:
            self._allowed(request)
            offer = download.offer(key)
        except UserError as error:
            yield self._shows(html.error(error), ask=key)
            return
        much = f" {megabytes(offer.size)}" if offer.size else ""
        yield self._shows(corpus_download_policy.words(offer), go=f"Download{much}", no="Not now")

    def _run(self, control: Control, key: str, request: gr.Request) -> Iterator[dict]:
        """The download, ended by itself when it is cancelled; closing the page cancels it, too."""
        control.running, control.stop = True, False
        folder = settings.fetch_dir()
        try:
            self._allowed(request)
            yield self._shows(html.line(f"Fetching {corpus(key).name}."), no="Cancel")
            with closing(download.fetch(key, folder)) as events:
                for event in events:
                    if isinstance(event, download.Fetched):
                        yield self._shows(html.line(event.verdict))
                        return
                    if control.stop:
                        break
                    yield {self.line: html.line(event.text, event.share)}
            yield self._shows(html.line(download.kept(key, folder)), ask=key)
        except UserError as error:
            yield self._shows(html.error(error), ask=key)
        finally:
            control.running = False

    def _no(self, control: Control, key: str) -> dict:
        """Cancel, or Not now."""
        if control.running:
            control.stop = True
            return {self.no: gr.Button("Stopping", interactive=False)}
        return self._shows("", ask=key if corpus_download_policy.can_be_fetched(key) else None)  # it may just have come

    def _shows(self, words: str, ask: str | None = None, go: str | None = None, no: str | None = None) -> dict:
        """``words`` and those buttons that have a name; of ``ask`` the corpus."""
        names = {self.ask: ask and f"Fetch {corpus(ask).name}", self.go: go, self.no: no}
        buttons = {one: gr.Button(name or "", visible=bool(name), interactive=True) for one, name in names.items()}
        return {self.line: words, **buttons}

    def _allowed(self, request: gr.Request) -> None:
        """The page offers it only to those who may; a request can be made by hand."""
        if not corpus_download_policy.may(self.local, request.headers):
            raise CorpusError("Only whoever serves this page can fetch a corpus: xser corpora get NAME.")
