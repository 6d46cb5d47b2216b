"""Feature packs: the features of a corpus on disk, small enough to ship and to train from in seconds.

The packs of a corpus are one folder, which can be deleted safely::

    assets/packs/emodb/
        whisper.safetensors  values (N, 512) int8; scale, offset (512,); starts (n + 1,) int64; places (N,) int16
        mel.safetensors      the same for another feature (features/__init__.py); a vector is one frame per utterance
        utterances.csv       the n utterances, no audio
        card.json            corpus; for each feature how it was made, its rounding error and its checksum
        LICENSE              the corpus's own terms

Frames are rounded to 8 bits with a scale and offset per dimension; vectors are kept as floats. Silence is left out
(audio/silence.py); ``places`` says where each frame is in its clip.
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from xser_demo.corpora.base import Utterance
from xser_demo.features import ENCODERS, FEATURES, front_end
from xser_demo.utils import csv_files, files, places, settings
from xser_demo.utils.errors import CorpusError

CLIP_QUANTILE = 1e-4  # of each tail; outliers beyond it would reduce the resolution of all other values
MAX_FRAMES = 50_000  # converted to float in one step, 100 MB; every shipped corpus has fewer
SHIPPED = ("whisper", "mel", "gemaps", "averages")  # features that are packed by default; the first creates the folder
TENSORS = ("values", "scale", "offset", "starts", "places")


@dataclass(frozen=True)
class Pack:
    """Utterances and their frames. ``values[starts[i]:starts[i + 1]]`` are the frames of ``utterances[i]``."""

    key: str
    utterances: list[Utterance]
    values: Tensor  # (N, D) int8, or float32 for vectors
    scale: Tensor  # (D,)
    offset: Tensor  # (D,)
    starts: Tensor  # (n + 1,) int64
    places: Tensor  # (N,) int16: for each frame its place among all frames of the clip, silence included
    card: dict
    feature: str = "whisper"

    def __len__(self) -> int:
        return len(self.utterances)

    @property
    def dim(self) -> int:
        return self.values.shape[1]

    def read(self, index: Tensor) -> Tensor:
        """(M, D) float32 copy of the values at ``index`` (M,), before scale and offset."""
        return self.values[index].to(torch.float32)

    def frames(self, row: int) -> Tensor:
        """(T, D) float32 frames of one utterance."""
        return self.read(torch.arange(self.starts[row], self.starts[row + 1])) * self.scale + self.offset

    def places_of(self, row: int) -> np.ndarray:
        """(T,) int64: the places of an utterance's frames in its clip."""
        return self.places[self.starts[row] : self.starts[row + 1]].long().numpy()

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (N, D) float32 of the utterances at ``rows`` (B,), one after another, and mask (B, T), True at the
        positions of the frames if each utterance is one padded row."""
        first = self.starts[rows]
        lengths = self.starts[rows + 1] - first
        steps = torch.arange(int(lengths.max()))
        mask = steps < lengths[:, None]
        return self.read((first[:, None] + steps)[mask]).mul_(self.scale).add_(self.offset), mask

    def moments(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation, each (D,) float32, over all frames of the given utterances. Many frames are
        processed in parts (Chan et al. 1983, eq. 1.5), so that a large corpus stays on disk. 0 and 1 for a pack whose
        values are to be taken as they are (networks/frozen.py)."""
        if self.card.get("standardised"):
            return torch.zeros(self.dim), torch.ones(self.dim)
        index = torch.cat([torch.arange(self.starts[r], self.starts[r + 1]) for r in rows.tolist()])
        first, *rest = index.split(MAX_FRAMES)
        std, mean = torch.std_mean(self.read(first), dim=0)
        if rest:
            count, spread = len(first), std.square() * (len(first) - 1)  # sum of squared deviations
            for part in rest:
                values = self.read(part)
                part_mean, n = values.mean(0), len(part)
                difference = part_mean - mean
                spread += values.sub_(part_mean).square_().sum(0) + difference.square() * (count * n / (count + n))
                mean, count = mean + difference * (n / (count + n)), count + n
            std = (spread / (count - 1)).sqrt()
        return mean * self.scale + self.offset, std * self.scale


def make(
    key: str,
    utterances: list[Utterance],
    frames: Iterable[np.ndarray],
    card: dict,
    places: list[np.ndarray] | None = None,
    feature: str = "whisper",
) -> Pack:
    """A pack of float frames, one (T, D) array per utterance; rounded to 8 bits unless the feature is a vector.

    ``places``: (T,) of each utterance, rising: where its frames are in the clip; None: from the beginning on.
    """
    parts, card = list(frames), card | {"front_end": front_end.VERSION}
    floats = torch.from_numpy(np.concatenate(parts)).float()
    starts = torch.tensor([0, *np.cumsum([len(p) for p in parts])], dtype=torch.int64)
    where = torch.from_numpy(np.concatenate(places or [np.arange(len(p)) for p in parts])).to(torch.int16)
    if FEATURES[feature].rate_hz is None:
        ones = torch.ones(floats.shape[1])
        return Pack(key, utterances, floats, ones, torch.zeros_like(ones), starts, where, card, feature)
    ordered = floats.sort(dim=0).values
    last = len(ordered) - 1
    low = ordered[round(CLIP_QUANTILE * last)]
    high = ordered[round((1 - CLIP_QUANTILE) * last)]
    scale = ((high - low) / 254).clamp(min=1e-8)
    offset = (high + low) / 2
    values = ((floats - offset) / scale).round().clamp(-127, 127).to(torch.int8)
    error = (values.float() * scale + offset - floats) / floats.std(0).clamp(min=1e-8)
    card = card | {"rounding_error": round(float(error.square().mean().sqrt()), 5)}
    return Pack(key, utterances, values, scale, offset, starts, where, card, feature)


def save(pack: Pack, folder: Path, licence: str) -> None:
    """Write the first pack of a corpus as a folder, atomically; it replaces an existing folder."""
    with files.atomic_folder(folder) as partial:
        with open(partial / "utterances.csv", "w", newline="", encoding="utf-8") as file:
            file.write(csv_files.to_csv([asdict(u) for u in pack.utterances]))
        (partial / "LICENSE").write_text(licence.strip() + "\n", encoding="utf-8")
        _write(pack, partial, {"corpus": pack.key, "features": {}})


def add(pack: Pack, folder: Path) -> None:
    """Add another feature of the same utterances to a folder. CorpusError when its utterances differ."""
    table = _table(folder)
    if [u.path for u in table] != [u.path for u in pack.utterances]:
        raise CorpusError(f"The utterances in {folder.name}/ are not those of the new pack; build all its packs again.")
    _write(pack, folder, json.loads((folder / "card.json").read_text(encoding="utf-8")))


def copy_shipped(key: str, folder: Path) -> None:
    """Copy the shipped packs of a corpus to ``folder``, atomically, where features can be added to them."""
    if folder != settings.PACKS / key and (settings.PACKS / key).is_dir():
        with files.atomic_folder(folder) as partial:
            shutil.copytree(settings.PACKS / key, partial, dirs_exist_ok=True)


def _write(pack: Pack, folder: Path, card: dict) -> None:
    from safetensors.torch import save_file

    file = folder / f"{pack.feature}.safetensors"
    save_file({name: getattr(pack, name) for name in TENSORS}, file.with_suffix(".partial"))
    file.with_suffix(".partial").rename(file)
    card["features"][pack.feature] = pack.card | {"sha256": files.sha256(file)}
    files.atomic_write(folder / "card.json", (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode())


def _table(folder: Path) -> list[Utterance]:
    with open(folder / "utterances.csv", newline="", encoding="utf-8") as file:
        return [
            Utterance(**row | {"duration_s": float(row["duration_s"]) if row["duration_s"] else None})
            for row in csv_files.rows(file)
        ]


def load(key: str, feature: str = "whisper", folder: Path | None = None) -> Pack:
    """The shipped or locally built pack of a corpus. CorpusError when it is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = folder or find(key, feature)
    flag = "encoder" if feature in ENCODERS else "feature"
    option = "" if feature == SHIPPED[0] else f" --{flag} {feature}"
    if not (folder / f"{feature}.safetensors").is_file():
        raise CorpusError(
            f"There is no pack of {FEATURES[feature].title} for '{key}' in {settings.PACKS.name}/; "
            f"get one with: {places.how_to_get(f'xser corpora pack {key} --corpora DIR{option}')}"
        )
    try:
        utterances = _table(folder)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))["features"][feature]
        if front_end.version(card) != front_end.VERSION:
            raise CorpusError(
                f"The feature pack '{key}' was made by an earlier version of the front end, so models would misread "
                f"it; make it again with: xser corpora pack {key} --corpora DIR{option}"
            )
        intact = card.pop("sha256", None) in (None, files.sha256(folder / f"{feature}.safetensors"))
        tensors = load_file(folder / f"{feature}.safetensors")  # memory-mapped: a large corpus stays on disk
        pack = Pack(key, utterances, card=card, feature=feature, **tensors)
    except CorpusError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise CorpusError(f"The feature pack '{key}' is damaged ({type(error).__name__}); build it again.") from error
    if not intact:
        raise CorpusError(f"The feature pack '{key}' is damaged (its bytes are not those of its card); get it again.")
    fits = len(pack.starts) == len(utterances) + 1 and int(pack.starts[-1]) == len(pack.values) == len(pack.places)
    if not fits or int(pack.starts[0]) != 0 or not (pack.starts.diff() > 0).all():
        raise CorpusError(f"The feature pack '{key}' is damaged (its table does not fit its frames); build it again.")
    return pack


def available(feature: str = "whisper") -> list[str]:
    """Keys of the corpora that have a pack of the feature, in alphabetical order."""
    return sorted({pack.parent.name for one in folders() for pack in one.glob(f"[!.]*/{feature}.safetensors")})


def folders() -> list[Path]:
    """Where packs are; those that are made here come before the shipped ones."""
    return list(dict.fromkeys((settings.own_packs(), settings.PACKS)))


def find(key: str, feature: str) -> Path:
    """The folder of a corpus that has this feature; that of the shipped packs where none has it."""
    there = (one / key for one in folders() if (one / key / f"{feature}.safetensors").is_file())
    return next(there, settings.PACKS / key)


def licence(key: str) -> str:
    """Text of the LICENSE file of a corpus's packs."""
    from xser_demo import corpora

    info = corpora.corpus(key)
    return (
        f"Features computed from {info.name} ({info.url}). No recording is among them; from the mel spectrograms a\n"
        "rough imitation of the speech could be computed, for which the same terms hold.\n"
        f"The code's MIT licence does not cover this folder; the corpus's own terms do.\n\n"
        f"Licence of the corpus: {info.licence}\n{info.terms}\nPlease cite: {info.citation}\n\n"
        "Changes: encoded by four blocks of Whisper-base, averaged to 10 Hz, rounded to 8 bits; mel spectrograms of\n"
        "3 s at 50 Hz, rounded to 8 bits; vectors of acoustic statistics.\n"
    )


@lru_cache(maxsize=16)
def load_cached(key: str, feature: str = "whisper") -> Pack:
    """``load``, cached for the process."""
    return load(key, feature)
