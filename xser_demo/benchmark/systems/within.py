"""Valence within a corpus (Latif 2019: UAR 81.3 for EmoDB): which features, standardisation and split reach it.

Linear and Gaussian support vector machines on the clip's statistics; scored by leaving one speaker out and, since the
paper does not say how it split, by ten random parts, in which every speaker is on both sides.
"""

import numpy as np

from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import domains, packs
from xser_demo.data.packs import load_cached

CORPORA = ("emodb", "emovo", "ravdess", "urdu")
VECTORS = {
    "88 statistics": ("gemaps",),
    "88 statistics and 149 averages": ("gemaps", "averages"),
    "openSMILE": ("egemaps",),
}
RANDOM_PARTS = 10


def rows() -> list[dict]:
    """UAR of every corpus, set of features, standardisation and classifier."""
    found = []
    for key in CORPORA:
        for name, features in VECTORS.items():
            if any(key not in packs.available(feature) for feature in features):
                continue  # openSMILE is not installed
            x, valence, emotions, speakers = data(key, features)
            for by_speaker in (False, True):
                values = standardised(x, speakers) if by_speaker else x
                for classifier in ("linear", "Gaussian"):
                    scores = {
                        split: uar(values, valence, parts, classifier)
                        for split, parts in (("speakers", one_speaker(speakers)), ("random", at_random(emotions)))
                    }
                    found.append({"corpus": key, "features": name, "by_speaker": by_speaker, "classifier": classifier,
                                  "clips": len(valence), "uar": scores})  # fmt: skip
    return found


def data(key: str, features: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vectors (n, D), valence (n,), emotions (n,) and speakers (n,) of a corpus."""
    pack = load_cached(key, features[0])
    chosen, valence = (part.numpy() for part in domains.select(pack, LABEL_SETS["valence"]))
    x = np.hstack([load_cached(key, feature).values.float().numpy()[chosen] for feature in features])
    spoken = [pack.utterances[row] for row in chosen]
    return x, valence, np.array([u.emotion for u in spoken]), np.array([u.speaker for u in spoken])


def standardised(x: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Each speaker's vectors (n, D) standardised by all of that speaker's clips, without labels."""
    out = x.copy()
    for speaker in np.unique(speakers):
        own = speakers == speaker
        out[own] = (x[own] - x[own].mean(0)) / np.maximum(x[own].std(0), 1e-6)
    return out


def one_speaker(speakers: np.ndarray) -> list[np.ndarray]:
    """Test masks (n,), one for each speaker."""
    return [speakers == speaker for speaker in np.unique(speakers)]


def at_random(emotions: np.ndarray) -> list[np.ndarray]:
    """Test masks (n,) of ten random parts with the same share of each emotion."""
    from sklearn.model_selection import StratifiedKFold

    parts = StratifiedKFold(RANDOM_PARTS, shuffle=True, random_state=0).split(emotions, emotions)
    return [np.isin(np.arange(len(emotions)), test) for _, test in parts]


def uar(x: np.ndarray, valence: np.ndarray, parts: list[np.ndarray], classifier: str) -> float:
    """UAR of all parts together; each is predicted by a model of the others."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, LinearSVC

    answers = np.full(len(valence), -1)
    for test in parts:
        scaler = StandardScaler().fit(x[~test])
        options = {"class_weight": "balanced", "random_state": 0}
        svm = LinearSVC(C=0.01, **options) if classifier == "linear" else SVC(C=1, **options)
        svm.fit(scaler.transform(x[~test]), valence[~test])
        answers[test] = svm.predict(scaler.transform(x[test]))
    return round(float(balanced_accuracy_score(valence, answers)), 4)
