"""The corpora that this project knows, by key. Where they are on disk: locate.py.

To add a corpus, write a file like layouts/emodb.py and add its line to CORPORA.
"""

from xser_demo.corpora.base import Corpus, together
from xser_demo.corpora.layouts import (
    aesdd,
    casia,
    crema_d,
    emodb,
    emovo,
    esd,
    iemocap,
    nemo,
    ravdess,
    savee,
    shemo,
    tess,
    turev,
    urdu,
)
from xser_demo.corpora.user import USER_CORPUS
from xser_demo.utils.errors import CorpusError

CORPORA: dict[str, Corpus] = {
    "ravdess": ravdess.CORPUS,
    "emodb": emodb.CORPUS,
    "emovo": emovo.CORPUS,
    "urdu": urdu.CORPUS,
    "aesdd": aesdd.CORPUS,
    "crema_d": crema_d.CORPUS,
    "iemocap": iemocap.CORPUS,
    "savee": savee.CORPUS,
    "tess": tess.CORPUS,
    "esd_en": esd.CORPUS_EN,
    "esd_zh": esd.CORPUS_ZH,
    "casia": casia.CORPUS,
    "shemo": shemo.CORPUS,
    "nemo": nemo.CORPUS,
    "turev": turev.CORPUS,
}
DEVELOPMENT = ("aesdd", "turev")  # settings are chosen on them, so they are never the target of a table


def corpus(key: str) -> Corpus:
    """The corpus of a key, the user's own corpus, or several joined by "+"; CorpusError for an unknown key."""
    if "+" in key:
        return together([corpus(one) for one in key.split("+")])
    if key == USER_CORPUS.key:
        return USER_CORPUS
    if key not in CORPORA:
        raise CorpusError(f"There is no corpus {key!r}; choose one of {', '.join(CORPORA)}.")
    return CORPORA[key]


def joined(*keys: str | None) -> str:
    """One key for corpora that are used together; empty ones are left out."""
    return "+".join(key for key in keys if key)
