"""The lecture: eight steps from speaking to where adaptation fails. Knows nothing of Gradio.

A step sets the page up as a link does (links.py). No result stands in its words: the page shows what comes out.
``docs/lecture.md`` tells the same at length; a test keeps titles and questions alike.
"""

from dataclasses import dataclass, field
from html import escape

from xser_demo.ui.navigation import links
from xser_demo.ui.navigation.links import Link

PAIR = "ravdess-source,ravdess-emodb-coral-infomax-em"


@dataclass(frozen=True)
class Step:
    """``say``: one or two sentences on the projector; ``question`` for the class; ``notes`` for who presents it.
    ``settings``: values of a link, as text."""

    title: str
    say: str
    question: str
    notes: tuple[str, ...]
    tab: str
    settings: dict[str, str] = field(default_factory=dict)
    minutes: int = 3

    @property
    def link(self) -> Link:
        return links.read({"tab": self.tab, **self.settings})


STEPS = (
    Step(
        "Speak",
        "Say one sentence, angry or happy, in any language. Two models hear it: one learnt from English actors only, "
        "the other is the same model adapted to German.",
        "What should a machine listen to, if it must work in a language that it has never heard?",
        (
            "Record one sentence of two to four seconds yourself, or ask for a volunteer: never record anyone else.",
            "Say the caution aloud: the models learnt from actors; they say how a voice sounds to them, not what "
            "anybody feels.",
            "No microphone? Press Synthetic voice. It reads a neutral sentence, so no emotion was meant.",
        ),
        "listen",
        {"models": PAIR},
    ),
    Step(
        "Two ears",
        "Press Real recording: a German actor, labelled as anger. Compare the two large words, then the two curves: "
        "each shows the moments its model listens to.",
        "Both models have the same network. Why can they answer differently?",
        (
            "The label is what the actor was asked to play. Press a few times: single clips go either way, which is "
            "why the score comes later.",
            "'Not sure' is an answer too: below it stand the probabilities on one scale.",
            "Without the recordings on this computer a clip is not heard, only its stored features are: the page "
            "says so.",
        ),
        "listen",
        {"models": PAIR, "corpus": "emodb", "emotion": "anger"},
    ),
    Step(
        "The gap on the map",
        "Each point is one clip, near those that the model finds alike. Left: English and German before adaptation; "
        "right: after it. Your clip is a star in both.",
        "If a classifier can tell the two languages apart by these points alone, what does that say about the model?",
        (
            "Switch the colour to emotion: meeting clouds help only when the same emotions meet.",
            "Proxy A-distance: 2 means a simple classifier can always tell the languages, 0 means never. The upright "
            "mark is the same between two halves of the English speakers: less than that cannot be expected.",
            "t-SNE and UMAP show neighbours, not distances; PCA is the most honest of the three about distance.",
        ),
        "map",
        {"model": "ravdess-emodb-coral-infomax-em", "kind": "pca", "colour": "corpus"},
        4,
    ),
    Step(
        "Adapt and watch",
        "Press Adapt. The model trains further with labelled English and unlabelled German clips; the clouds move, and "
        "the score comes at the end.",
        "The German labels are locked away while it trains. How can it still choose a good epoch?",
        (
            "About ten seconds on two free cores. Pause and One epoch hold it for a question.",
            "The curve of the target's score is for teaching only: the run never sees it. The epoch is chosen by the "
            "source's validation speakers and by InfoMax on unlabelled clips.",
            "The model is yours afterwards: Hear it in Listen.",
        ),
        "adapt",
        {"seed": "0"},
        4,
    ),
    Step(
        "Measure honestly",
        "Three rows for each pair: no adaptation, target z-score, and the recommended method. Z-score trains nothing: "
        "it moves what the model hears to the average of the unlabelled target.",
        "How much of the gain is left when you compare with z-score instead of with nothing?",
        (
            "UAR is the mean share of each emotion that is found; with four emotions guessing gets 25.",
            "The interval resamples seeds, speakers and clips. With six to ten speakers it is wide: a few points on "
            "one language are noise.",
            "'No target labels' means: not for training, not for stopping, not for choosing the method on this pair. "
            "Labels are opened once, for the score. The oracle column shows what peeking would give.",
        ),
        "benchmark",
        {"mode": "inductive", "source": "ravdess", "target": "any", "methods": "source_only,zscore,coral_infomax_em"},
        5,
    ),
    Step(
        "Break it",
        "Now 70% of the German clips are labelled as neutral, as in everyday speech, but the method asks for every "
        "emotion equally often. Press Adapt.",
        "The clouds may meet although the answers get worse. Why is lying close not the same as being right?",
        (
            "Ask for a vote before the run ends: better, the same or worse than no adaptation?",
            "The page says afterwards whether it broke, from the scores; it need not break each time.",
            "Then press One emotion missing, or Opponent too strong, for two other ways to fail.",
        ),
        "adapt",
        {"break": "neutral"},
        4,
    ),
    Step(
        "One voice, one emotion",
        "In the Urdu corpus 26 of 29 speakers have one emotion each. A model that tells voices apart has told "
        "emotions apart, without hearing any. Press Adapt and look at the interval.",
        "Which experiment would show whether a model recognises the emotion or the speaker?",
        (
            "Good answers: speakers with several emotions, speaker-disjoint parts, or the floor in the Benchmark tab "
            "that names each speaker's commonest emotion.",
            "In the Map tab, colour the Urdu model by speaker: the clumps are voices.",
            "A high score on such a corpus is no proof; a low one is no proof either, with four speakers.",
        ),
        "adapt",
        {"break": "speakers"},
        3,
    ),
    Step(
        "A telephone line",
        "A language is not the only shift. Here the high tones go, as on an old telephone: hear it, and compare the "
        "curves of both models.",
        "The adapted model has met clean German recordings only. What would you adapt it to before using it on calls?",
        (
            "Move the strength slowly: read both curves at each place, with their bands.",
            "Adapting to one condition says nothing about another; look for the place where the lines cross, if they "
            "do.",
            "Close with what it must not be used for: hiring, teaching, policing, health or credit.",
        ),
        "lab",
        {"shift": "band", "strength": "1"},
        4,
    ),
)
MINUTES = sum(step.minutes for step in STEPS)


def asked(query: dict[str, str]) -> int | None:
    """Number (from 0) of the step that a link asks for by ``tour=1`` and so on."""
    text = query.get("tour", "")
    return int(text) - 1 if text.isdecimal() and len(text) < 3 and 1 <= int(text) <= len(STEPS) else None


def strip(number: int) -> str:
    """What stands above the tabs while the tour runs, as HTML."""
    step = STEPS[number]
    return (
        f"<div role='status'><p class='x-tour-title'><span>{number + 1} of {len(STEPS)}</span> {escape(step.title)}</p>"
        f"<p>{escape(step.say)}</p></div>"
    )


def notes(number: int) -> str:
    """The question and the notes, closed at first: a class need not read them."""
    step = STEPS[number]
    listed = "".join(f"<li>{escape(note)}</li>" for note in step.notes)
    return (
        "<details><summary>Presenter notes</summary>"
        f"<p><strong>Ask:</strong> {escape(step.question)}</p><ul>{listed}</ul></details>"
    )
