"""Download of a corpus from its owners: a button, what would be downloaded, a confirmation, and the progress."""

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
    """The visitor's requests to a running download, which checks them between two steps."""

    running: bool = False
    stop: bool = False


class Fetching:
    """The components of the download and their functions. ``local``: the page is served to this computer only."""

    def __init__(self, local: bool):
        self.local = local
        self.which, self.control = gr.State(None), gr.State(Control())  # which: key of the offered corpus
        self.line = gr.HTML(elem_id="map-fetch-line", elem_classes="x-small")
        with gr.Row(elem_classes="x-fetch"):
            self.ask, self.go, self.no = (
                gr.Button(visible=False, size="sm", min_width=100, variant=variant, elem_id=f"map-fetch-{name}")
                for name, variant in (("ask", "secondary"), ("go", "primary"), ("no", "secondary"))
            )
        self.outputs = [self.which, self.line, self.ask, self.go, self.no]

    def wire(self) -> gr.events.Dependency:
        """The event that ends with the download, after which the clip can be played."""
        self.ask.click(self._offer, self.which, self.outputs, **QUIET).then(None, None, None, js=INTO_VIEW, **QUIET)
        self.no.click(self._no, [self.control, self.which], self.outputs, **QUIET)
        return self.go.click(
            self._run, [self.control, self.which], self.outputs, concurrency_id="fetch", concurrency_limit=2, **QUIET
        )

    def about(self, key: str, control: Control, request: gr.Request) -> dict:
        """Offer the corpus ``key`` of a chosen clip. A running download stays on the screen."""
        if control.running:
            return {}
        allowed = corpus_download_policy.may(self.local, request.headers)
        offered = key if allowed and corpus_download_policy.can_be_fetched(key) else None
        return {self.which: offered} | self._shows("", ask=offered)

    def _offer(self, key: str, request: gr.Request) -> Iterator[dict]:
        """Address, size and terms; only now is the owners' server asked for the size."""
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
        size = f" {megabytes(offer.size)}" if offer.size else ""
        yield self._shows(corpus_download_policy.words(offer), go=f"Download{size}", no="Not now")

    def _run(self, control: Control, key: str, request: gr.Request) -> Iterator[dict]:
        """The download, until it ends or is cancelled; closing the page cancels it, too."""
        control.running, control.stop = True, False
        folder = settings.fetch_dir()
        try:
            self._allowed(request)
            yield self._shows(html.line(f"Downloading {corpus(key).name}."), no="Cancel")
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
        """Cancel a running download, or close the offer."""
        if control.running:
            control.stop = True
            return {self.no: gr.Button("Stopping", interactive=False)}
        return self._shows(
            "", ask=key if corpus_download_policy.can_be_fetched(key) else None
        )  # it may just have been downloaded

    def _shows(self, line: str, ask: str | None = None, go: str | None = None, no: str | None = None) -> dict:
        """A line of HTML and the buttons that have a name; ``ask`` is the key of a corpus."""
        names = {self.ask: ask and f"Download {corpus(ask).name}", self.go: go, self.no: no}
        buttons = {one: gr.Button(name or "", visible=bool(name), interactive=True) for one, name in names.items()}
        return {self.line: line, **buttons}

    def _allowed(self, request: gr.Request) -> None:
        """Check again: a request can be made without the page."""
        if not corpus_download_policy.may(self.local, request.headers):
            raise CorpusError("Only the operator of this page can download a corpus: xser corpora get NAME.")
