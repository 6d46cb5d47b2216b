"""Calibration to a voice by neutral sentences: they are what a visitor can give in half a minute.

Neutral clips that are used as if they were any clips take what is neutral in them for the voice. So they are
*referenced*: the voice is where the corpus is, moved by the distance between the visitor's neutral clips and the
corpus's clips that the model answers neutral. No label of the corpus is used.
"""

from collections.abc import Sequence

from torch import Tensor

from xser_demo.data.domains import MIN_FRAMES, Domain
from xser_demo.data.normalise import NEUTRAL_PRIOR_CLIPS, Moments, moments, referenced
from xser_demo.inference.predict import clip_moments
from xser_demo.inference.speaker import calibrate
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils.errors import SettingsError

NEUTRAL = "neutral"
MIN_CLIPS = 3
CLIPS = 5  # that are asked for


def calibrate_by_neutral(model: Model, clips: Sequence[Tensor], corpus: Domain) -> Model:
    """A copy of the model for the speaker of these neutral ``clips``, (T, 512) each; no weight changes.

    ``corpus``: the unlabelled clips that the model was adapted to, or those of its source. SettingsError for too few
    clips, or a model that cannot be calibrated so."""
    calibrate.check(model)
    usable = [clip for clip in clips if len(clip) >= MIN_FRAMES]
    if len(usable) < MIN_CLIPS:
        raise SettingsError(f"At least {MIN_CLIPS} neutral clips are needed, and there are {len(usable)}; record more.")
    target = model.inputs[TARGET]
    whole = target.corpus_moments or target.moments
    voice = referenced(clip_moments(*usable), answered_neutral(model, corpus), whole)
    return calibrate.fixed(model, voice, NEUTRAL_PRIOR_CLIPS)


def answered_neutral(model: Model, corpus: Domain) -> Moments:
    """The moments of a corpus's clips that the model answers neutral. SettingsError where there are none."""
    if NEUTRAL not in model.classes:
        raise SettingsError("This model does not know 'neutral'; calibrate it by clips in different moods.")
    answers = model.predict_all(corpus, TARGET)[0].argmax(1)
    rows = corpus.rows[answers == model.classes.index(NEUTRAL)]
    if not len(rows):
        raise SettingsError("This model answers no clip neutral; calibrate it by clips in different moods.")
    return moments(corpus.pack, rows)
