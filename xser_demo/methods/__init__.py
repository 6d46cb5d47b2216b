"""Adaptation methods, one file each, and the table of them. A new method is one new file and one line in the table."""

from xser_demo.methods.aad import AaD
from xser_demo.methods.adabn import AdaBN
from xser_demo.methods.base import Method
from xser_demo.methods.continued import Continued
from xser_demo.methods.coral import Coral
from xser_demo.methods.coral_infomax import CoralInfoMax
from xser_demo.methods.coral_infomax_em import CoralInfoMaxEM
from xser_demo.methods.dann import DANN
from xser_demo.methods.dann_poster import PosterDANN
from xser_demo.methods.gan import GAN
from xser_demo.methods.gan_synthesis import GANSynthesis
from xser_demo.methods.infomax import InfoMax
from xser_demo.methods.knn import NearestNeighbours
from xser_demo.methods.lda_refit import LDARefit
from xser_demo.methods.mmd import MMD
from xser_demo.methods.mmd_fc import FirstLayerMMD
from xser_demo.methods.nnpm import NNPM
from xser_demo.methods.nnpm_gate import GatedNNPM
from xser_demo.methods.source_only import SourceOnly
from xser_demo.methods.zscore import ZScore
from xser_demo.utils.errors import SettingsError

METHODS: dict[str, type[Method]] = {
    method.name: method
    for method in (
        SourceOnly,
        ZScore,
        LDARefit,
        Continued,
        AdaBN,
        Coral,
        NearestNeighbours,
        DANN,
        PosterDANN,
        GAN,
        GANSynthesis,
        MMD,
        FirstLayerMMD,
        NNPM,
        GatedNNPM,
        InfoMax,
        AaD,
        CoralInfoMax,
        CoralInfoMaxEM,
    )
}

RECOMMENDED = "coral_infomax_em"  # chosen on the development corpora (docs/tuning.md)


def get(name: str) -> type[Method]:
    """The class of a method by its name. SettingsError for an unknown name."""
    if name not in METHODS:
        raise SettingsError(f"There is no method '{name}'; choose one of: {', '.join(METHODS)}.")
    return METHODS[name]
