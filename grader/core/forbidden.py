"""What an exercise forbids, as its author writes it, and what a worker looks for.

An entry of `forbidden` in course.toml is a family of this table (`convolution`), an operator as torch's
dispatcher calls it (`aten.convolution`), or a dotted name (`numpy.convolve`); the last two may hold `*`, `?`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_ENTRY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_*?]+)+")
_OPERATORS: Final = ("aten.", "mkldnn.", "quantized.", "prims.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """Globs to look for, by where they are looked for."""

    operators: tuple[str, ...] = ()
    """Of torch, below its dispatcher: whatever called them."""
    functions: tuple[str, ...] = ()
    """Of torch's Python face, as they are called: for those that are many operators in one."""
    names: tuple[str, ...] = ()
    """Dotted names in the source."""

    @property
    def globs(self) -> tuple[list[str], list[str], list[str]]:
        """All of them, as a worker is told."""
        return list(self.operators), list(self.functions), list(self.names)

    def __bool__(self) -> bool:
        return bool(self.operators or self.functions or self.names)


FAMILIES: Final[dict[str, Forbidden]] = {
    "convolution": Forbidden(
        operators=("*.*conv[0-9]d*", "*.*convolution*", "*.*conv_[a-z]*"),
        names=(
            "torch.*conv[0-9]d", "torch.*conv_transpose[0-9]d", "torch.*conv_tbc", "torch.*convolution*",
            "torch.nn*.Conv[0-9]d", "torch.nn*.ConvTranspose[0-9]d", "torch.nn*.LazyConv*",
            "torch.nn*._ConvNd", "numpy.convolve", "scipy.signal*", "scipy.ndimage*",
        ),
    ),
    "recurrent": Forbidden(
        operators=("*.*lstm*", "*.*gru*", "*.*rnn*"),
        functions=("torch.*rnn_tanh*", "torch.*rnn_relu*", "torch.*lstm*", "torch.*gru*"),
        names=(
            "torch.*rnn_tanh*", "torch.*rnn_relu*", "torch.*lstm", "torch.*lstm_cell", "torch.*gru",
            "torch.*gru_cell", "torch.nn*.RNN*", "torch.nn*.LSTM*", "torch.nn*.GRU*",
        ),
    ),
    "pooling": Forbidden(
        operators=("*.*_pool[0-9]d*",),
        names=("torch.*_pool[0-9]d*", "torch.nn*.*Pool[0-9]d"),
    ),
    "normalization": Forbidden(
        operators=("*.*batch_norm*", "*.*layer_norm*", "*.*group_norm*", "*.*rms_norm*"),
        functions=("torch.*instance_norm*", "torch.*rms_norm*"),
        names=(
            "torch.*batch_norm*", "torch.*layer_norm*", "torch.*group_norm*", "torch.*instance_norm*",
            "torch.*rms_norm*", "torch.nn*.*BatchNorm*", "torch.nn*.LayerNorm", "torch.nn*.GroupNorm",
            "torch.nn*.*InstanceNorm*", "torch.nn*.RMSNorm",
        ),
    ),
    "attention": Forbidden(
        operators=("*.*attention*",),
        functions=("torch.*attention*", "torch.*multi_head_attention*"),
        names=("torch.*attention*", "torch.nn*.MultiheadAttention", "torch.nn*.Transformer*"),
    ),
}  # fmt: skip


HIDING: Final = (
    "torch.utils._python_dispatch*",
    "torch.overrides*",
    "torch._C.*Disable*",
    "torch._C.*TorchDispatch*",
    "grader*",
    "ctypes*",
)
"""Names by which what runs could be hidden: sought in the source of torch exercises that forbid something."""


def expand(entries: Sequence[str], *, torch: bool) -> Forbidden:
    """What to look for, with torch or without; raises ValueError for an entry that names nothing."""
    operators: list[str] = []
    functions: list[str] = []
    names: list[str] = []
    for entry in entries:
        if (family := FAMILIES.get(entry)) is not None:
            operators += family.operators
            functions += family.functions
            names += family.names
        elif _ENTRY.fullmatch(entry) is None:
            raise ValueError(entry)
        elif entry.startswith(_OPERATORS):
            operators.append(entry)
        else:
            names.append(entry)
            functions += [entry] * entry.startswith("torch.")
    if not torch:
        return Forbidden(names=tuple(names))
    names += HIDING if entries else ()
    return Forbidden(operators=tuple(operators), functions=tuple(functions), names=tuple(names))
