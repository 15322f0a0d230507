"""Values and frames for the tests of the wire, and how the judge reads what comes over it.

A new type on the wire gets a strategy in `LEAVES` and a value in `EXAMPLES`, and `same` learns to compare
it; test_fuzz.py fails until it is there, and the fuzzers take it up from here.
"""

import struct
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.core.course import Limits
from grader.worker import wire

LIMITS = wire.Limits()
JUDGE = wire.Limits(buffers=Limits().reply_mib * 2**20)
"""What the judge takes of a reply, as in judge/transport.py."""

_ids = st.integers(0, 2**32 - 1)
_kinds = st.sampled_from((wire.OBJECT, wire.ITERATOR, wire.CALLABLE))

LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "none": st.none(),
    "bool": st.booleans(),
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(),
    "complex": st.complex_numbers(),
    "str": st.text(max_size=20),
    "bytes": st.binary(max_size=20),
    "array": hnp.arrays(
        st.sampled_from(wire.DTYPES), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
    ),
    "handle": st.builds(wire.Handle, _ids, _kinds, st.text(max_size=20)),
    "seed": st.builds(wire.Seed, st.integers(0, 2**128 - 1)),
    "callback": st.builds(wire.Callback, _ids),
    "ref": st.builds(wire.Ref, _ids),
}


def _tensor(array: np.ndarray, device: str, requires_grad: bool, half: bool) -> wire.Tensor:
    name = array.dtype.name
    if half and name == "float32":
        name = wire.BFLOAT16
        array = wire.bfloat16_numbers(wire.bfloat16_bits(array))
    numbers = None if device == wire.META else array
    return wire.Tensor(numbers, name, array.shape, device, requires_grad)


LEAVES["tensor"] = st.builds(
    _tensor, LEAVES["array"], st.sampled_from(wire.DEVICES), st.booleans(), st.booleans()
)
leaves = st.one_of(*LEAVES.values())
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def nested(depth: int) -> Any:
    """A list in a list in a list."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


EXAMPLES: tuple[Any, ...] = (
    None,
    True,
    False,
    -1,
    0.5,
    1j,
    "text",
    b"bytes",
    [1, [2.0, "three"]],
    (None, ()),
    {"key": 1, "other": [True]},
    np.arange(6.0).reshape(2, 3),
    np.zeros((0, 2), "<f4"),
    np.array([True, False]),
    wire.Handle(1, wire.ITERATOR, "Node"),
    wire.Seed(7),
    wire.Callback(3),
    wire.Ref(4),
    wire.Tensor(np.arange(3.0), "float64", (3,), "cpu", True),
    wire.Tensor(None, "float32", (2, 3), wire.META, False),
    nested(wire.MAX_DEPTH),
    ("value", np.arange(3, dtype="<i2"), [0]),
    ("end",),
    ("error", "raised", "ValueError", "text", [("f.py", 3)]),
)
"""One value of each tag at least: where the fuzzer begins."""


def encode(value: Any, limits: wire.Limits = LIMITS) -> tuple[bytes, bytes]:
    """(meta, buffers) of a value."""
    encoder = wire.Encoder(limits)
    encoder.put(value)
    return bytes(encoder.meta), b"".join(encoder.buffers)


def decode(meta: bytes, buffers: bytes = b"", limits: wire.Limits = LIMITS) -> Any:
    """The value of a frame."""
    return wire.Decoder(memoryview(meta), memoryview(buffers), limits).value()


def frame(meta: bytes, buffers: bytes = b"", *, kind: int = wire.REPLY, call: int = 7) -> bytes:
    """A frame with a header that tells the truth about what follows."""
    return wire.HEADER.pack(wire.MAGIC, kind, len(meta), len(buffers), call) + meta + buffers


def of_value(value: Any) -> bytes:
    """The frame of a value."""
    return frame(*encode(value))


def read(data: bytes) -> Any:
    """What the judge makes of bytes from the worker; None where it would wait for more.

    As `Link._frame` and `Far._understand` do it. Raises WireError.
    """
    head = wire.HEADER.size
    if len(data) < head:
        return None
    _, _, meta, buffers = wire.header(data[:head], JUDGE)
    if len(data) < head + meta + buffers:
        return None
    if len(data) > head + meta + buffers:
        raise wire.WireError("more than one answer")
    view = memoryview(data)
    return wire.Decoder(view[head : head + meta], view[head + meta :], JUDGE).value()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A valid frame, then bytes changed, cut out or put in; most often with lengths that fit again."""
    meta, buffers = encode(draw(values))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(meta)))
        meta = meta[:at] + draw(st.binary(max_size=3)) + meta[at + draw(st.integers(0, 4)) :]
    data = frame(meta, buffers[: len(buffers) - draw(st.integers(0, 2))])
    if draw(st.booleans()):
        at = draw(st.integers(0, wire.HEADER.size - 1))
        data = data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + 1 :]
    return data


@st.composite
def truncated(draw: st.DrawFn) -> bytes:
    """A valid frame whose end is missing, with a header that does not say so, or does."""
    meta, buffers = encode(draw(values))
    if draw(st.booleans()):
        data = frame(meta, buffers)
        return data[: draw(st.integers(0, len(data) - 1))]
    return frame(meta[: draw(st.integers(0, len(meta)))], buffers[: draw(st.integers(0, len(buffers)))])


_sizes = st.sampled_from((0, 1, 2**16, 2**20, 2**31, 2**32 - 1)) | st.integers(0, 2**32 - 1)
_dims = st.sampled_from((0, 1, 2**31, 2**32, 2**40, 2**63, 2**64 - 1)) | st.integers(0, 2**64 - 1)


@st.composite
def claims(draw: st.DrawFn) -> bytes:
    """A frame that claims to hold more than it does: lengths, counts, axes, sizes."""
    rest = draw(st.binary(max_size=30))
    if draw(st.booleans()):
        head = wire.HEADER.pack(wire.MAGIC, wire.REPLY, draw(_sizes), draw(_dims), 7)
        return head + rest
    if draw(st.booleans()):
        tag = draw(st.sampled_from((b"s", b"b", b"l", b"t", b"d")))
        return frame(tag + struct.pack("<I", draw(_sizes)) + rest)
    dims = draw(st.lists(_dims, max_size=18))
    code = draw(st.integers(0, 255))
    return frame(struct.pack(f"<cBB{len(dims)}Q", b"a", code, len(dims), *dims), rest)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, bit by bit and type by type."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, wire.Tensor):
        about = (one.dtype, one.shape, one.device, one.requires_grad)
        return same(one.array, other.array) and about == (
            other.dtype, other.shape, other.device, other.requires_grad,
        )  # fmt: skip
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, float):
        return struct.pack("<d", one) == struct.pack("<d", other)
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    return bool(one == other)
