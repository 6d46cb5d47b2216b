"""Weights of the epochs that a training may still choose; those of big networks wait on the disk."""

import math
import tempfile
from pathlib import Path

from torch import Tensor, nn

from xser_demo.training.selection import Candidate

IN_MEMORY = 64 << 20  # bytes of a network's weights; the states of bigger ones go to files


class States:
    """The candidates of a training, and the weights of those that the rule of ``selection.choose`` may still take.

    A candidate is out for good as soon as another one is at least as good on the source's validation speakers and comes
    before it in the rule's last step: whenever the first is close enough to the best, so is the other. Fifty epochs of
    VGG16 at full width would take 27 GB, those that are left a few times 0.5 GB on the disk.
    """

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self._states: dict[int, dict[str, Tensor] | Path] = {}  # by epoch
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def add(self, candidate: Candidate, model: nn.Module) -> None:
        self.candidates.append(candidate)
        own = {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}
        self._states[candidate.epoch] = self._stored(candidate.epoch, own)
        for other in self.candidates:
            if other.epoch in self._states and any(ahead(one, other) for one in self.candidates):
                state = self._states.pop(other.epoch)
                if isinstance(state, Path):
                    state.unlink()

    def restore(self, candidate: Candidate, model: nn.Module) -> None:
        """Give the model the weights of a candidate that the rule may take, and forget all."""
        from safetensors.torch import load_file

        state = self._states[candidate.epoch]
        model.load_state_dict(load_file(state) if isinstance(state, Path) else state)
        self._states.clear()
        if self._folder:
            self._folder.cleanup()

    def __len__(self) -> int:
        """How many states are kept."""
        return len(self._states)

    def _stored(self, epoch: int, state: dict[str, Tensor]) -> dict[str, Tensor] | Path:
        from safetensors.torch import save_file

        if sum(value.nbytes for value in state.values()) <= IN_MEMORY:
            return state
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="xser-states-")
        file = Path(self._folder.name) / f"{epoch}.safetensors"
        save_file({name: value.contiguous() for name, value in state.items()}, file)
        return file


def ahead(one: Candidate, other: Candidate) -> bool:
    """Whether the rule takes ``one`` rather than ``other`` whatever candidates come beside them."""
    if math.isnan(other.infomax):
        return (one.source_uar, one.epoch) > (other.source_uar, other.epoch)
    return one.source_uar >= other.source_uar and (one.infomax, one.epoch) > (other.infomax, other.epoch)
