"""How a value is shown: in words for a message, as data for the pictures of a record.

Called by oracles and by whatever tells how a check went. Lives on our side of the wall, over plain values.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from grader.core.record import ArrayEvidence, Evidence, Role, ScalarEvidence, SequenceEvidence, Text, number
from grader.judge.proxy import Remote
from grader.worker import wire

MAX_ELEMENTS: Final = 4096  # of one array

Array = np.ndarray[Any, Any]


def array_evidence(
    role: Role,
    value: Array,
    *,
    name: str = "",
    axes: Sequence[str] | None = None,
    worst: Sequence[int] | None = None,
) -> ArrayEvidence:
    """An array as a record holds it."""
    flat = value.reshape(-1)[:MAX_ELEMENTS]
    if flat.dtype.kind in "fiu" and np.isfinite(flat).all():
        data = flat.tolist()
    else:
        data = [number(one) for one in flat.tolist()]
    return ArrayEvidence(
        role=role,
        name=name,
        dtype=str(value.dtype),
        shape=list(value.shape),
        data=data,
        truncated=value.size > MAX_ELEMENTS,
        axes=list(axes) if axes is not None and len(axes) == value.ndim else None,
        worst=list(worst) if worst is not None else None,
    )


def tensor_evidence(
    role: Role,
    value: wire.Tensor,
    *,
    name: str = "",
    axes: Sequence[str] | None = None,
    worst: Sequence[int] | None = None,
) -> Evidence:
    """A tensor as a record holds it: as an array, or in words if it holds no numbers."""
    if value.array is None:
        return ScalarEvidence(role=role, name=name, value=describe(value).en)
    return with_dtype(array_evidence(role, value.array, name=name, axes=axes, worst=worst), value.dtype)


def with_dtype(evidence: ArrayEvidence, dtype: str) -> ArrayEvidence:
    """The array under the name of a tensor's dtype."""
    return msgspec.structs.replace(evidence, dtype=dtype)


def curve_evidence(role: Role, name: str, x: Array, y: Array) -> SequenceEvidence:
    """A function of one variable as a record holds it."""
    xs, ys = ([number(v) for v in a.reshape(-1)[:MAX_ELEMENTS].tolist()] for a in (x, y))
    return SequenceEvidence(role=role, name=name, x=xs, y=ys)


def describe(value: Any) -> Text:
    """What a value is, in words."""
    if value is None:
        return Text(en="nothing (None)", ko="아무것도 아닌 값(None)")
    if isinstance(value, Remote):
        name = value.type_name or "?"
        if value.kind == wire.ITERATOR:
            return Text(en=f"a generator or iterator ({name})", ko=f"제너레이터나 반복자({name})")
        if value.kind == wire.CALLABLE:
            return Text(en=f"a function or class ({name})", ko=f"함수나 클래스({name})")
        return Text(en=f"an object of type {name}", ko=f"{name} 객체")
    if isinstance(value, wire.Tensor):
        shape = shape_text(value.shape)
        return Text(
            en=f"a {value.dtype} tensor of shape {shape} on {value.device}",
            ko=f"모양이 {shape}이고 {value.device}에 있는 {value.dtype} 텐서",
        )
    if isinstance(value, np.ndarray):
        shape = shape_text(value.shape)
        return Text(en=f"an array of shape {shape}", ko=f"모양이 {shape}인 배열")
    name = type(value).__name__
    if isinstance(value, (list, tuple, dict, str, bytes)):
        return Text(en=f"a {name} of length {len(value)}", ko=f"길이가 {len(value)}인 {name}")
    return Text(en=f"the {name} {str(value)[:40]}", ko=f"{name} 값 {str(value)[:40]}")


def shape_text(shape: Sequence[int]) -> str:
    """A shape as one writes it in Python."""
    return str(tuple(int(n) for n in shape))
