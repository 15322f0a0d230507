"""Frames: what crosses comes out equal; what is malformed is refused, by one exception."""

import math
import struct
import tracemalloc
from typing import Any

import numpy as np
import pytest

from grader.worker import wire
from tests.worker.frames import LIMITS, decode, encode


def test_arrays_arrive_read_only_and_own_their_memory() -> None:
    """The judge's copy can be changed by nobody."""
    got = decode(*encode(np.arange(3.0)))

    assert not got.flags.writeable
    assert got.base is None


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0)[::-2], np.zeros((3, 2)).T, np.arange(3, dtype=">i4"), np.asfortranarray(np.eye(3))],
    ids=["negative_stride", "transposed", "big_endian", "fortran"],
)
def test_layout_does_not_matter(array: np.ndarray) -> None:
    """An array crosses by its values, whatever its memory looks like."""
    got = decode(*encode(array))

    assert np.array_equal(got, array)
    assert got.shape == array.shape


def test_numpy_scalars_arrive_as_arrays_without_axes() -> None:
    """A NumPy scalar keeps its dtype."""
    got = decode(*encode(np.float32(1.5)))

    assert (got.shape, got.dtype) == ((), np.float32)


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()]),
        np.array(["a"]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.zeros(2, dtype=[("a", "f8")]),
        np.zeros(2, dtype="V8"),
        {1: "a"},
        2**63,
        "\ud800",
        object(),
        {1, 2},
        np.zeros(2).view(type("Sub", (np.ndarray,), {})),
        np.ma.masked_array([1.0], mask=[True]),
    ],
    ids=[
        "object", "str", "datetime", "structured", "void", "int_key", "big_int", "surrogate", "instance",
        "set", "subclass", "masked",
    ],
)  # fmt: skip
def test_what_is_outside_of_the_closed_set_does_not_cross(value: Any) -> None:
    """Objects, subclasses and odd dtypes are refused where they are sent."""
    with pytest.raises(wire.Unsendable):
        encode(value)


def test_deep_nesting_does_not_cross() -> None:
    """A list in a list in a list ends at the limit."""
    value: list[Any] = []
    for _ in range(100):
        value = [value]

    with pytest.raises(wire.Unsendable):
        encode(value)


@pytest.mark.parametrize(
    "value",
    [np.broadcast_to(0.0, (2**20, 2**20)), "x" * 2**20, [0] * 20_000, b"x" * 2**17],
    ids=["array", "str", "list", "bytes"],
)
def test_too_large_is_found_before_it_is_copied(value: Any) -> None:
    """A view of 8 TiB costs nothing to refuse."""
    tracemalloc.start()
    try:
        with pytest.raises(wire.TooLarge):
            encode(value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * 2**20


def _array(code: int, *shape: int) -> bytes:
    return struct.pack(f"<cBB{len(shape)}Q", b"a", code, len(shape), *shape)


def _claim(code: int, device: int, requires_grad: int, *shape: int) -> bytes:
    return struct.pack(f"<cBBBB{len(shape)}Q", b"e", code, device, requires_grad, len(shape), *shape)


@pytest.mark.parametrize(
    ("meta", "buffers"),
    [
        (_claim(200, 0, 0, 1), bytes(8)),
        (_claim(15, 0, 0, 1), bytes(8)),
        (_claim(11, 3, 0, 1), bytes(8)),
        (_claim(11, 0, 2, 1), bytes(8)),
        (_claim(11, 0, 0, 2), bytes(8)),
        (_claim(14, 0, 0, 2), bytes(8)),
        (_claim(11, 2, 0, 1), bytes(8)),
        (_claim(11, 2, 0, 2**40, 2**40), b""),
        (_claim(11, 2, 0, 0, 2**63), b""),
        (_claim(0, 0, 0, 1), b"\x02"),
        (b"e\x0b\0\0\xff", bytes(8)),
        (b"e\x0b\0", b""),
    ],
    ids=[
        "no_dtype", "one_past_the_last", "no_device", "half_a_flag", "cut_short", "bfloat16_left_over",
        "meta_with_numbers", "meta_overflows", "huge_axis", "bool_of_2", "too_many_axes", "cut_in_its_head",
    ],
)  # fmt: skip
def test_malformed_tensors_are_refused(meta: bytes, buffers: bytes) -> None:
    """Each kind of lie about a tensor, before anything is allocated."""
    with pytest.raises(wire.WireError):
        decode(meta, buffers)


def test_a_tensor_that_contradicts_itself_is_not_made() -> None:
    """Numbers on meta, none elsewhere, another shape, an unknown dtype or device."""
    array = np.zeros(2)
    for parts in (
        (array, "float64", (2,), "meta"),
        (None, "float64", (2,), "cpu"),
        (array, "float64", (3,), "cpu"),
        (array, "float128", (2,), "cpu"),
        (array, "float64", (2,), "tpu"),
    ):
        with pytest.raises(ValueError, match="tensor"):
            wire.Tensor(*parts)


@pytest.mark.parametrize(
    ("meta", "buffers"),
    [
        (b"", b""),
        (b"NN", b""),
        (b"?", b""),
        (b"f\0\0", b""),
        (b"s" + struct.pack("<I", 5) + b"ab", b""),
        (b"s" + struct.pack("<I", 2) + b"\xff\xff", b""),
        (b"l" + struct.pack("<I", 2**32 - 1), b""),
        (b"l" + struct.pack("<I", 3) + b"NN", b""),
        (b"d" + struct.pack("<I", 2) + (struct.pack("<I", 1) + b"aN") * 2, b""),
        (b"l" + struct.pack("<I", 1), b""),
        ((b"l" + struct.pack("<I", 1)) * 50 + b"N", b""),
        (_array(11, 2), bytes(8)),
        (_array(11, 1), bytes(16)),
        (b"N", b"x"),
        (_array(200, 1), bytes(8)),
        (_array(11, 2**40, 2**40), bytes(8)),
        (_array(11, 0, 2**63), b""),
        (b"a\x0b\xff", bytes(8)),
        (_array(0, 2), b"\x01\x02"),
        (b"h" + struct.pack("<IBB", 1, 9, 0), b""),
        (b"h" + struct.pack("<IBB", 1, 0, 200) + b"ab", b""),
    ],
    ids=[
        "nothing", "two_values", "unknown_tag", "float_cut", "text_cut", "not_utf8", "huge_list", "list_cut",
        "key_twice", "list_empty_handed", "too_deep", "array_cut", "array_left_over", "buffer_without_array",
        "no_such_dtype", "shape_overflows", "huge_axis_of_an_empty_array", "too_many_axes", "bool_of_2",
        "no_such_handle", "handle_cut",
    ],
)  # fmt: skip
def test_malformed_values_are_refused(meta: bytes, buffers: bytes) -> None:
    """Each kind of lie about lengths, counts and codes."""
    with pytest.raises(wire.WireError):
        decode(meta, buffers)


def test_many_small_values_cost_the_reader_little() -> None:
    """A reply within the limit on bytes cannot make the judge hold more than a few megabytes."""
    meta = b"l" + struct.pack("<I", 12) + (b"l" + struct.pack("<I", 1000) + b"N" * 1000) * 12
    tracemalloc.start()
    try:
        with pytest.raises(wire.WireError):
            decode(meta)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * 2**20


def test_header_is_checked_against_the_limits() -> None:
    """A claim of 2 GB is refused before anything is allocated."""
    good = wire.HEADER.pack(wire.MAGIC, wire.REPLY, 10, 20, 7)
    assert wire.header(good, LIMITS) == (wire.REPLY, 7, 10, 20)

    for bad in (
        wire.HEADER.pack(b"evil", wire.REPLY, 10, 20, 7),
        wire.HEADER.pack(wire.MAGIC, 99, 10, 20, 7),
        wire.HEADER.pack(wire.MAGIC, wire.REPLY, 2**31, 20, 7),
        wire.HEADER.pack(wire.MAGIC, wire.REPLY, 10, 2**31, 7),
    ):
        with pytest.raises(wire.WireError):
            wire.header(bad, LIMITS)


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.0])
def test_odd_floats_keep_their_bits(value: float) -> None:
    """NaN, infinity and the sign of zero arrive."""
    assert struct.pack("<d", decode(*encode(value))) == struct.pack("<d", value)
