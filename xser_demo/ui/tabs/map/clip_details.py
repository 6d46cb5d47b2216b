"""Details of the clip that was clicked on a map: labels, both predictions, spectrogram and sound."""

from html import escape

import gradio as gr

from xser_demo.corpora import corpus
from xser_demo.corpora.user import KEY
from xser_demo.experiments.embeddings import UNLABELLED
from xser_demo.reporting.maps import Comparison
from xser_demo.reporting.palette import EMOTION_COLOURS, UNLABELLED_COLOUR
from xser_demo.ui.shared.clip_media import Media
from xser_demo.ui.shared.components import late_plot
from xser_demo.ui.shared.corpus_download import Fetching
from xser_demo.utils.errors import SettingsError

CHANGED = "changed"  # a step to the next clip whose prediction adaptation has changed


class ClipDetails:
    """Components of the panel. ``local``: the page is served to this computer only, so that its visitor may download
    the clip's corpus to it."""

    def __init__(self, local: bool):
        with gr.Row(elem_classes="x-point", equal_height=False):
            with gr.Column(min_width=240):
                self.facts = gr.HTML(elem_id="map-point", elem_classes="x-gauges")
                self.origin = gr.HTML(elem_id="map-origin", elem_classes="x-small")
                self.download = Fetching(local)
            with gr.Column(min_width=260):
                self.spectrogram = late_plot("map-picture")
                self.sound = gr.Audio(
                    visible=False, interactive=False, autoplay=True, show_label=False, buttons=[], elem_id="map-sound"
                )
        self.outputs = [self.spectrogram, self.sound, self.origin]  # of ``show``

    def show(self, media: Media) -> dict:
        """Spectrogram, sound and origin of a clip."""
        sound = gr.Audio(media.sound, visible=media.sound is not None)
        return {self.spectrogram: media.figure, self.sound: sound, self.origin: media.source}

    def clear(self) -> dict:
        return {self.facts: "", **self.show(Media(None, None, ""))}


def facts(comparison: Comparison, row: int) -> str:
    """Corpus, speaker, label and both predictions of one clip, as HTML."""
    clips, utterance = comparison.clips, comparison.clips.utterances[row]
    known, label = corpus(utterance.corpus), clips.label(utterance)
    labelled = label if utterance.emotion in ("", label) else f"{utterance.emotion} ({label})"
    before, after = (view.predictions[row] for view in comparison.views)
    rows = (("Label", label, labelled), ("Predicted before", before, before), ("Predicted after", after, after))
    lines = "".join(f"<dt>{name}</dt><dd>{_swatch(key)}{escape(text)}</dd>" for name, key, text in rows)
    side = "source" if row < len(clips.source) else "target"
    name = utterance.path.rpartition("/")[2] if utterance.corpus == KEY else known.name
    anonymous = not utterance.speaker or utterance.speaker.startswith("?")
    title = name if anonymous else f"{name}, speaker {utterance.speaker}"
    summary = f"{known.language_name}, {side}. {_change(label, before, after)}"
    return f"<h3>{escape(title)}</h3><p class='x-small'>{summary}</p><dl class='x-facts'>{lines}</dl>"


def _swatch(name: str) -> str:
    """The colour of a class; hollow for a clip without a label, as on the map."""
    if name in EMOTION_COLOURS:
        return f"<i style='background:{EMOTION_COLOURS[name]}'></i>"
    return f"<i style='box-shadow:inset 0 0 0 2px {UNLABELLED_COLOUR}'></i>"


def _change(label: str, before: str, after: str) -> str:
    if before == after:
        return "Adaptation did not change the prediction."
    if label == UNLABELLED:
        return "Adaptation changed the prediction."
    if after == label:
        return "Adaptation corrected the prediction."
    return "Adaptation made a correct prediction wrong." if before == label else "Both predictions are wrong."


def requested_row(comparison: Comparison, row: int | None, request: object) -> int:
    """The row that a browser asks for: a row itself or, from ``row``, the next clip ("1"), the previous one ("-1") or
    the next one of the target whose prediction has changed (``CHANGED``); after the last comes the first.
    SettingsError otherwise."""
    n = len(comparison.clips)
    if isinstance(request, int) and not isinstance(request, bool) and 0 <= request < n:
        return request
    if request in ("1", "-1"):
        return 0 if row is None else (row + int(request)) % n
    if request != CHANGED:
        raise SettingsError("This clip is not on the map; click another point.")
    before, after = (view.predictions for view in comparison.views)
    first = -1 if row is None else row
    order = ((first + 1 + offset) % n for offset in range(n))
    changed = (one for one in order if one >= len(comparison.clips.source) and before[one] != after[one])
    return next(changed, (first + 1) % n)
