"""The Your data tab: recordings that a visitor brings, looked at, and made a target to adapt to; and their voice."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.scan import scan
from xser_demo.reporting import score_tables
from xser_demo.ui import storage
from xser_demo.ui.jobs.queue import WAITING
from xser_demo.ui.shared.components import PRIVATE, QUIET
from xser_demo.ui.shared.corpus_download import Control
from xser_demo.ui.shared.encoding_job import is_encoding, start_encoding
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import preview, style, voice_tab
from xser_demo.ui.tabs.recordings.voice import write
from xser_demo.utils.errors import CorpusError, UserError
from xser_demo.utils.progress import Step

LOOK = "Nothing is computed yet: look and listen, then use it as the target."
READY = "Your recordings are ready: choose them as the target in the Adapt tab."
GONE = (
    "Your recordings are not here any more: they are deleted two minutes after the connection to the page broke off, "
    "and after half an hour without use. Send them again."
)


@dataclass(frozen=True, kw_only=True)
class RecordingsTab(Tab):
    """``used`` ends when Use was pressed; the recordings can be adapted to if ``visitor.recordings`` is ready then."""

    used: gr.events.Dependency


def build(visitor: gr.State, local: bool) -> RecordingsTab:
    """``local``: the page is served to this computer only, which may take more."""
    limits = ingest.LOCAL if local else ingest.HOSTED
    control, inbox = gr.State(Control()), gr.State(None)  # of what was just sent: its folder and files
    gr.HTML(score_tables.STYLE + preview.STYLE + style.STYLE, elem_classes="x-style")
    mode = gr.Radio(
        [style.FILES, style.VOICE],
        value=style.FILES,
        show_label=False,
        container=False,
        interactive=True,  # only the style of the page listens to it, which Gradio does not know
        elem_id="yours-mode",
        elem_classes="x-choice",
    )
    with gr.Column(elem_id="yours-files"):
        with gr.Row(elem_classes="x-own-buttons"):
            use, cancel, clear = (
                gr.Button(name, variant=variant, visible="hidden", scale=scale, min_width=130, elem_id=f"yours-{key}")
                for key, name, variant, scale in (
                    ("use", "Use it as target", "primary", 2),
                    ("cancel", "Cancel", "secondary", 1),
                    ("clear", "Delete", "secondary", 1),
                )
            )
        line = gr.HTML(elem_id="yours-line")
        with gr.Row(equal_height=False, elem_classes="x-start"):
            with gr.Column(scale=11, min_width=300):
                drop = gr.File(
                    file_count="multiple",
                    label="A zip, or several recordings",
                    height=190,
                    elem_id="yours-drop",
                )
                about = gr.HTML(style.about(limits), padding=False, elem_id="yours-about", elem_classes="x-small")
            with gr.Column(scale=10, min_width=300):
                how = gr.HTML(style.HOW, padding=False, elem_id="yours-how")
        with gr.Row(equal_height=False):
            with gr.Column(min_width=300):
                facts = gr.HTML(padding=False, elem_id="yours-preview", elem_classes="x-own")
                words = gr.HTML(padding=False, elem_id="yours-words", elem_classes="x-own", js_on_load=style.MEANS)
            with gr.Column(min_width=300):
                players = gr.HTML(padding=False, elem_id="yours-players", elem_classes="x-own")
                beside = gr.HTML(padding=False, elem_id="yours-beside", elem_classes="x-own")
    with gr.Column(elem_id="yours-talk"):
        speaking = voice_tab.build(visitor)
    buttons, content = [use, cancel, clear], [facts, players, words, beside]

    def shows(said: str, offered: list, start: bool = False) -> dict:
        """Only a line and these buttons, and with ``start`` the place to drop something."""
        seen = True if start else "hidden"
        return {
            line: said,
            drop: gr.File(value=None, visible=seen),
            **{one: gr.HTML(visible=seen) for one in (about, how)},
            **dict.fromkeys(content, ""),
            **can(offered),
        }

    def can(offered: list) -> dict:
        return {one: gr.Button(visible=True if one in offered else "hidden", interactive=True) for one in buttons}

    def nothing(said: str = "") -> dict:
        return shows(said, [], start=True)

    def there(visitor: Visitor) -> dict:
        """The preview; or the empty page when there is nothing, or when it was deleted meanwhile."""
        brought = visitor.recordings
        if brought is None:
            return nothing()
        if not brought.there:
            visitor.recordings = None
            return nothing(score_tables.error(UserError(GONE)))
        brought.touch()
        problem = preview.obstacle(brought.scan)
        said = (
            score_tables.error(UserError(problem)) if problem else score_tables.line(READY if brought.ready else LOOK)
        )
        return shows(said, [clear] if problem else [use, clear]) | {
            facts: preview.html(brought),
            players: preview.players(brought),
            words: preview.words(brought.scan),
            beside: preview.beside(brought),
        }

    def take(sent: list[dict] | None, request: gr.Request) -> dict:
        """What was uploaded, out of the page's cache at once. Not queued, so that it waits nowhere others could see."""
        try:
            folder = storage.fresh(_visit(request))
            files = [(Path(one["path"]), one.get("orig_name") or "") for one in sent or []]
            taken = storage.take(files, Path(drop.GRADIO_CACHE), folder)
        except UserError as error:
            return nothing(score_tables.error(error)) | {inbox: None}
        return shows(score_tables.line("Waiting for a free place."), [cancel]) | {inbox: (folder, taken)}

    def receive(visitor: Visitor, control: Control, sent: tuple | None, request: gr.Request) -> Iterator[dict]:
        """Unpacked and listened to. Cancel ends it between two steps; closing the page closes it."""
        if sent is None:
            yield {inbox: None}
            return
        (letter, taken), folder = sent, None
        control.running, control.stop = True, False
        try:
            folder = storage.fresh(_visit(request))
            yield {line: score_tables.line("Scanning the files.")}
            with closing(ingest.ingest([one.to for one in taken], folder, limits)) as events:
                for event in events:
                    if control.stop:
                        yield nothing(score_tables.line("Cancelled; nothing was kept."))
                        return
                    if isinstance(event, Step):
                        yield {line: score_tables.line(event.text, event.share)}
                    else:
                        visitor.recordings = storage.keep(_visit(request), folder, event)
            control.running = False
            yield there(visitor)
        except UserError as error:
            yield nothing(score_tables.error(error))
        finally:
            control.running = False
            storage.forget(taken)
            storage.delete(letter)
            if folder and (visitor.recordings is None or visitor.recordings.folder != folder):
                storage.delete(folder)

    def encode(visitor: Visitor) -> Iterator[dict]:
        """Features of all clips, unless they are there."""
        brought = visitor.recordings
        if brought is None or not brought.there:
            yield there(visitor)
        elif brought.ready:
            yield {line: score_tables.line(READY)}
        else:
            brought.touch()
            start_encoding(visitor)
            yield from watched(visitor)

    def again(visitor: Visitor) -> Iterator[dict]:
        """The page was loaded anew: what went on meanwhile is shown."""
        if visitor.encoding_job is None:
            yield {line: gr.skip()}
            return
        yield there(visitor)
        yield from watched(visitor)

    def watched(visitor: Visitor) -> Iterator[dict]:
        """What goes on, until it has ended. A page that is closed meanwhile looks on no longer."""
        offered = can([cancel])
        try:
            for step in visitor.encoding_job.follow():
                yield {line: score_tables.line(step.text, step.share)} | offered
                offered = {}
            said = READY if visitor.encoding_job.brought.ready else "Cancelled. " + LOOK
            yield {line: score_tables.line(said), **can([use, clear])}
        except UserError as error:
            yield {line: score_tables.error(error), **can([use, clear])}

    def as_files(visitor: Visitor, request: gr.Request) -> dict:
        """What was said becomes a corpus like any other, which is looked at first."""
        folder = None
        try:
            folder = storage.fresh(_visit(request))
            write(folder, visitor.voice_clips)
            *_, found = ingest.decode(folder, scan(folder))
            visitor.recordings = storage.keep(_visit(request), folder, found)
        except UserError as error:
            if folder:
                storage.delete(folder)
            return {speaking.line: score_tables.error(error)}
        return there(visitor) | {mode: style.FILES}

    def halt(visitor: Visitor, control: Control) -> gr.Button:
        control.stop = True
        if visitor.encoding_job:
            visitor.encoding_job.control.stop = True
        return gr.Button(interactive=False)

    def remove(visitor: Visitor) -> dict:
        if visitor.recordings:
            visitor.recordings.delete()
            visitor.recordings = None
        return nothing(score_tables.line("Your recordings are deleted."))

    def mean(visitor: Visitor, event: gr.SelectData) -> dict:
        """Only what shows labels changes; the table keeps the focus."""
        brought = visitor.recordings
        if brought is None or not brought.there:
            return there(visitor)
        try:
            if event.index not in brought.scan.unknown and event.index not in brought.scan.settled:
                raise CorpusError("This word is not among those of your recordings.")
            brought.mean({event.index: event.value})
        except UserError as error:
            return {line: score_tables.error(error)}
        return {facts: preview.html(brought), players: preview.players(brought)}

    def refresh(visitor: Visitor, control: Control, *voice) -> dict:
        """What runs stays on the screen, and so does an empty page: something may just be dropped there."""
        spoken, runs = speaking.refresh(visitor, *voice), control.running or is_encoding(visitor)
        return spoken if runs or visitor.recordings is None else spoken | there(visitor)

    shown = [line, drop, about, how, *buttons, *content]
    drop.upload(take, drop, [inbox, *shown], queue=False, preprocess=False, **QUIET).then(
        receive,
        [visitor, control, inbox],
        [inbox, *shown],
        concurrency_id="intake",
        concurrency_limit=2,
        show_progress="hidden",
        **PRIVATE,
    )
    at_work = {"concurrency_limit": WAITING, "show_progress_on": [line], **PRIVATE}
    used = use.click(encode, visitor, shown, show_progress="minimal", **at_work)
    comes_back = gr.Button(visible="hidden", elem_id="yours-again")  # pressed by links.js
    comes_back.click(again, visitor, shown, show_progress="hidden", **at_work)
    cancel.click(halt, [visitor, control], cancel, queue=False, **QUIET)
    clear.click(remove, visitor, shown, **QUIET)
    words.select(mean, visitor, shown, **QUIET)
    speaking.whole.click(as_files, visitor, [mode, speaking.line, *shown], show_progress_on=[speaking.line], **PRIVATE)
    inputs = [visitor, control, *speaking.refresh_inputs[1:]]
    return RecordingsTab(refresh, inputs, [*shown, *speaking.refresh_outputs], used=used)


def _visit(request: gr.Request) -> str:
    return str(request.session_hash)
