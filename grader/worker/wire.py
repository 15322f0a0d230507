"""Frames between judge and worker: the only bytes that cross the wall.

A frame is a fixed header, a small structured part (`meta`) and raw array buffers. Nothing is
unpickled, no dtype string is parsed. The far side runs student code, so a frame from there is a
claim to check, not an object to use: every count and size is checked before anything is
allocated, and whatever is malformed raises `WireError` and no other exception.

Layout, little-endian: `header | meta | buffers`. `meta` is one value:

    N T F                     None, True, False
    i f c                     int64, float64, complex128
    s b                       length u32, UTF-8 or bytes
    l t                       count u32, items (list, tuple)
    d                         count u32, (length u32, key, value) each
    a                         dtype code u8, ndim u8, dims u64: its bytes are next in `buffers`
    e                         tensor: dtype code u8, device u8, requires_grad u8, ndim u8, dims u64: as for an
                              array; of one on the `meta` device, which holds no numbers, there are no bytes
    h                         handle: id u32, kind u8, length u8, type name
    g k r                     generator (seed, 16 bytes), callback id u32, reference to a program's step u32

Buffers are used in the order in which their arrays appear, each exactly once, with nothing left over.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

VERSION: Final = 1
MAGIC: Final = b"dlg1"
HEADER: Final = struct.Struct("<4sBxxxIQQ")  # magic, kind, length of meta, length of buffers, call id

HELLO, LOAD, CALL, REPLY, CALLBACK, ANSWER = range(1, 7)
KINDS: Final = frozenset((HELLO, LOAD, CALL, REPLY, CALLBACK, ANSWER))

MAX_META: Final = 64 * 2**10  # bytes of a reply's structured part; anything longer is a bug or an attack
MAX_NODES: Final = 10_000  # values in a reply; each costs its reader up to 100 bytes
MAX_DEPTH: Final = 32
MAX_NDIM: Final = 16
MAX_DIM: Final = 2**40  # keeps the product of dims a small int, whatever a frame claims

_CODES: Final = (
    "?",
    "i1",
    "u1",
    "<i2",
    "<u2",
    "<i4",
    "<u4",
    "<i8",
    "<u8",
    "<f2",
    "<f4",
    "<f8",
    "<c8",
    "<c16",
)
DTYPES: Final = tuple(np.dtype(code) for code in _CODES)
_CODE_OF: Final = {dtype: code for code, dtype in enumerate(DTYPES)}

BFLOAT16: Final = "bfloat16"
TENSOR_DTYPES: Final = (*(dtype.name for dtype in DTYPES), BFLOAT16)
"""Of tensors, by their code on the wire: those of arrays, and one that NumPy does not have."""
_TENSOR_CODE_OF: Final = {name: code for code, name in enumerate(TENSOR_DTYPES)}
CPU, CUDA, META = DEVICES = ("cpu", "cuda", "meta")

_TENSORS: Final = tuple(struct.Struct(f"<cBBBB{ndim}Q") for ndim in range(MAX_NDIM + 1))
_SHAPES: Final = tuple(struct.Struct(f"<cBB{ndim}Q") for ndim in range(MAX_NDIM + 1))
_DIMS: Final = tuple(struct.Struct(f"<{ndim}Q") for ndim in range(MAX_NDIM + 1))
_U32 = struct.Struct("<I")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_C128 = struct.Struct("<dd")
_TAG_U32 = struct.Struct("<cI")
_TAG_I64 = struct.Struct("<cq")
_TAG_F64 = struct.Struct("<cd")

OBJECT, ITERATOR, CALLABLE = range(3)
"""What a handle stands for, as far as the far side says."""


class WireError(Exception):
    """The bytes are no frame of ours, or over a limit."""


class Unsendable(Exception):
    """A value that does not cross: the message says which and why."""


class TooLarge(Exception):
    """A value that would cross, were it smaller."""


@dataclass(frozen=True, slots=True)
class Handle:
    """An object that stays in the worker."""

    id: int
    kind: int = OBJECT
    type_name: str = ""


@dataclass(frozen=True, slots=True)
class Seed:
    """A `numpy.random.Generator`, sent as its seed and built in the worker."""

    value: int


@dataclass(frozen=True, slots=True)
class Callback:
    """A function of the judge's that the student's code may call."""

    id: int


@dataclass(frozen=True, slots=True)
class Ref:
    """The result of an earlier step of a program."""

    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A torch tensor as data: what crosses, and what the judge has of it. Made without torch.

    Raises ValueError where its parts contradict each other.
    """

    array: np.ndarray[Any, Any] | None
    """Its numbers; of bfloat16, which NumPy lacks, as float32; None on the `meta` device."""
    dtype: str
    """One of TENSOR_DTYPES."""
    shape: tuple[int, ...]
    device: str = CPU
    requires_grad: bool = False

    def __post_init__(self) -> None:
        if self.dtype not in _TENSOR_CODE_OF or self.device not in DEVICES:
            raise ValueError(f"no tensor of dtype {self.dtype!r} on {self.device!r}")
        if (self.array is None) != (self.device == META):
            raise ValueError(f"a tensor on {self.device!r} with{'out' * (self.array is None)} numbers")
        if self.array is not None and self.array.shape != self.shape:
            raise ValueError(f"a tensor of shape {self.shape} with numbers of shape {self.array.shape}")

    @property
    def is_floating(self) -> bool:
        """Whether gradients can flow to it."""
        return "float" in self.dtype or "complex" in self.dtype


def carrier(dtype: str) -> np.dtype[Any]:
    """The NumPy dtype that holds the numbers of a tensor of `dtype` exactly."""
    return np.dtype(np.float32) if dtype == BFLOAT16 else DTYPES[_TENSOR_CODE_OF[dtype]]


def bfloat16_bits(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The upper halves of float32 numbers that are exact in bfloat16."""
    return (np.ascontiguousarray(array).view(np.uint32) >> 16).astype(np.uint16).reshape(array.shape)


def bfloat16_numbers(bits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The float32 numbers with these upper halves."""
    return np.asarray(np.left_shift(bits, 16, dtype=np.uint32)).view(np.float32)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one frame may hold."""

    meta: int = MAX_META
    nodes: int = MAX_NODES
    buffers: int = 64 * 2**20


REQUEST: Final = Limits(meta=64 * 2**20, nodes=4_000_000, buffers=2**31)
"""What the judge sends is trusted, and may be a program of many thousand steps."""


class Encoder:
    """Writes one value as `meta` and `buffers`.

    `adopt`, if given, turns an object outside the closed set into what stands for it (a handle, a
    seed, a callback), or raises `Unsendable`.
    """

    __slots__ = ("adopt", "buffers", "limits", "meta", "nbytes", "nodes")

    def __init__(self, limits: Limits, adopt: Callable[[Any], Any] | None = None) -> None:
        self.limits = limits
        self.adopt = adopt
        self.meta = bytearray()
        self.buffers: list[bytes] = []
        self.nbytes = 0
        self.nodes = 0

    def put(self, value: Any, depth: int = 0) -> None:  # noqa: C901 - one flat dispatch: this runs for each value
        """Append `value`; raises `Unsendable` or `TooLarge`."""
        self.nodes += 1
        if self.nodes > self.limits.nodes or len(self.meta) > self.limits.meta:
            raise TooLarge(f"more than {self.limits.nodes} values, or {self.limits.meta} bytes of them")
        if depth > MAX_DEPTH:
            raise Unsendable(f"nested deeper than {MAX_DEPTH}")
        meta = self.meta
        kind = type(value)
        if kind is np.ndarray:
            self._put_array(value)
        elif kind is float:
            meta += _TAG_F64.pack(b"f", value)
        elif kind is int:
            if not -(2**63) <= value < 2**63:
                raise Unsendable("an int outside of 64 bits")
            meta += _TAG_I64.pack(b"i", value)
        elif kind is str:
            data = self._text(value)
            meta += _TAG_U32.pack(b"s", len(data))
            meta += data
        elif value is None:
            meta += b"N"
        elif value is True:
            meta += b"T"
        elif value is False:
            meta += b"F"
        elif kind is tuple or kind is list:
            meta += _TAG_U32.pack(b"t" if kind is tuple else b"l", len(value))
            for item in value:
                self.put(item, depth + 1)
        elif kind is dict:
            meta += _TAG_U32.pack(b"d", len(value))
            for key, item in value.items():
                if type(key) is not str:
                    raise Unsendable(f"a dict key of type {type(key).__name__}: only str keys cross")
                data = self._text(key)
                meta += _U32.pack(len(data))
                meta += data
                self.put(item, depth + 1)
        elif kind is complex:
            meta += b"c" + _C128.pack(value.real, value.imag)
        elif kind is bytes:
            if len(value) > self.limits.meta:
                raise TooLarge(f"{len(value)} bytes")
            meta += _TAG_U32.pack(b"b", len(value))
            meta += value
        elif kind is Handle:
            name = value.type_name.encode("utf-8", "replace")[:255].decode("utf-8", "ignore").encode()
            meta += b"h" + _U32.pack(value.id) + bytes((value.kind, len(name))) + name
        elif kind is Seed:
            meta += b"g" + value.value.to_bytes(16, "little")
        elif kind is Callback:
            meta += b"k" + _U32.pack(value.id)
        elif kind is Ref:
            meta += b"r" + _U32.pack(value.step)
        elif kind is Tensor:
            self._put_tensor(value)
        elif issubclass(kind, np.generic) and value.dtype in _CODE_OF:
            self._put_array(np.asarray(value))
        elif self.adopt is not None:
            self.nodes -= 1
            self.put(self.adopt(value), depth)
        else:
            raise Unsendable(f"an object of type {kind.__name__}")

    def _text(self, value: str) -> bytes:
        if len(value) > self.limits.meta:
            raise TooLarge(f"a text of {len(value)} characters")
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise Unsendable("a str with lone surrogates") from None

    def _put_array(self, array: np.ndarray[Any, Any]) -> None:
        code = _CODE_OF.get(array.dtype)
        if code is None:  # another byte order is the only other thing that crosses
            code = _CODE_OF.get(array.dtype.newbyteorder("<"))
            if code is None:
                raise Unsendable(f"an array of dtype {array.dtype}")
        ndim = array.ndim
        if ndim > MAX_NDIM:
            raise Unsendable(f"an array with {ndim} axes")
        self.nbytes += array.nbytes
        if self.nbytes > self.limits.buffers:
            raise TooLarge(f"arrays of {self.nbytes / 2**20:.0f} MiB")
        self.meta += _SHAPES[ndim].pack(b"a", code, ndim, *array.shape)
        if array.dtype is not DTYPES[code] and array.dtype != DTYPES[code]:
            array = array.astype(DTYPES[code])
        self.buffers.append(array.tobytes())

    def _put_tensor(self, tensor: Tensor) -> None:
        ndim = len(tensor.shape)
        if ndim > MAX_NDIM:
            raise Unsendable(f"a tensor with {ndim} axes")
        if math.prod(max(dim, 1) for dim in tensor.shape) > MAX_DIM:
            raise TooLarge(f"a tensor of shape {tensor.shape}")
        code = _TENSOR_CODE_OF[tensor.dtype]
        array = tensor.array
        if array is not None:
            itemsize = 2 if tensor.dtype == BFLOAT16 else DTYPES[code].itemsize
            self.nbytes += array.size * itemsize
            if self.nbytes > self.limits.buffers:
                raise TooLarge(f"tensors of {self.nbytes / 2**20:.0f} MiB")
        self.meta += _TENSORS[ndim].pack(
            b"e", code, DEVICES.index(tensor.device), tensor.requires_grad, ndim, *tensor.shape
        )
        if array is not None:
            self.buffers.append(tensor_bytes(array, tensor.dtype))


def tensor_bytes(array: np.ndarray[Any, Any], dtype: str) -> bytes:
    """The numbers of a tensor of `dtype` as they cross."""
    if dtype == BFLOAT16:
        return bfloat16_bits(array).tobytes()
    return array.astype(carrier(dtype), copy=False).tobytes()


def pack(kind: int, call: int, encoder: Encoder) -> bytes:
    """The whole frame."""
    if len(encoder.meta) > encoder.limits.meta:
        raise TooLarge(f"{len(encoder.meta)} bytes of values other than arrays")
    header = HEADER.pack(MAGIC, kind, len(encoder.meta), encoder.nbytes, call)
    return b"".join((header, encoder.meta, *encoder.buffers))


def header(data: bytes | bytearray | memoryview, limits: Limits) -> tuple[int, int, int, int]:
    """(kind, call id, length of meta, length of buffers), checked against `limits`."""
    magic, kind, meta, buffers, call = HEADER.unpack(data)
    if magic != MAGIC or kind not in KINDS:
        raise WireError("no frame")
    if meta > limits.meta:
        raise WireError(f"{meta} bytes of values, {limits.meta} allowed")
    if buffers > limits.buffers:
        raise WireError(f"{buffers} bytes of arrays, {limits.buffers} allowed")
    return kind, call, meta, buffers


class Decoder:
    """Rebuilds the value of one frame as plain objects; raises `WireError` and nothing else.

    `revive`, if given, turns handles, seeds, callbacks, references and tensors into objects (in the
    worker); else they come as they are. `arrays` holds each array and tensor beside its bytes.
    """

    __slots__ = ("arrays", "at", "buffers", "limits", "meta", "nodes", "revive", "used", "writeable")

    def __init__(
        self,
        meta: memoryview,
        buffers: memoryview,
        limits: Limits,
        revive: Callable[[Handle | Seed | Callback | Ref | Tensor], Any] | None = None,
        *,
        writeable: bool = False,
    ) -> None:
        self.meta = bytes(meta)  # small, and quicker to read from than a view
        self.buffers = buffers
        self.limits = limits
        self.revive = revive
        self.writeable = writeable
        self.at = 0
        self.used = 0
        self.nodes = 0
        self.arrays: list[tuple[Any, memoryview]] = []

    def value(self) -> Any:
        """The one value of the frame."""
        try:
            result = self._get(0)
        except (struct.error, IndexError, UnicodeDecodeError, ValueError, OverflowError) as e:
            raise WireError(f"malformed value: {e}") from None
        if self.at != len(self.meta) or self.used != len(self.buffers):
            raise WireError("bytes left over")
        return result

    def _u32(self) -> int:
        (value,) = _U32.unpack_from(self.meta, self.at)
        self.at += 4
        return int(value)

    def _bytes(self, length: int) -> bytes:
        data = self.meta[self.at : self.at + length]
        if len(data) != length:
            raise WireError("text cut short")
        self.at += length
        return data

    def _text(self) -> str:
        (length,) = _U32.unpack_from(self.meta, self.at)
        start = self.at + 4
        self.at = end = start + length
        if end > len(self.meta):
            raise WireError("text cut short")
        return str(self.meta[start:end], "utf-8")

    def _count(self) -> int:
        count: int
        (count,) = _U32.unpack_from(self.meta, self.at)
        self.at += 4
        if self.nodes + count > self.limits.nodes or count > len(self.meta) - self.at:
            raise WireError(f"{count} values claimed")
        return count

    def _get(self, depth: int) -> Any:  # noqa: C901 - one flat dispatch: this runs for each value
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > self.limits.nodes:
            raise WireError("too deep, or too many values")
        tag = self.meta[self.at]
        self.at += 1
        if tag == 97:  # a
            return self._array()
        if tag == 102:  # f
            (real,) = _F64.unpack_from(self.meta, self.at)
            self.at += 8
            return real
        if tag == 105:  # i
            (integer,) = _I64.unpack_from(self.meta, self.at)
            self.at += 8
            return integer
        if tag == 115:  # s
            return self._text()
        if tag == 116:  # t
            return tuple([self._get(depth + 1) for _ in range(self._count())])
        if tag == 108:  # l
            return [self._get(depth + 1) for _ in range(self._count())]
        if tag == 100:  # d
            count = self._count()
            pairs = {self._text(): self._get(depth + 1) for _ in range(count)}
            if len(pairs) != count:
                raise WireError("a key twice")
            return pairs
        if tag == 78:  # N
            return None
        if tag == 84:  # T
            return True
        if tag == 70:  # F
            return False
        if tag == 99:  # c
            real, imaginary = _C128.unpack_from(self.meta, self.at)
            self.at += 16
            return complex(real, imaginary)
        if tag == 98:  # b
            return self._bytes(self._u32())
        return self._special(tag)

    def _special(self, tag: int) -> Any:
        special: Handle | Seed | Callback | Ref
        if tag == 104:  # h
            ident = self._u32()
            kind, length = self._bytes(2)
            if kind not in (OBJECT, ITERATOR, CALLABLE):
                raise WireError("no kind of handle")
            special = Handle(ident, kind, str(self._bytes(length), "utf-8"))
        elif tag == 103:  # g
            special = Seed(int.from_bytes(self._bytes(16), "little"))
        elif tag == 107:  # k
            special = Callback(self._u32())
        elif tag == 114:  # r
            special = Ref(self._u32())
        elif tag == 101:  # e
            return self._tensor()
        else:
            raise WireError(f"no type {tag}")
        return special if self.revive is None else self.revive(special)

    def _array(self) -> np.ndarray[Any, Any]:
        code, ndim = self.meta[self.at], self.meta[self.at + 1]
        if code >= len(DTYPES) or ndim > MAX_NDIM:
            raise WireError("no such dtype, or too many axes")
        # As `_shape` and `_raw`, written out: this runs for each array.
        shape = _DIMS[ndim].unpack_from(self.meta, self.at + 2)
        self.at += 2 + 8 * ndim
        size = extent = 1
        for dim in shape:
            size *= dim
            extent *= max(dim, 1)
            if extent > MAX_DIM:
                raise WireError(f"shape {shape}")
        dtype = DTYPES[code]
        raw = self.buffers[self.used : self.used + size * dtype.itemsize]
        if len(raw) != size * dtype.itemsize:
            raise WireError("array cut short")
        self.used += len(raw)
        if code == 0 and raw.nbytes and np.frombuffer(raw, np.uint8).max() > 1:
            raise WireError("a bool that is neither 0 nor 1")
        # A copy, so that it is aligned and owned by nobody else.
        array = np.frombuffer(raw, dtype).reshape(shape).copy()
        array.flags.writeable = self.writeable
        self.arrays.append((array, raw))
        return array

    def _tensor(self) -> Any:
        code, device, requires_grad, ndim = self.meta[self.at : self.at + 4]
        if code >= len(TENSOR_DTYPES) or device >= len(DEVICES) or requires_grad > 1 or ndim > MAX_NDIM:
            raise WireError("no such dtype or device, or too many axes")
        self.at += 4
        shape, size = self._shape(ndim)
        name, array, raw = TENSOR_DTYPES[code], None, self.buffers[:0]
        if DEVICES[device] != META:
            stored = np.dtype(np.uint16) if name == BFLOAT16 else DTYPES[code]
            raw = self._raw(size * stored.itemsize, code)
            array = np.frombuffer(raw, stored).reshape(shape)
            array = bfloat16_numbers(array) if name == BFLOAT16 else array.copy()
            array.flags.writeable = self.writeable
        tensor = Tensor(array, name, shape, DEVICES[device], bool(requires_grad))
        revived = tensor if self.revive is None else self.revive(tensor)
        self.arrays.append((revived, raw))
        return revived

    def _shape(self, ndim: int) -> tuple[tuple[int, ...], int]:
        """(the dims that come next, how many entries that makes)."""
        shape = _DIMS[ndim].unpack_from(self.meta, self.at)
        self.at += 8 * ndim
        size = extent = 1
        for dim in shape:
            size *= dim
            extent *= max(dim, 1)
            if extent > MAX_DIM:
                raise WireError(f"shape {shape}")
        return shape, size

    def _raw(self, nbytes: int, code: int) -> memoryview:
        """The next bytes of the buffers."""
        raw = self.buffers[self.used : self.used + nbytes]
        if len(raw) != nbytes:
            raise WireError("array cut short")
        self.used += nbytes
        if code == 0 and raw.nbytes and np.frombuffer(raw, np.uint8).max() > 1:
            raise WireError("a bool that is neither 0 nor 1")
        return raw
