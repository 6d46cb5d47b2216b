"""The Your data tab: a visitor's recordings, previewed and encoded as an adaptation target; and the visitor's voice."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.upload_limits import HOSTED, LOCAL
from xser_demo.reporting import html
from xser_demo.ui import storage
from xser_demo.ui.jobs.queue import MAX_WAITING
from xser_demo.ui.shared.components import PRIVATE, QUIET
from xser_demo.ui.shared.corpus_download import Control
from xser_demo.ui.shared.encoding_job import is_encoding, start_encoding
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import preview, readings, texts, voice_tab
from xser_demo.ui.tabs.recordings.encoding_view import EncodingView
from xser_demo.ui.tabs.recordings.voice import store
from xser_demo.utils.errors import CorpusError, UserError
from xser_demo.utils.progress import Step


@dataclass(frozen=True, kw_only=True)
class RecordingsTab(Tab):
    """``used`` ends when Use was pressed; the recordings can be adapted to if ``visitor.recordings`` is ready then."""

    used: gr.events.Dependency


def build(visitor: gr.State, local: bool) -> RecordingsTab:
    """``local``: the page is served to this computer only, so the limits are higher."""
    return Recordings(visitor, LOCAL if local else HOSTED).wire()


class Recordings:
    """The components of the tab in the order of the page, and the functions that change them."""

    def __init__(self, visitor: gr.State, limits: ingest.Limits):
        self.visitor, self.limits = visitor, limits
        self.control, self.inbox = gr.State(Control()), gr.State(None)  # inbox: folder and files of the last upload
        self.mode = gr.Radio(
            [texts.FILES, texts.VOICE],
            value=texts.FILES,
            label="What you bring",
            show_label=False,
            container=False,
            interactive=True,  # no event uses it, only the style sheet
            elem_id="yours-mode",
            elem_classes="x-choice",
        )
        with gr.Column(elem_id="yours-files"):
            with gr.Row(elem_classes="x-own-buttons"):
                self.use, self.cancel, self.clear = (
                    gr.Button(name, variant=variant, visible="hidden", scale=scale, min_width=130,
                              elem_id=f"yours-{key}")
                    for key, name, variant, scale in texts.BUTTONS
                )  # fmt: skip
            self.line = gr.HTML(elem_id="yours-line")
            with gr.Row(equal_height=False, elem_classes="x-start"):
                with gr.Column(scale=11, min_width=300):
                    self.drop = gr.File(
                        file_count="multiple", label="A zip, or several recordings", height=190, elem_id="yours-drop"
                    )
                    self.about = gr.HTML(
                        texts.about(limits), padding=False, elem_id="yours-about", elem_classes="x-small"
                    )
                with gr.Column(scale=10, min_width=300):
                    self.naming = gr.HTML(texts.NAMING, padding=False, elem_id="yours-how")
            with gr.Row(equal_height=False):
                with gr.Column(min_width=300):
                    self.facts = _part("preview")
                    self.readings = _part("readings", js_on_load=texts.CHOOSE)
                    self.words = _part("words", js_on_load=texts.SET_MEANING)
                with gr.Column(min_width=300):
                    self.look = _part("look")
                    self.players = _part("players")
                    self.sound = _part("beside")
        with gr.Column(elem_id="yours-talk"):
            self.voice = voice_tab.build(visitor)
        self.buttons = [self.use, self.cancel, self.clear]
        self.encoding = EncodingView(self.line, self.look, self.offer)
        self.content = [self.facts, self.readings, self.look, self.players, self.words, self.sound]
        self.outputs = [self.line, self.drop, self.about, self.naming, *self.buttons, *self.content]

    def wire(self) -> RecordingsTab:
        """Which event calls which function."""
        visitor, outputs, voice = self.visitor, self.outputs, self.voice
        received = self.drop.upload(
            self.take, self.drop, [self.inbox, *outputs], queue=False, preprocess=False, **QUIET
        ).then(
            self.receive,
            [visitor, self.control, self.inbox],
            [self.inbox, *outputs],
            concurrency_id="intake",
            concurrency_limit=2,
            **QUIET,
        )
        waiting = {"concurrency_limit": MAX_WAITING}
        used = self.use.click(
            self.encode, visitor, outputs, show_progress="minimal", show_progress_on=[self.line], **waiting, **PRIVATE
        )
        received.success(self.quick_look, visitor, outputs, **waiting, **QUIET)
        gr.Button(visible="hidden", elem_id="yours-again").click(self.come_back, visitor, outputs, **waiting, **QUIET)
        self.cancel.click(self.stop, [visitor, self.control], self.cancel, queue=False, **QUIET)
        self.clear.click(self.delete, visitor, outputs, **QUIET)
        self.readings.select(self.set_reading, visitor, outputs, **QUIET)
        self.words.select(self.set_meaning, visitor, outputs, **QUIET)
        voice.whole.click(
            self.use_voice, visitor, [self.mode, voice.line, *outputs], show_progress_on=[voice.line], **PRIVATE
        ).then(self.quick_look, visitor, outputs, **waiting, **QUIET)
        return RecordingsTab(
            self.refresh,
            [visitor, self.control, *voice.refresh_inputs[1:]],
            [*outputs, *voice.refresh_outputs],
            used=used,
        )

    # What the page shows: each returns changes by component.

    def message(self, line: str, buttons: list, start: bool = False) -> dict:
        """Only this line and these buttons; with ``start`` also the place to drop files and what is said about it."""
        visible = True if start else "hidden"
        return {
            self.line: line,
            self.drop: gr.File(value=None, visible=visible),
            **{text: gr.HTML(visible=visible) for text in (self.about, self.naming)},
            **dict.fromkeys(self.content, ""),
            **self.offer(buttons),
        }

    def offer(self, buttons: list) -> dict:
        return {one: gr.Button(visible=True if one in buttons else "hidden", interactive=True) for one in self.buttons}

    def empty(self, line: str = "") -> dict:
        return self.message(line, [], start=True)

    def show(self, visitor: Visitor) -> dict:
        """The preview; the empty page when there are no recordings, or when they were deleted meanwhile."""
        recordings = visitor.recordings
        if recordings is None:
            return self.empty()
        if not recordings.there:
            visitor.recordings = None
            return self.empty(html.error(UserError(texts.GONE)))
        recordings.touch()
        if obstacle := preview.obstacle(recordings.scan):
            line, buttons = html.error(UserError(obstacle)), [self.clear]
        else:
            line, buttons = html.line(texts.READY if recordings.ready else texts.PREVIEW), [self.use, self.clear]
        return self.message(line, buttons) | {
            self.facts: preview.overview(recordings),
            self.readings: readings.menus(recordings.scan),
            **self.encoding.answers(recordings),
            self.players: preview.players(recordings),
            self.words: preview.words(recordings.scan),
            self.sound: preview.sound(recordings),
        }

    def refresh(self, visitor: Visitor, control: Control, *voice_inputs) -> dict:
        """A running job stays on the screen, and so does an empty page: a file may just have been dropped there."""
        voice, busy = self.voice.refresh(visitor, *voice_inputs), control.running or is_encoding(visitor)
        return voice if busy or visitor.recordings is None else voice | self.show(visitor)

    def take(self, uploads: list[dict] | None, request: gr.Request) -> dict:
        """Move the upload out of the page's cache. Not queued, so that it waits nowhere that others could see."""
        try:
            folder = storage.fresh(_visit(request))
            files = [(Path(upload["path"]), upload.get("orig_name") or "") for upload in uploads or []]
            taken = storage.take(files, Path(self.drop.GRADIO_CACHE), folder)
        except UserError as error:
            return self.empty(html.error(error)) | {self.inbox: None}
        return self.message(html.line("Waiting for a free slot."), [self.cancel]) | {self.inbox: (folder, taken)}

    def receive(self, visitor: Visitor, control: Control, inbox: tuple | None, request: gr.Request) -> Iterator[dict]:
        """Unpack and decode the upload. Cancel ends it between two steps; closing the page closes it."""
        if inbox is None:
            yield {self.inbox: None}
            return
        (inbox_folder, taken), folder = inbox, None
        control.running, control.stop = True, False
        try:
            folder = storage.fresh(_visit(request))
            yield {self.line: html.line("Scanning the files.")}
            with closing(ingest.ingest([file.to for file in taken], folder, self.limits)) as events:
                for event in events:
                    if control.stop:
                        yield self.empty(html.line("Cancelled; nothing is stored."))
                        return
                    if isinstance(event, Step):
                        yield {self.line: html.line(event.text, event.share)}
                    else:
                        visitor.recordings = storage.keep(_visit(request), folder, event, storage.name(taken))
            control.running = False
            yield self.show(visitor)
        except UserError as error:
            yield self.empty(html.error(error))
        finally:
            control.running = False
            storage.forget(taken)
            storage.delete(inbox_folder)
            if folder and (visitor.recordings is None or visitor.recordings.folder != folder):
                storage.delete(folder)

    def use_voice(self, visitor: Visitor, request: gr.Request) -> dict:
        """Make the clips of Your voice a corpus like an uploaded one, and preview it."""
        try:
            visitor.recordings = store(_visit(request), visitor.voice_clips)
        except UserError as error:
            return {self.voice.line: html.error(error)}
        return self.show(visitor) | {self.mode: texts.FILES}

    def quick_look(self, visitor: Visitor) -> Iterator[dict]:
        """Encode what was just brought, and show the answers of models meanwhile."""
        recordings = visitor.recordings
        idle = recordings is not None and recordings.there and not (recordings.ready or is_encoding(visitor))
        if idle and not preview.obstacle(recordings.scan):
            start_encoding(visitor)
            yield from self.follow(visitor, self.use)
        else:
            yield {self.line: gr.skip()}

    def encode(self, visitor: Visitor) -> Iterator[dict]:
        """Compute the features of all clips, unless they are there."""
        recordings = visitor.recordings
        if recordings is None or not recordings.there:
            yield self.show(visitor)
        elif recordings.ready:
            yield {self.line: html.line(texts.READY)}
        else:
            recordings.touch()
            start_encoding(visitor)
            yield from self.follow(visitor)

    def come_back(self, visitor: Visitor) -> Iterator[dict]:
        """The page was loaded anew, and its script pressed the hidden button: follow the encoding."""
        if visitor.encoding_job is None:
            yield {self.line: gr.skip()}
            return
        yield self.show(visitor)
        yield from self.follow(visitor)

    def follow(self, visitor: Visitor, *more: gr.Button) -> Iterator[dict]:
        """The progress of the encoding. ``more``: buttons beside Cancel."""
        for update in self.encoding.follow(visitor, [*more, self.cancel], [self.use, self.clear]):
            yield update if visitor.recordings is None or visitor.recordings.there else self.show(visitor)

    def stop(self, visitor: Visitor, control: Control) -> gr.Button:
        control.stop = True
        if visitor.encoding_job:
            visitor.encoding_job.control.stop = True
        return gr.Button(interactive=False)

    def delete(self, visitor: Visitor) -> dict:
        self.stop(visitor, Control())
        recordings, visitor.recordings = visitor.recordings, None
        if recordings:
            recordings.delete()
        return self.empty(html.line("Your recordings are deleted."))

    def set_reading(self, visitor: Visitor, event: gr.SelectData) -> dict:
        """Read speakers or labels of the recordings in another way. The menu of speakers keeps the focus."""
        recordings = visitor.recordings
        if recordings is None or not recordings.there:
            return self.show(visitor)
        try:
            if recordings.understand(readings.changed(recordings.scan, event.index, str(event.value))):
                self.stop(visitor, Control())  # it encodes other clips
            if recordings.look and "whisper" in recordings.packs:
                recordings.look.finish(recordings.packs["whisper"])  # other speakers may be standardised
        except UserError as error:
            return {self.line: html.error(error)}
        kept = [self.readings] if event.index == "speaker_from" else []
        kept += [self.line, *self.buttons] if is_encoding(visitor) else []
        return {part: value for part, value in self.show(visitor).items() if part not in kept}

    def set_meaning(self, visitor: Visitor, event: gr.SelectData) -> dict:
        """Map a word of the recordings to an emotion. Only what shows labels changes; the table keeps the focus."""
        recordings = visitor.recordings
        if recordings is None or not recordings.there:
            return self.show(visitor)
        try:
            if event.index not in recordings.scan.unknown and event.index not in recordings.scan.settled:
                raise CorpusError("This word is not a label of your recordings.")
            recordings.mean({event.index: event.value})
        except UserError as error:
            return {self.line: html.error(error)}
        return {self.facts: preview.overview(recordings), self.players: preview.players(recordings)}


def _part(name: str, **options) -> gr.HTML:
    """One part of the preview."""
    return gr.HTML(padding=False, elem_id=f"yours-{name}", elem_classes="x-own", **options)


def _visit(request: gr.Request) -> str:
    return str(request.session_hash)
