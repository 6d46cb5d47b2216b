"""The quick look at a visitor's recordings as HTML: answers so far, then what is known of the whole."""

from html import escape

from xser_demo.corpora import corpus
from xser_demo.experiments import quick_look
from xser_demo.experiments.quick_look import QuickLook
from xser_demo.reporting import html, naming
from xser_demo.reporting.html import percent

MAX_ROWS = 300  # clips whose answers are listed; the table in Adapt has all


def look(found: QuickLook, total: int) -> str:
    """``total``: number of recordings. "" before the first answer and where no model is here."""
    done = len(found.answers)
    if not done or not found.models:
        return ""
    so_far = f"{done:,} of {total:,} clips so far" if done < total and found.verdict is None else f"{done:,} clips"
    return (
        f"<h3>Quick look</h3><p>What models answer that were trained on one language and adapted to none, {so_far}. "
        "Nothing is adapted yet, and no label is used.</p>"
        f"{_shares(found)}{_agreement(found)}{_verdict(found)}"
    )


def _shares(found: QuickLook) -> str:
    names = [naming.menu_name(model.card) for model in found.models]
    classes = list(dict.fromkeys(name for shares in found.shares for name in shares))
    rows = [
        (escape(name), *(percent(shares[name]) if name in shares else "" for shares in found.shares))
        for name in classes
    ]
    return html.table(("Answer", *(escape(name) for name in names)), rows)


def _agreement(found: QuickLook) -> str:
    if len(found.models) < 2:
        return ""
    return f"<p>The {len(found.models)} models give the same answer to {percent(found.agreement)} of the clips.</p>"


def _verdict(found: QuickLook) -> str:
    verdict = found.verdict
    if verdict is None:
        return ""
    rows = [(escape(f"{corpus(key).name} ({corpus(key).language_name})"), f"{far:.2f}") for key, far in verdict.nearest]
    facts = html.table(("Sources, nearest first", "Distance (MMD)"), rows)
    note = "<p class='x-small'>How alike the sounds are, not how well a model transfers.</p>"
    if verdict.normalisation is None:
        return facts + note
    allowed = {
        "speaker": "Each speaker can be standardised by their own clips.",
        "corpus": "The recordings will be standardised as a whole.",
    }[verdict.normalisation.name]
    return f"{facts}{note}<p><strong>{allowed}</strong> {escape(_why(found))}</p>{_recipe()}{_clips(found)}"


def _why(found: QuickLook) -> str:
    assert found.verdict is not None and found.verdict.normalisation is not None
    normalisation = found.verdict.normalisation
    if normalisation.name == "speaker" and normalisation.confounded is not None:
        return f"Who speaks explains {percent(max(0.0, normalisation.confounded))} of the answers, 15% are allowed."
    return normalisation.reason


def _recipe() -> str:
    return (
        "<p><strong>Recommended:</strong> all sources together, and the method that Adapt starts with. "
        f"{escape(quick_look.why_several())} Single sources are in Adapt under <em>Fine-tune</em>.</p>"
    )


def _clips(found: QuickLook) -> str:
    """The answers to each clip, folded."""
    rows = [(escape(path), *(escape(answer) for answer in answers)) for path, answers in list(found.answers.items())]
    head = ("File", *(escape(naming.menu_name(model.card)) for model in found.models))
    more = f"<p>The first {MAX_ROWS} of {len(rows):,}.</p>" if len(rows) > MAX_ROWS else ""
    return (
        f"<details><summary>The answers to each clip</summary>{html.scrolling(html.table(head, rows[:MAX_ROWS]))}"
        f"{more}</details>"
    )
