"""The questions of checks, asked again of code that we trust: what known mistakes and the reference answer.

Runs in the process of `replayer.py`. A question is a frame as it crossed the wall, so it is decoded only
where it is needed.
"""

import importlib.machinery
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, Final

import msgspec
import numpy as np

from grader.core.course import Limits
from grader.judge import oracles
from grader.judge.catalog import Mistake
from grader.judge.faults import unwritten
from grader.judge.layout import Layout
from grader.judge.modules import linked
from grader.judge.proxy import END, Exchange, Far, Remote, inputs_of, names
from grader.judge.transport import Loopback
from grader.worker import serve, wire
from grader.worker.uses import EVERYTHING

REPLAY_S: Final = 2.0  # of one question to one module; longer is "timed out"
LEAST_S: Final = 1.0  # the same where the student's code was late itself, or half of what that took

Answer = tuple[Any, ...]
LATE: Final[Answer] = ("timed_out",)


class Asked(msgspec.Struct, array_like=True, dict=True):
    """One question as it was sent, and what came back: a reply, or a fault by its key."""

    function: str
    frame: bytes
    meta: bytes
    buffers: bytes
    fault: tuple[str, ...] | None
    seconds: float = 0.0
    """How long the student's code took for it."""

    @classmethod
    def of(cls, exchange: Exchange) -> "Asked":
        """What is told of an exchange."""
        meta, buffers = exchange.reply
        fault = None if exchange.fault is None else exchange.fault.key
        return cls(exchange.function, exchange.frame, bytes(meta), bytes(buffers), fault, exchange.seconds)

    @cached_property
    def question(self) -> tuple[int, tuple[Any, ...]]:
        """(number of the first handle of the reply, operation)."""
        head = wire.HEADER.size
        view = memoryview(self.frame)
        _, _, meta, _ = wire.header(view[:head], wire.REQUEST)
        decoder = wire.Decoder(view[head : head + meta], view[head + meta :], wire.REQUEST)
        base, operation, *_ = decoder.value()
        return base, operation

    @cached_property
    def answer(self) -> Answer:
        """What came back, as something to compare."""
        if self.fault is not None:
            return _of_fault(self.fault)
        reply = wire.Decoder(memoryview(self.meta), memoryview(self.buffers), wire.REQUEST).value()
        match reply:
            case ("value", value, mutated, *_):
                return ("value", value, tuple(names(mutated, inputs_of(self.question[1]))))
            case _:
                return ("value", END, ())

    @property
    def unwritten(self) -> bool:
        """Whether it ended at a part that is still the stub's."""
        return self.raised and unwritten(*(self.fault or ())[1:3])

    @property
    def late(self) -> bool:
        """Whether it did not come back in time."""
        return self.fault == LATE

    @property
    def raised(self) -> bool:
        """Whether the code raised."""
        return self.fault is not None and self.fault[:1] == ("raised",)

    def concerns(self, functions: frozenset[str]) -> bool:
        """Whether it began with one of these names of the module, or may have come to any."""
        return self.function == EVERYTHING or not functions.isdisjoint(self.function.split(", "))


class Trace(msgspec.Struct, array_like=True, dict=True):
    """What one check asked, what the student's code answered, and whether the check failed."""

    check: str
    exchanges: list[Asked]
    failed: bool
    callbacks: int
    """How many functions of the suite's it has handed to the far side."""

    @classmethod
    def of(cls, check: str, exchanges: Sequence[Exchange], failed: bool) -> "Trace":
        """What is told of a check."""
        callbacks = len(exchanges[0].callbacks) if exchanges else 0
        return cls(check, [Asked.of(exchange) for exchange in exchanges], failed, callbacks)

    @cached_property
    def seconds(self) -> float:
        """How long the student's code took: about what a replay will take."""
        return sum(asked.seconds for asked in self.exchanges)

    @property
    def late(self) -> bool:
        """Whether any of the questions was not answered in time."""
        return any(asked.late for asked in self.exchanges)

    @cached_property
    def has_objects(self) -> bool:
        """Whether state stays on the far side, so that the exchanges of the check belong together."""
        return any(type(asked.answer[1]) is wire.Handle for asked in self.exchanges if asked.fault is None)


class Replay:
    """Answers of trusted modules to the questions of one submission's checks; each is computed once.

    Modules are run anew for each `Replay`: what one of them keeps of a submission is gone with it.
    """

    def __init__(
        self,
        library: "Library",
        reference: Path,
        limits: Limits,
        call: Callable[[str, int, tuple[Any, ...], dict[str, Any]], Any],
        probe: Path | None = None,
    ) -> None:
        """`call` calls a function of the suite's: by check and number, with arguments."""
        self._library = library
        self._reference = reference
        self._limits = limits
        self._call = call
        self._probe = probe
        self._modules: dict[Path, types.ModuleType] = {}
        self._answers: dict[tuple[Path, str], list[Answer]] = {}

    def equal(self, mistake: Mistake, trace: Trace) -> bool:
        """Whether the student's answers are the mistake's."""
        return self._same(mistake, trace, _of_student(trace), self._of(mistake.path, trace))

    def wrong(self, mistake: Mistake, trace: Trace) -> bool:
        """Whether the mistake's answers are not the reference's."""
        return not self._same(mistake, trace, self._of(self._reference, trace), self._of(mistake.path, trace))

    def equal_but_for_dtype(self, mistake: Mistake, trace: Trace) -> bool:
        """Whether the values are the mistake's, whatever their dtype: that may be a mistake of its own."""
        theirs = self._of(mistake.path, trace)
        return self._same(mistake, trace, _of_student(trace), theirs, any_dtype=True)

    def _same(
        self,
        mistake: Mistake,
        trace: Trace,
        ours: Sequence[Answer],
        theirs: Sequence[Answer],
        *,
        any_dtype: bool = False,
    ) -> bool:
        whole = trace.has_objects
        for asked, one, other in zip(trace.exchanges, ours, theirs, strict=False):
            if (whole or asked.concerns(mistake.functions)) and not same(one, other, any_dtype=any_dtype):
                return False
        return len(ours) == len(theirs)

    def _of(self, path: Path, trace: Trace) -> list[Answer]:
        """Answers to all questions; those after one that timed out are missing."""
        key = (path, trace.check)
        if key not in self._answers and not trace.late and key in self._library.slow:
            self._answers[key] = [LATE]
        if key not in self._answers:
            if path not in self._modules:
                self._modules[path] = self._library.module(path)
            self._answers[key] = self._asked(self._modules[path], path, trace)
        return self._answers[key]

    def _asked(self, module: types.ModuleType, path: Path, trace: Trace) -> list[Answer]:
        far = Far(Loopback(module, self._limits, self._probe_module))
        far.callbacks = [self._callback(trace.check, i) for i in range(trace.callbacks)]
        answers: list[Answer] = []
        for asked in trace.exchanges:
            start = time.process_time()
            seconds = min(REPLAY_S, max(LEAST_S, asked.seconds / 2)) if asked.late else REPLAY_S
            with _limited(seconds):
                answers.append(_called(module, asked) or _repeated(far, asked))
            if answers[-1] == LATE:
                if time.process_time() - start > seconds / 2:  # and not the machine that stood still
                    self._library.slow.add((path, trace.check))
                break
        return answers

    @cached_property
    def _probe_module(self) -> types.ModuleType | None:
        return None if self._probe is None else Library().module(self._probe)

    def _callback(self, check: str, number: int) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            left, _ = signal.setitimer(signal.ITIMER_REAL, 0)  # an alarm in here would lose the answer
            try:
                return self._call(check, number, args, kwargs)
            finally:
                signal.setitimer(signal.ITIMER_REAL, max(left, 1e-3))

        return function


class Library:
    """Trusted modules by path: compiled once, run anew each time they are asked for."""

    def __init__(self, layout: Layout | None = None) -> None:
        """`layout` knows the files of a solution; without it, each is one file."""
        self._layout = layout
        self._codes: dict[Path, types.CodeType] = {}
        self.slow: set[tuple[Path, str]] = set()
        """(module, check) whose replay was late: it is not waited for again,
        unless a student's was late, too."""

    def module(self, path: Path) -> types.ModuleType:
        """The solution at `path`, run just now."""
        files = {path.name: path} if self._layout is None else self._layout.files(path)
        if len(files) == 1:
            (path,) = files.values()
        name = f"replayed_{path.parent.name}_{path.stem}"
        if len(files) > 1:
            stems = {file.removesuffix(".py"): found for file, found in files.items()}
            return linked(stems, name, lambda stem, module: self._run(stems[stem], module))
        module = types.ModuleType(name)
        sys.modules[name] = module  # dataclasses look their module up there
        self._run(path, module)
        return module

    def _run(self, path: Path, module: types.ModuleType) -> None:
        if path not in self._codes:
            code = importlib.machinery.SourceFileLoader(module.__name__, str(path)).get_code(module.__name__)
            assert code is not None, path
            self._codes[path] = code
        module.__file__ = str(path)
        exec(self._codes[path], module.__dict__)  # noqa: S102 - the instructor's own code


def _of_student(trace: Trace) -> list[Answer]:
    return [asked.answer for asked in trace.exchanges]


def _repeated(far: Far, asked: Asked) -> Answer:
    """The answer by the way over the wire."""
    base, operation = asked.question
    exchange = far.repeat(asked.function, asked.frame, base, operation)
    if exchange.fault is not None:
        return _of_fault(exchange.fault.key)
    return ("value", exchange.value, tuple(exchange.mutated))


def _called(module: types.ModuleType, asked: Asked) -> Answer | None:
    """The answer to a plain call, without the way over the wire; None if it is more than that."""
    kind, *rest = asked.question[1]
    if kind != "call" or "torch" in sys.modules:  # the frame holds the seed of what is random
        return None
    name, args, kwargs = rest
    function = getattr(module, name, None)
    sent = {**{str(i): value for i, value in enumerate(args)}, **kwargs}
    if function is None or not all(type(value) in _SENT for value in sent.values()):
        return None
    given = {key: value.copy() if type(value) is np.ndarray else value for key, value in sent.items()}
    try:
        value = function(*[given[str(i)] for i in range(len(args))], **{key: given[key] for key in kwargs})
    except _OutOfTime:
        return LATE
    except Exception as e:  # noqa: BLE001 - what it raises is its answer
        if isinstance(e, (MemoryError, RecursionError)):
            return None
        type_name, text, _ = serve.describe(e, ())
        return ("raised", type_name, text[:60])
    plain = _plain(value)
    if plain is _NOT_PLAIN:
        return None
    arrays = [key for key, value in sent.items() if type(value) is np.ndarray]
    changed = [key for key in arrays if given[key].tobytes() != sent[key].tobytes()]
    return ("value", plain, tuple(sorted(changed)))


_SENT: Final = frozenset((NoneType, bool, int, float, str, np.ndarray))
_NOT_PLAIN: Final = object()
_DTYPES: Final = frozenset(wire.DTYPES)


def _plain(value: Any) -> Any:
    """`value` as it would arrive, or _NOT_PLAIN where that takes the wire to tell."""
    if type(value) is np.ndarray:
        return value if value.dtype in _DTYPES else _NOT_PLAIN
    if type(value) in _SENT:
        return value
    if isinstance(value, np.generic) and value.dtype in _DTYPES:
        return np.asarray(value)
    if type(value) is tuple:
        members = tuple(_plain(member) for member in value)
        return _NOT_PLAIN if any(member is _NOT_PLAIN for member in members) else members
    return _NOT_PLAIN


def _of_fault(key: tuple[str, ...]) -> Answer:
    if key[:2] == ("raised", "RecursionError"):  # its text depends on where the limit struck
        return key[:2]
    return LATE if key[:2] == ("raised", "_OutOfTime") else key  # our own alarm


class _OutOfTime(Exception):
    """The alarm of a replay."""


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise _OutOfTime in the code of the replay, which answers as if it had raised itself."""

    def ring(*_: object) -> None:
        raise _OutOfTime

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def same(one: Any, other: Any, *, any_dtype: bool = False) -> bool:
    """Whether two answers are equal, arrays and floats within the oracles' tolerance.

    A NumPy number of double precision counts as the Python number, as it does for the oracles.
    """
    if isinstance(one, wire.Tensor) and isinstance(other, wire.Tensor):
        return _same_tensor(one, other, any_dtype)
    if isinstance(one, np.ndarray) != isinstance(other, np.ndarray):
        one, other = _plain_number(one), _plain_number(other)
        if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
            return False
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if any_dtype and one.dtype.kind == other.dtype.kind == "f":
            coarser = min(one.dtype, other.dtype, key=lambda dtype: dtype.itemsize)
            one, other = one.astype(coarser), other.astype(coarser)
        return one.shape == other.shape and one.dtype == other.dtype and _close(one, other)
    if isinstance(one, (float, complex)) and isinstance(other, (float, complex)):
        return type(one) is type(other) and _close(np.asarray(one), np.asarray(other))
    if isinstance(one, _OBJECTS) and isinstance(other, _OBJECTS):
        return one.type_name == other.type_name
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(a, b, any_dtype=any_dtype) for a, b in pairs)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k], any_dtype=any_dtype) for k in one)
    return type(one) is type(other) and bool(one == other)


def _same_tensor(one: wire.Tensor, other: wire.Tensor, any_dtype: bool) -> bool:
    if (one.dtype != other.dtype and not any_dtype) or one.shape != other.shape:
        return False
    if one.array is None or other.array is None:
        return one.device == other.device
    # Replays run on the CPU, wherever the submission ran.
    if wire.BFLOAT16 in (one.dtype, other.dtype):
        rtol, part = oracles.tensor_tolerances(wire.BFLOAT16)
        return bool(oracles.close(one.array, other.array, rtol, part * oracles.largest(other.array)).all())
    return same(one.array, other.array, any_dtype=any_dtype)


_OBJECTS: Final = (Remote, wire.Handle)
"""What stands for an object that was not sent."""


def _plain_number(value: Any) -> Any:
    """The number in a 0-d array of double precision."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype in _NUMBERS:
        return value.item()
    return value


_NUMBERS: Final = tuple(map(np.dtype, (np.float64, np.complex128, np.int64, np.bool_)))


def _close(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    rtol, part = oracles.tolerances(one.dtype)
    if one.dtype.kind == "f":
        if oracles.surely_close(one, other, rtol, part * oracles.largest(other)):
            return True
        if np.isfinite(one).all() and np.isfinite(other).all():
            return False
    right = oracles.close(one, other, rtol, part * oracles.largest(other))
    if one.dtype.kind in "fc":
        right |= np.isnan(one) & np.isnan(other)
    return bool(right.all())
