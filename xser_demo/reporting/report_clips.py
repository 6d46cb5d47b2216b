"""Parts of the run report about a user's recordings: every clip with its answers, and the score from a few labels."""

from html import escape

from xser_demo.corpora.custom.recordings import Brought
from xser_demo.evaluation.label_sample import MIN_LABELS, Estimate
from xser_demo.experiments import clip_answers
from xser_demo.experiments.clip_answers import ADAPTED, START
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.user_labels import Labels
from xser_demo.reporting import score_tables
from xser_demo.reporting.html import escaped_table, interval_words, percent

FROM_LABELS = (
    "Estimated from {} labels of clips that were drawn at random, spread over the models' answers. The interval holds "
    "the score on all these clips in about 95 of 100 such draws; it says nothing about other speakers."
)


def every_clip(result: AdaptationResult, brought: Brought) -> str:
    """A row for each clip: file, length, speaker and answers, as HTML."""
    found = clip_answers.of(result)
    changed, unsure = found.changed, found.unsure
    rows = [
        (
            utterance.path,
            f"{utterance.duration_s or 0:.1f} s",
            utterance.speaker,
            *(_answer(found, name, number) for name in (START, ADAPTED)),
            ", ".join(word for word, is_so in (("changed", changed[number]), ("unsure", unsure[number])) if is_so),
        )
        for number, utterance in enumerate(found.utterances)
    ]
    seconds = sum(utterance.duration_s or 0.0 for utterance in found.utterances)
    return (
        f"<h2>Every clip</h2><p>{len(rows):,} clips, {seconds / 60:.1f} minutes, from {escape(brought.target)}. "
        f"{escape(brought.scan.how)} {len(brought.scan.skipped):,} files were left out.</p>"
        + escaped_table(("File", "Length", "Speaker", "Source only", "Adapted", ""), rows)
    )


def few_labels(result: AdaptationResult, labels: Labels) -> str:
    """The scores from labels that the user gave a few clips, as HTML; "" for too few."""
    found = clip_answers.of(result)
    scores = labels.scores(found.utterances, found.answers)
    if not any(scores.values()):
        return ""
    return f"<h2>Score from a few labels</h2>{score_table(scores)}"


def score_table(scores: dict[str, Estimate | None], names: dict[str, str] | None = None) -> str:
    """UAR and interval of each model, as HTML. ``names``: of models, beside those of a run."""
    known = score_tables.ROWS | (names or {})
    rows = [
        (known.get(name, name), percent(one.uar), interval_words((one.low, one.high)))
        for name, one in scores.items()
        if one is not None
    ]
    if not rows:
        return f"<p>A score comes with {MIN_LABELS} labels.</p>"
    labelled = max(one.labelled for one in scores.values() if one is not None)
    note = FROM_LABELS.format(labelled)
    return escaped_table(("Model", "UAR", "95% interval"), rows) + f"<p class='small'>{note}</p>"


def _answer(found: clip_answers.ClipAnswers, name: str, number: int) -> str:
    answer = found.answers[name][number]
    return f"{found.classes[answer]} {percent(found.probabilities[name][number, answer])}"
