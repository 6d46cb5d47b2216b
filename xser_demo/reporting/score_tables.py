"""Distances and scores as HTML: a plain statement first, exact numbers below."""

from collections.abc import Callable, Iterable
from html import escape

import numpy as np

from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LabelSet
from xser_demo.corpora.user import KEY
from xser_demo.evaluation.domain_distance import Distances
from xser_demo.evaluation.scores import Score
from xser_demo.experiments.folds import Pooled, over
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.reporting.html import interval_words, percent, table
from xser_demo.reporting.palette import EMOTION_COLOURS, SOURCE_COLOUR, TARGET_COLOUR, UNLABELLED_COLOUR

MAX_A_DISTANCE, MAX_MMD = 2.0, 2**0.5
NO_LABELS = (
    "Too few clips are labelled to compute a score; listen to some and judge. A score needs eight labelled clips of "
    "two emotions."
)
ROWS = {"source_only": "Source only", "zscore": "Target z-score", "adapted": "Adapted"}

SIDES = {
    frozenset(("negative", "positive")): "negative and positive clips",
    frozenset(("high", "low")): "clips of high and low arousal",
}


CIRCLE = "<circle cx='6' cy='6' r='5' fill='{}'/>"
DIAMOND = "<path d='M6 0 12 6 6 12 0 6Z' fill='{}'/>"
HOLLOW = "<path d='M6 0 12 6 6 12 0 6Z' fill='none' stroke-width='2' stroke='{}'/>"
STAR = (
    "<path d='M6 0 7.6 4.2 12 4.5 8.6 7.3 9.7 12 6 9.4 2.3 12 3.4 7.3 0 4.5 4.4 4.2Z' fill='#FDE047' stroke='#18181B'/>"
)


def legend(
    source: str, target: str, labels: LabelSet, colour_by: str, star: bool = False, unlabelled: bool = False
) -> str:
    """The legend of both maps: colours and shapes. ``source`` and ``target`` are corpus keys. ``star``: the visitor's
    clip is drawn; ``unlabelled``: clips without a label are."""
    plain = colour_by != "corpus"
    items = [
        _key(
            CIRCLE, "currentColor" if plain else SOURCE_COLOUR, f"{_language(source)} ({corpus(source).name}), source"
        ),
        _key(
            DIAMOND, "currentColor" if plain else TARGET_COLOUR, f"{_language(target)} ({corpus(target).name}), target"
        ),
    ]
    if star:
        items.append(_key(STAR, "", "your clip"))
    if colour_by == "emotion":
        square = "<rect width='12' height='12' rx='2' fill='{}'/>"
        items += [_key(square, EMOTION_COLOURS[name], f"labelled {name}") for name in labels.classes]
        if unlabelled:
            items.append(_key(HOLLOW, UNLABELLED_COLOUR, "not labelled"))
    if colour_by == "speaker":
        items.append("<span>one colour per speaker</span>")
    return f"<div class='x-legend'>{''.join(items)}</div>"


def _key(shape: str, colour: str, text: str) -> str:
    return f"<span><svg viewBox='-1 -1 14 14' aria-hidden='true'>{shape.format(colour)}</svg>{escape(text)}</span>"


def distances(source: str, target: str, before: Distances, after: Distances, telling: bool = True) -> str:
    """Proxy A-distance and MMD of two corpora before and after adaptation. ``telling``: also the share of clips whose
    language is recognised."""
    languages = f"{escape(_language(source))} from {escape(_language(target))}"
    return (
        "<h3>How far apart are the two languages for this model?</h3>"
        + (
            f"<p>A simple classifier tells {languages} in <strong>{recognised(_share(before))}</strong> of clips "
            f"before and <strong>{recognised(_share(after))}</strong> after; guessing gets 50%.</p>"
            if telling
            else ""
        )
        + "<p class='x-small x-scale'>proxy A-distance (0: chance, 2: always recognised)</p>"
        + _bars("a-distance", before.a_distance, after.a_distance, MAX_A_DISTANCE, before.within_a_distance)
        + "<p class='x-small x-scale'>MMD (0: same distribution, 1.41: no overlap)</p>"
        + _bars("mmd", before.mmd, after.mmd, MAX_MMD, before.within_mmd)
        + "<p class='x-small x-scale'>The vertical mark compares two halves of the speakers of "
        f"{corpus(source).name}: A-distance {before.within_a_distance:.2f}, MMD {before.within_mmd:.2f}. "
        f"{before.n} clips per side.</p>"
    )


def card_scores(card: dict) -> str:
    """The score on the card of an adapted model, before and after adaptation."""
    uar = card["uar"]
    if uar is None:
        return f"<h3>Is it better on {escape(_language(card['target']))}?</h3><p>{NO_LABELS}</p>"
    low, high = uar["ci95"]
    before, after = uar["source_only"], uar["adapted"]
    clear = not low <= before <= high
    return (
        f"<h3>Is it better on {escape(_language(card['target']))}?</h3>"
        f"<p>{_verdict(before, after, _whose(card['target'], card['labels']), clear)}</p>"
        + _bars("uar", before, after, 1, 1 / len(card["labels"]), percent)
        + f"<p class='x-small x-scale'>UAR on {corpus(uar['scored_on']).name}, 95% interval after adaptation "
        f"{interval_words(uar['ci95'])}, on {scored_clips(card['mode'])}. The mark is chance.</p>"
        + _unheard_line(card.get("unheard"))
    )


def _unheard_line(unheard: dict | None) -> str:
    """The score over all folds on a card, if it has one."""
    if not unheard or not unheard.get("uar"):
        return ""
    uar = unheard["uar"]
    return (
        f"<p class='x-small x-scale'>On speakers that it had not heard, all {unheard['folds']} folds together: "
        f"{percent(uar['adapted'])}, interval {interval_words(uar['ci95'])}; before {percent(uar['source_only'])}.</p>"
    )


def result(adapted: AdaptationResult, outcome: str = "") -> str:
    """The score table of an adaptation. ``outcome`` replaces the comparison with target z-score, which it contains."""
    scores, language = adapted.scores, _language(adapted.plan.target)
    if not scores:
        return _unscored(adapted, language)
    first, whose = scores["adapted"], _whose(adapted.plan.target, adapted.task.labels.classes)
    before = scores["source_only"].uar
    clear = not first.ci95[0] <= before <= first.ci95[1]
    rows = [(name, percent(scores[key].uar), interval_words(scores[key].ci95)) for key, name in ROWS.items()]
    return (
        f"<h3>Is it better on {escape(language)}?</h3>"
        f"<p class='x-verdict'>{_verdict(before, first.uar, whose, clear)}</p>"
        f"<p>{outcome or _against_zscore(adapted)} {_doubt(adapted)}</p>"
        + table(("Model", "UAR", "95% interval"), rows)
        + f"<p class='x-small' style='margin-top:8px'>On {first.n} clips of "
        f"{people(adapted)}, {scored_clips(adapted.plan.mode)}; chance is {percent(1 / len(first.recalls))}. "
        "Target labels are opened for scores only, never for training or selection."
        f"{_chosen(adapted)}</p>"
        f"<p class='x-small x-normalised'>{escape(adapted.normalisation.reason)}</p>"
    )


def unheard(pooled: Pooled) -> str:
    """The score over all folds."""
    if not pooled.scores:
        return f"<h3>On speakers it has not heard</h3><p>{NO_LABELS}</p>"
    one = pooled.scores["adapted"]
    rows = [
        (ROWS.get(key, key), percent(score.uar), interval_words(score.ci95)) for key, score in pooled.scores.items()
    ]
    return (
        "<h3>On speakers it has not heard</h3>"
        + table(("Model", "UAR", "95% interval"), rows)
        + f"<p class='x-small' style='margin-top:8px'>On {one.n:,} clips of {one.speakers} "
        f"{escape(over(pooled))}; chance is {percent(1 / len(one.recalls))}. This is one seed, "
        f"{pooled.plan.seed}.</p>"
    )


def _unscored(adapted: AdaptationResult, language: str) -> str:
    """Without labels: how often each emotion is predicted, and how many predictions adaptation has changed."""
    classes, n = adapted.task.labels.classes, len(adapted.answers["adapted"])
    counts = {key: np.bincount(adapted.answers[key], minlength=len(classes)) / n for key in ROWS}
    rows = [(escape(name), *(percent(counts[key][at]) for key in ROWS)) for at, name in enumerate(classes)]
    return (
        f"<h3>What does it predict for {escape(language)} now?</h3>"
        f"<p class='x-verdict'>{percent(adapted.changed)} of the {n:,} predictions have changed.</p>"
        f"<p>{NO_LABELS}</p>"
        + table(("Predicted", *ROWS.values()), rows)
        + f"<p class='x-small' style='margin-top:8px'>Share of the clips.{_chosen(adapted)}</p>"
        f"<p class='x-small x-normalised'>{escape(adapted.normalisation.reason)}</p>"
    )


def _task(classes: Iterable[str]) -> str:
    """What a model recognises: emotions, or the two sides of valence or arousal."""
    return SIDES.get(frozenset(classes), "emotions")


def _whose(target: str, classes: Iterable[str]) -> str:
    """What a model should find: "German emotions"."""
    what = _task(classes)
    return f"the {what} in your recordings" if target == KEY else f"{escape(_language(target))} {what}"


def _verdict(before: float, after: float, whose: str, clear: bool) -> str:
    """The effect of adaptation. ``clear``: the score before lies outside the interval of the score after."""
    if percent(after) == percent(before):
        return f"No change: {percent(after)} of {whose} found before and after."
    figures = f"{percent(after)} instead of {percent(before)} of {whose} found"
    if after < before:
        if not clear:
            return f"{figures[:1].upper()}{figures[1:]}: less, but the difference is not significant."
        return f"Adaptation made it worse: {figures}. This is called negative transfer."
    return f"{figures[:1].upper()}{figures[1:]}."


def _chosen(adapted: AdaptationResult) -> str:
    chosen = adapted.finished.chosen
    return f" Epoch {chosen.epoch} was chosen by: {escape(adapted.finished.rule)}." if chosen else ""


def _against_zscore(adapted: AdaptationResult) -> str:
    """The comparison with target z-score."""
    scores = {name: percent(score.uar) for name, score in adapted.scores.items()}
    if adapted.plan.method == "zscore":
        return ""
    base, zscore, score = (adapted.scores[name].uar for name in ("source_only", "zscore", "adapted"))
    if scores["adapted"] == scores["zscore"]:
        comparison = "As good as"
    else:
        also = scores["adapted"] != scores["source_only"] and (score > base) == (score > zscore)
        comparison = ("Also " if also else "") + ("better than" if score > zscore else "worse than")
    each = " of each speaker" if adapted.normalisation.name == "speaker" else ""
    return (
        f"{comparison[:1].upper()}{comparison[1:]} the target z-score{each} ({scores['zscore']}), which trains nothing."
    )


def people(adapted: AdaptationResult) -> str:
    """The number of scored speakers in words."""
    if adapted.speakers is None:
        return "unknown speakers"
    return "one speaker" if adapted.speakers == 1 else f"{adapted.speakers} speakers"


def scored_clips(mode: str) -> str:
    """Which clips a score in this mode is about."""
    if mode == "transductive":
        return "the clips it adapted to, labels sealed"
    return "speakers that it did not adapt to"


def scored_on(plan: Plan, score: Score) -> str:
    """What a score is over, in words."""
    speakers = "" if score.speakers == score.n else f" of {score.speakers} speaker{'s' * (score.speakers > 1)}"
    return f"{score.n:,} clips{speakers}, {scored_clips(plan.mode)}"


def _doubt(adapted: AdaptationResult) -> str:
    """A caution where the intervals overlap."""
    score, base = adapted.scores["adapted"], adapted.scores["source_only"]
    if score.ci95[0] > base.ci95[1] or base.ci95[0] > score.ci95[1]:
        return ""
    return f"The intervals overlap: with {people(adapted)} this may be chance."


def _bars(
    name: str, before: float, after: float, largest: float, mark: float, text: Callable[[float], str] = "{:.2f}".format
) -> str:
    rows = zip(("before", "after"), (before, after), (SOURCE_COLOUR, TARGET_COLOUR), (0, 1), strict=True)
    return "".join(
        f"<div class='x-bar' data-gauge='{name}'><span>{when}</span><i>"
        f"<b data-model='{number}' style='width:{100 * min(value / largest, 1):.1f}%;background:{colour}'></b>"
        f"<u style='left:{100 * min(mark / largest, 1):.1f}%'></u></i>"
        f"<span>{text(value)}</span></div>"
        for when, value, colour, number in rows
    )


def recognised(share: float) -> str:
    """The share of clips whose language a classifier tells; below one half, on speakers it has not heard, is chance."""
    return percent(share) if share > 0.5 else "50% (chance)"


def _share(distances: Distances) -> float:
    """Share of clips whose corpus is recognised: the proxy A-distance d = 2 (1 - 2 e) solved for 1 - e."""
    return 0.5 + distances.a_distance / 4


def _language(key: str) -> str:
    return corpus(key).language_name
