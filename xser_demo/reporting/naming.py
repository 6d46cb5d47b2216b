"""Names of models, and sentences that compare their answers and explanations."""

import numpy as np

from xser_demo import corpora
from xser_demo.corpora import user
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments import systems
from xser_demo.experiments.systems.base import CONTROL
from xser_demo.inference.attention import Differences
from xser_demo.inference.explain import ATTENTION, Curve, Explanation, Groups, Picture
from xser_demo.inference.predict import Prediction
from xser_demo.methods import METHODS, RECOMMENDED
from xser_demo.utils.words import listed, upper

EVEN = 0.4  # a curve is even if no third of the clip has more than this share of it


def language(key: str) -> str:
    """The language of a corpus, or of several joined by "+"."""
    return listed([corpora.CORPORA[k].language_name if k in corpora.CORPORA else k for k in key.split("+")])


def system(card: dict) -> str | None:
    """Short name of a published system or of a variant of it, such as "GAN"; None on common ground."""
    key = card.get("system")
    if not key:
        return None
    title = systems.SYSTEMS[key].title if key in systems.SYSTEMS else key
    if card.get("fidelity") == CONTROL:
        return f"{METHODS[card['method']].title} on the network of the {SHORT_SYSTEMS.get(key, title)}"
    return SHORT_SYSTEMS.get(f"{key}/{card.get('variant')}") or SHORT_SYSTEMS.get(key, title)


def short_name(card: dict) -> str:
    """In a legend: "English only", "adapted to German (InfoMax)", "GAN, adapted to German"."""
    if _own(card):
        return card["title"]
    plain = f"{language(card['source'])} only"
    if name := system(card):
        return f"{name}, {plain if card['target'] is None else 'adapted to ' + language(card['target'])}"
    if card["target"] is None:
        return plain
    method = METHODS[card["method"]].title if card["method"] in METHODS else card["method"]
    several = f"from {language(card['source'])} " if "+" in card["source"] else ""
    return f"adapted {several}to {language(card['target'])} ({method})"


def heading(card: dict) -> str:
    """Above an answer: "Learned English", "Learned English, then listened to German"; the method only where it is not
    the recommended one. Published systems and models of a visit keep their titles."""
    if card.get("system") or _own(card):
        return card["title"]
    learned = f"Learned {language(card['source'])}"
    if card["target"] is None:
        return learned
    method = "" if card["method"] == RECOMMENDED else f" ({METHODS[card['method']].title})"
    return f"{learned}, then listened to {language(card['target'])}{method}"


def _own(card: dict) -> bool:
    """Whether it is a model of a visit: their titles differ, also where language and method are the same."""
    return card.get("title", "").startswith("Your ") or card["target"] == user.KEY


def menu_name(card: dict) -> str:
    """In a menu; a published system by its name first: "VGG16 ... (Baklouti 2024): English adapted to German"."""
    languages, colon, rest = card["title"].partition(": ")
    return f"{rest}: {languages}" if card.get("system") and colon else card["title"]


def in_sentence(cards: list[dict]) -> list[str]:
    """The shortest names for a sentence that distinguish the models."""
    names = [_noun(card, one_kind=len({system(c) for c in cards}) == 1) for card in cards]
    short = [name.split(" (")[0] for name in names]  # without the method, unless two models differ by it only
    return short if len(set(short)) == len(short) else names


def _noun(card: dict, one_kind: bool) -> str:
    if _own(card):
        return card["title"][:1].lower() + card["title"][1:]
    name, source_only = system(card), card["target"] is None
    if one_kind:
        short = short_name(card | {"system": None})
        return f"the {language(card['source'])}-only model" if source_only else f"the one {short}"
    if name is None:
        short = short_name(card)
        return f"the {language(card['source'])}-only Whisper model" if source_only else f"the Whisper model {short}"
    if source_only:
        return f"the {language(card['source'])}-only network of the {name}"
    return f"the {name} adapted to {language(card['target'])}"


def word(card: dict, name: str) -> str:
    """The name of a class in a sentence: "high arousal" for the class "high"."""
    return f"{name} arousal" if _question(card) == "arousal" else name


def own_class(card: dict, label: str) -> str | None:
    """The class of a model that matches the label of a corpus; None without one."""
    known = LABEL_SETS.get(card.get("label_set", ""))
    name = known.of.get(label) if known else label
    return name if name in card["labels"] else None


def group(name: str) -> str:
    return PLAIN_GROUPS.get(name, name)


def sentence(
    cards: list[dict],
    answers: list[Prediction],
    why: list[Explanation | None],
    duration: float,
    differences: Differences | None = None,
) -> str:
    """A comparison in plain words: the answers, then what they are based on. ``differences``: of the attention of those
    models that have attention, in their order."""
    if not answers:
        return ""
    names = in_sentence(cards)
    reasons = _reasons(names, cards, answers, why, duration, differences)
    if len(answers) == 1 and reasons:
        return reasons
    return " ".join(part for part in (_answers(names, cards, answers), reasons) if part)


def _answers(names: list[str], cards: list[dict], answers: list[Prediction]) -> str:
    """Only models with the same question are compared."""
    verbs = {"valence": ("hears it as", "hear it as"), "arousal": ("hears", "hear")}
    asked: dict[str, list[int]] = {}
    for i, card in enumerate(cards):
        asked.setdefault(_question(card), []).append(i)
    parts = []
    for question, rows in asked.items():
        words = [word(cards[i], answers[i].emotion) for i in rows]
        clause = _grouped([names[i] for i in rows], words, *verbs.get(question, ("says", "say")), everyone=len(names))
        foreign = _foreign([names[i] for i in rows], [cards[i]["labels"] for i in rows], [answers[i] for i in rows])
        disagree = len(set(words)) > 1 and len(asked) == 1 and not foreign
        parts.append((f"They disagree: {clause}" if disagree else upper(clause)) + foreign)
    return ". ".join(parts + _counts(asked, cards, answers)) + "."


def _foreign(names: list[str], classes: list[list[str]], answers: list[Prediction]) -> str:
    """Such as "; fear is not among the answers of the English-only model": no disagreement then."""
    for answer in answers:
        lacking = [name for name, known in zip(names, classes, strict=True) if answer.emotion not in known]
        if lacking:
            return f"; {answer.emotion} is not among the answers of {' and '.join(lacking)}"
    return ""


def _counts(asked: dict[str, list[int]], cards: list[dict], answers: list[Prediction]) -> list[str]:
    """How an emotion maps to coarser classes: "Happiness counts as positive"."""
    emotions = {answers[i].emotion for i in asked.get("emotion", [])}
    if len(emotions) != 1 or len(asked) == 1:
        return []
    emotion = emotions.pop()
    sets = [cards[rows[0]] for question, rows in asked.items() if question != "emotion"]
    counts = [word(card, name) for card in sets if (name := own_class(card, emotion))]
    return [f"{upper(emotion)} counts as {' and as '.join(counts)}"] if counts else []


def _reasons(
    names: list[str],
    cards: list[dict],
    answers: list[Prediction],
    why: list[Explanation | None],
    duration: float,
    differences: Differences | None,
) -> str:
    """Where the attention of the models differs, where each looks (Grad-CAM), and which features supported its answer;
    without a reason a model is left out. Features are for two models at most: for more the sentence would be long, and
    the cards show them."""
    listen, look, spoke = [], {}, {}
    for name, card, answer, one in zip(names, cards, answers, why, strict=True):
        curve = one.curve if isinstance(one, Picture) else one
        if isinstance(curve, Curve) and curve.kind == ATTENTION:
            listen.append(name)
        elif isinstance(curve, Curve) and (place := _where(curve, duration)):
            look[name] = place
        elif isinstance(one, Groups) and max(one.shares.values()) > 0 and len(names) <= 2:
            first = group(max(one.shares, key=one.shares.get))
            first = first if first[1:2].isupper() else first[0].lower() + first[1:]
            spoke.setdefault(f"{first} spoke most for {word(card, answer.emotion)}.", []).append(name)
    parts = [_attention(listen, differences)] if differences and differences.differ else []
    if look:
        parts.append(upper(_grouped(list(look), list(look.values()), "looks", "look", everyone=len(names))) + ".")
    parts += [f"For {'both' if len(group) > 1 else group[0]}, {reason}" for reason, group in spoke.items()]
    return " ".join(part for part in parts if part)


def _attention(names: list[str], found: Differences) -> str:
    """The moment in which the attention of two models differs most."""
    peak = found.peak()
    frame = found.levels[:, peak.frame]
    return (
        f"Their attention differs most at {peak.second:.1f} s: {names[peak.highest]} gives this moment "
        f"{frame[peak.highest]:.1f} times its average weight, {names[peak.lowest]} {frame[peak.lowest]:.1f} times."
    )


def _grouped(names: list[str], values: list[str], verb: str, verbs: str, everyone: int) -> str:
    """Such as "Both say anger", or "A and B say anger, C says neutral": names with the same value together.
    ``everyone``: the number of all models; "both" means all of them."""
    if len(set(values)) == 1 and len(names) == everyone > 1:
        return f"{'Both' if everyone == 2 else f'All {everyone}'} {verbs} {values[0]}"
    parts = []
    for value in dict.fromkeys(values):
        group = [name for name, own in zip(names, values, strict=True) if own == value]
        parts.append(f"{' and '.join(group)} {verbs if len(group) > 1 else verb} {value}")
    return ", ".join(parts)


def _where(curve: Curve, duration: float) -> str:
    """The third of the clip with the most weight; empty if none stands out."""
    times = (np.arange(len(curve.values)) + 0.5) / curve.rate_hz
    place = np.clip((3 * times / max(duration, 1e-6)).astype(int), 0, 2)
    thirds = [float(curve.values[place == third].sum()) for third in range(3)]
    if max(thirds) < EVEN:
        return ""
    return ("most at the first third", "most at the middle", "most at the last third")[int(np.argmax(thirds))]


def _question(card: dict) -> str:
    """The task of a model: "emotion", "valence" or "arousal"."""
    name = (card.get("label_set") or "").removesuffix("_strict")
    return name if name in ("valence", "arousal") else "emotion"


SHORT_SYSTEMS = {  # names of systems and variants in legends and sentences
    "latif2019-gan": "GAN",
    "latif2019-gan/synthesis": "GAN with a generator",
    "cai2021-dann": "Cai DANN",
    "li2021-nnpm": "NNPM",
    "poster2023-dann": "poster DANN",
    "poster2023-dann/conv1d": "poster 1-D network",
    "poster2023-dann/resnet50": "poster ResNet",
    "baklouti2024-mmd": "VGG16",
}


PLAIN_GROUPS = {  # plainer names of feature groups
    "MFCC 1-4": "Timbre (MFCC)",
    "MFCC": "Timbre (MFCC)",
    "Mel bands, low": "Low bands",
    "Mel bands, middle": "Middle bands",
    "Mel bands, high": "High bands",
}
