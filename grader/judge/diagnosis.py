"""Which known mistake explains a failure: the student's calls, replayed on the catalogue.

Three certainties (measured on 234 wrong solutions, each left out of its catalogue in turn):

    EXACT   equal on every call of each function that the mistake changes    misnames none
    LIKELY  equal wherever the mistake differs from the reference            misnames 8
    HINT    on some failing check the only mistake that is equal             misnames 56

The rules alone: `replay.py` asks the trusted modules, `replayer.py` is the process in which this runs.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from grader.core.record import Certainty
from grader.judge.catalog import Mistake
from grader.judge.replay import Replay, Trace
from grader.judge.suite import matches

MAX_HINTS: Final = 2  # failing checks that are searched for hints


class Named(msgspec.Struct, frozen=True, array_like=True):
    """A mistake that explains the failure of a check."""

    mistake: str
    certainty: Certainty


def diagnose(
    mistakes: Sequence[Mistake],
    traces: Sequence[Trace],
    expected: Mapping[str, frozenset[str]],
    replay: Replay,
) -> dict[str, Named]:
    """For each failed check that a mistake explains: which, and how surely.

    `expected` is what `expected_failures` says of the mistakes.
    """
    failed = [trace for trace in traces if trace.failed and trace.exchanges]
    candidates = [m for m in mistakes if not m.by_checks]
    # Those that fail about the same checks first: the right one is then found at once.
    failing = {trace.check for trace in failed}
    candidates.sort(key=lambda m: _likeness(expected[m.id], failing), reverse=True)
    found: list[tuple[Mistake, Certainty, list[str]]] = []
    for mistake in candidates:
        certainty, checks = _match(mistake, traces, expected[mistake.id], replay)
        found.append((mistake, certainty, checks))
        if certainty is Certainty.EXACT and failing <= set(checks):
            break
    # The surest first; of two as sure the one that explains more.
    found.sort(key=lambda one: (one[1] is Certainty.EXACT, len(one[2])), reverse=True)
    names = _by_checks(mistakes, traces, expected)
    for mistake, certainty, checks in found:
        for check in checks:
            names.setdefault(check, Named(mistake.id, certainty))
    # A hint says that an answer is equal: where the code raised, there is none.
    unnamed = [t for t in failed if t.check not in names and not t.exchanges[-1].raised]
    hinted: list[Mistake] = []
    for trace in unnamed[:MAX_HINTS]:
        shown = [m for m in candidates if trace.check in expected[m.id]]
        equal = [m for m in shown if replay.equal_but_for_dtype(m, trace)]
        if len(equal) == 1:
            names[trace.check] = Named(equal[0].id, Certainty.HINT)
            hinted += equal
    for trace in unnamed[MAX_HINTS:]:  # one mistake is one thing to mend, in however many checks it shows
        for mistake in hinted:
            if trace.check in expected[mistake.id] and replay.equal_but_for_dtype(mistake, trace):
                names.setdefault(trace.check, Named(mistake.id, Certainty.HINT))
    return names


def expected_failures(mistakes: Sequence[Mistake], checks: Sequence[str]) -> dict[str, frozenset[str]]:
    """For each mistake the checks that its header says it fails. The same for every submission."""
    return {
        mistake.id: frozenset(id for id in checks if any(matches(id, glob) for glob in mistake.fails))
        for mistake in mistakes
    }


def _likeness(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """Jaccard's index."""
    return len(one & other) / len(one | other) if one | other else 0.0


def _by_checks(
    mistakes: Sequence[Mistake], traces: Sequence[Trace], expected: Mapping[str, frozenset[str]]
) -> dict[str, Named]:
    """Mistakes that are random by nature, named where exactly the checks fail that they fail."""
    failed = {trace.check for trace in traces if trace.failed}
    for mistake in mistakes:
        if mistake.by_checks and failed == expected[mistake.id]:
            return {check: Named(mistake.id, Certainty.LIKELY) for check in failed}
    return {}


def _match(
    mistake: Mistake, traces: Sequence[Trace], expected: AbstractSet[str], replay: "Replay"
) -> tuple[Certainty, list[str]]:
    """(certainty, failed checks that it explains); no checks if it explains none."""
    touched = [trace for trace in traces if trace.exchanges and _touches(mistake, trace)]
    failed = [trace for trace in touched if trace.failed]
    # Where its header says it shows, one difference is enough: most mistakes are out at the first.
    failed.sort(key=lambda trace: trace.check not in expected)
    nothing: tuple[Certainty, list[str]] = (Certainty.HINT, [])
    explained = []
    exact = True
    for trace in failed:
        shows = trace.check in expected
        if replay.equal(mistake, trace):
            if shows or replay.wrong(mistake, trace):
                explained.append(trace.check)
        elif shows or replay.wrong(mistake, trace):
            return nothing
        else:
            exact = False
    if not explained or any(not replay.equal(mistake, trace) for trace in touched if not trace.failed):
        return nothing
    return Certainty.EXACT if exact else Certainty.LIKELY, explained


def _touches(mistake: Mistake, trace: Trace) -> bool:
<<<<<<< HEAD
    return any(asked.concerns(mistake.functions) for asked in trace.exchanges)
=======
    return any(not mistake.functions.isdisjoint(e.function.split(", ")) for e in trace.exchanges)


def _raised(trace: Trace) -> bool:
    fault = trace.exchanges[-1].fault
    return fault is not None and fault.key[:1] == ("raised",)


def _unwritten(trace: Trace) -> bool:
    """Whether the check ended at a part that is still the stub's."""
    fault = trace.exchanges[-1].fault
    return fault is not None and fault.key[:2] == ("raised", "NotImplementedError")


class Replay:
    """Answers of trusted modules to the exchanges of checks; each is computed once."""

    def __init__(self, reference: types.ModuleType, limits: Limits) -> None:
        self._reference = reference
        self._limits = limits
        self._answers: dict[tuple[str, str], list[Answer]] = {}
        self._student: dict[str, list[Answer]] = {}

    def equal(self, mistake: Mistake, trace: Trace) -> bool:
        """Whether the student's answers are the mistake's."""
        return self._same(
            mistake, trace, self._of_student(trace), self._of(mistake.id, mistake.module, trace)
        )

    def wrong(self, mistake: Mistake, trace: Trace) -> bool:
        """Whether the mistake's answers are not the reference's."""
        right = self._of("", self._reference, trace)
        return not self._same(mistake, trace, right, self._of(mistake.id, mistake.module, trace))

    def equal_but_for_dtype(self, mistake: Mistake, trace: Trace) -> bool:
        """Whether the values are the mistake's, whatever their dtype: that may be a mistake of its own."""
        theirs = self._of(mistake.id, mistake.module, trace)
        return self._same(mistake, trace, self._of_student(trace), theirs, any_dtype=True)

    def _same(
        self,
        mistake: Mistake,
        trace: Trace,
        ours: list[Answer],
        theirs: list[Answer],
        *,
        any_dtype: bool = False,
    ) -> bool:
        whole = _has_objects(trace)
        for exchange, one, other in zip(trace.exchanges, ours, theirs, strict=False):
            if not whole and mistake.functions.isdisjoint(exchange.function.split(", ")):
                continue
            if not same(one, other, any_dtype=any_dtype):
                return False
        return len(ours) == len(theirs)

    def _of_student(self, trace: Trace) -> list[Answer]:
        if trace.check not in self._student:
            self._student[trace.check] = [_answer(exchange) for exchange in trace.exchanges]
        return self._student[trace.check]

    def _of(self, name: str, module: types.ModuleType, trace: Trace) -> list[Answer]:
        """Answers to all exchanges; those after one that timed out are missing."""
        key = (name, trace.check)
        if key not in self._answers:
            far = Far(Loopback(module, self._limits))
            answers = self._answers[key] = []
            for exchange in trace.exchanges:
                with _limited(REPLAY_S):
                    answers.append(_called(module, exchange) or _answer(far.repeat(exchange)))
                if answers[-1][0] == "timed_out":
                    break
        return self._answers[key]


def _called(module: types.ModuleType, exchange: Exchange) -> Answer | None:
    """The answer to a plain call, without the way over the wire; None if it is more than that."""
    kind, *rest = exchange.operation
    if kind != "call":
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
        return ("timed_out",)
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


_DTYPES: Final = frozenset(wire.DTYPES)


def _has_objects(trace: Trace) -> bool:
    """Whether state stays on the far side, so that the exchanges of the check belong together."""
    return any(isinstance(e.value, Remote) for e in trace.exchanges)


def _answer(exchange: Exchange) -> Answer:
    """What came back, as something to compare."""
    fault = exchange.fault
    if fault is None:
        return ("value", exchange.value, tuple(exchange.mutated))
    if fault.key[:2] in (("raised", "RecursionError"), ("raised", "_OutOfTime")):
        # The text of the one depends on where the limit struck; the other is our own alarm.
        return ("raised", "RecursionError") if fault.key[1] == "RecursionError" else ("timed_out",)
    return fault.key


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
    """Whether two answers are equal, arrays and floats within the oracles' tolerance."""
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
    if isinstance(one, Remote) and isinstance(other, Remote):
        return one.type_name == other.type_name
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(a, b, any_dtype=any_dtype) for a, b in pairs)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k], any_dtype=any_dtype) for k in one)
    return type(one) is type(other) and bool(one == other)


def _plain_number(value: Any) -> Any:
    """The number in a 0-d array of double precision: for the oracles, too, that is the same answer."""
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


class NoDiagnosis(Exception):
    """The diagnosis itself failed: the message says how."""


def in_fork(function: Callable[[], Mapping[str, Named]], seconds: float = TOTAL_S) -> dict[str, Named]:
    """`function()` in a forked process; raises NoDiagnosis if it raised, or did not finish in time."""
    for done in [child for child in _ended if os.waitpid(child, os.WNOHANG)[0]]:
        _ended.remove(done)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            with open(write, "wb") as pipe:
                pipe.write(_told(function))
        finally:
            os._exit(0)
    os.close(write)
    try:
        data = _read(read, time.monotonic() + seconds)
    finally:
        os.close(read)
    if not data:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise NoDiagnosis(f"not finished in {seconds:g} s")
    _ended.append(pid)
    names, trouble = msgspec.json.decode(data, type=tuple[dict[str, Named], str])
    if trouble:
        raise NoDiagnosis(trouble)
    return names


_ended: list[int] = []
"""Children that have said all and are ending: taking one down takes 3 ms, so the next one collects them."""


def _told(function: Callable[[], Mapping[str, Named]]) -> bytes:
    """What `function` found, or how it failed, as bytes for the parent."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # wrong solutions divide by zero, and nobody reads it
            return msgspec.json.encode((function(), ""))
    except BaseException:  # noqa: BLE001 - this process ends here; the parent is told
        return msgspec.json.encode(({}, traceback.format_exc(limit=-4)))


def _read(fd: int, deadline: float) -> bytes:
    chunks: list[bytes] = []
    while (left := deadline - time.monotonic()) > 0 and select.select([fd], [], [], left)[0]:
        chunk = os.read(fd, 2**16)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
    return b""
>>>>>>> exB
