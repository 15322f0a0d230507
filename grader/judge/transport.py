"""Ways to a far side: a sandboxed worker (`Live`), or code that we trust, in this process (`Loopback`)."""

import time
import types
import warnings
from collections.abc import Sequence
from typing import Any, Final

from grader.core.course import Limits
from grader.core.forbidden import Forbidden
from grader.core.record import SandboxReport
from grader.errors import Lost
from grader.judge import faults
from grader.judge.faults import CheckFault, StudentError
from grader.judge.proxy import Answerer, frames
from grader.judge.uses import Use, read
from grader.sandbox import stops
from grader.sandbox.affinity import OneCpu
from grader.sandbox.protocol import (
    KEPT_OUTPUT,
    DeadlinePassed,
    Death,
    MemoryPassed,
    OutputFlood,
    Sandbox,
    Worker,
    WorkerFault,
    WorkerGone,
)
from grader.worker import serve, wire

__tracebackhide__ = True  # by hand, pytest shows the suite's line and not ours

AHEAD: Final = 3  # workers for a submission that kills them: a new one takes 15 ms to enter its control group
WORN: Final = 0.5  # of its CPU time, after which a worker is not kept for another submission
GREET_S: Final = 30.0  # until a forked worker is sealed; a loaded machine can take long


class Live:
    """One submission in sandboxed workers: loads it, replaces a worker that died, keeps to the limits."""

    def __init__(
        self,
        pool: "Pool",
        limits: Limits,
        files: Sequence[tuple[str, bytes]],
        seed: int,
        forbidden: Forbidden | None = None,
        probe: bytes | None = None,
    ) -> None:
        self.limits = limits
        self.reply = wire.Limits(buffers=limits.reply_mib * 2**20)
        self.generation = 0
        self.output = bytearray()
        self.output_truncated = False
        self._pool = pool
        self._files = list(files)
        self._seed = seed
        self._forbidden = forbidden or None
        self._probe = probe
        self.uses: Sequence[Use] = ()
        self._source_read = False
        """Whether `uses` is what a worker has found in the source."""
        self.notes: Any = ()
        self._worker: Worker | None = None
        self._load_fault: CheckFault | None = None
        self._together = False
        self._resting = False
        now = time.monotonic()
        self._end = now + limits.total_s
        self._check_end = now
        self._resumed = stops.resumed()

    def begin(self) -> None:
        """A new check: its own time starts."""
        now = time.monotonic()
        if self._resting:
            self._resting = False
            self._resumed = stops.resumed()
            self._load_fault = None  # of another time: it may have been late on a busy machine
            self._end = now + self.limits.total_s
        self._check_end = now + self.limits.check_s

    def rest(self) -> None:
        """Nothing is asked for a while: the worker is kept, off our CPU, and all time starts anew afterwards.

        One that has used much of its CPU time is not kept.
        """
        self._resting = True
        self._part()
        if self.cpu_s > WORN * self.limits.cpu_s:
            self._retire()

    def exchange(
        self, frame: bytes, call: int, label: object, answer: Answerer
    ) -> tuple[memoryview, memoryview]:
        """Meta and buffers of the reply to `frame`; raises CheckFault."""
        worker = self._loaded()
        now = time.monotonic()
        deadline = min(now + self.limits.call_s, self._check_end, self._end)
        if deadline <= now:
            raise self._late(label)
        try:
            kind, got_call, meta, buffers = worker.exchange(frame, deadline)
            while kind == wire.CALLBACK and got_call == call:
                frame = wire.pack(wire.ANSWER, call, _encoded(answer(meta, buffers)))
                kind, got_call, meta, buffers = worker.exchange(frame, deadline)
        except WorkerFault as e:
            raise self._explain(e, label) from None
        if kind != wire.REPLY or got_call != call:
            self._drop()
            raise faults.rubbish(label)
        return meta, buffers

    def renew(self) -> None:
        """The next question goes to a fresh worker."""
        self._drop()

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the worker and all of its threads; 0 while there is none."""
        return 0.0 if self._worker is None else self._worker.cpu_s

    @property
    def unloadable(self) -> bool:
        """Whether the submission could not be imported, so that nothing of it was called."""
        return self._load_fault is not None

    def close(self) -> None:
        """Part with the worker, which `Pool.fill` ends; what was printed stays."""
        self._retire()
        self._part()

    def _retire(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            self._keep_output(worker)
            self._pool.retire(worker)

    def _meet(self, worker: Worker) -> None:
        """Have the worker, and us, on the CPU of this submission."""
        if not self._together:
            self._together = True
            self._pool.one_cpu.enter()
        self._pool.one_cpu.join(worker.pid)

    def _part(self) -> None:
        if self._together:
            self._together = False
            self._pool.one_cpu.leave()

    def _loaded(self) -> Worker:
        if self._load_fault is not None:
            raise self._load_fault
        if self._worker is None:
            if time.monotonic() >= self._end:
                self._clock_counts()
                raise faults.total_time_used(self.limits.total_s)
            begin = time.monotonic()
            self._worker = self._pool.take(ahead=AHEAD if self.generation else 1)
            # The time that a worker takes to start is neither the check's nor the submission's.
            waited = time.monotonic() - begin
            self._check_end += waited
            self._end += waited
            self._meet(self._worker)
            self.generation += 1
            self._load(self._worker)
        elif not self._together:  # it has rested
            self._meet(self._worker)
        return self._worker

    def _load(self, worker: Worker) -> None:
        """Have the worker import the submission; a failure is the same for every check."""
        name = self._files[0][0]
        label = f"import {name.removesuffix('.py').removesuffix(serve.NOTEBOOK)}"
        begin = time.monotonic()
        encoder = wire.Encoder(wire.REQUEST)
        encoder.put((0, (self._files, self._seed, self._watched(), self._probe)))
        try:
            kind, call, meta, buffers = worker.exchange(
                wire.pack(wire.LOAD, 0, encoder), begin + self.limits.import_s
            )
            value = wire.Decoder(meta, buffers, self.reply).value()
        except WorkerFault as e:
            fault = self._explain(e, label, self.limits.import_s)
            if isinstance(e, DeadlinePassed) and name.endswith(serve.NOTEBOOK):
                fault = faults.cells_timed_out(label, self.limits.import_s)
        except wire.WireError:
            fault = faults.rubbish(label)
        else:
            if kind == wire.REPLY and call == 0 and _word(value) == "value":
                # The time of the import is not the check's.
                self._check_end += time.monotonic() - begin
                self.notes = value[1] if len(value) > 1 else ()
                if not self._source_read:
                    self._source_read = True
                    self.uses = (read(value[3], ran=False) or ()) if len(value) > 3 else ()
                return
            fault = self._load_error(value, label)
        self._drop()
        self._load_fault = fault
        raise fault

    def _watched(self) -> tuple[list[str], list[str], list[str]] | None:
        """What the worker is to look for, if anything; the source is read once."""
        if self._forbidden is None:
            return None
        operators, functions, names = self._forbidden.globs
        return operators, functions, [] if self._source_read else names

    def _load_error(self, value: Any, label: str) -> CheckFault:
        if _word(value) != "error":
            return faults.rubbish(label)
        match value:
            case (_, str(category), *_) if passed := faults.of_limit(category, label, self.limits):
                return passed
            case (_, str(), str(name), str(text), [*lines]):
                return StudentError(name[: serve.MAX_NAME], text[: serve.MAX_TEXT], frames(lines))
        return faults.rubbish(label)

    def _explain(self, fault: WorkerFault, label: object, seconds: float | None = None) -> CheckFault:
        """The fault of a worker as one of the check; the worker is gone after this."""
        worker = self._worker
        assert worker is not None
        result: CheckFault
        if isinstance(fault, DeadlinePassed):
            if worker.stopped:
                self._drop()
                raise Lost("something outside of the grader has stopped the worker")
            self._clock_counts()
            result = self._late(label) if seconds is None else faults.timed_out(label, seconds)
        elif isinstance(fault, OutputFlood):
            result = faults.too_much_printed(label, self.limits.output_kib)
        elif isinstance(fault, MemoryPassed):
            result = faults.out_of_memory(label, self.limits.memory_mib)
        elif isinstance(fault, WorkerGone):
            death = worker.death()
            if death.from_outside:
                self._drop()
                raise Lost("something outside of the grader has killed the worker")
            result = self._ended(death, label)
        else:
            result = faults.rubbish(label)
        self._drop()
        return result

    def _ended(self, death: Death, label: object) -> CheckFault:
        if death.limit == "memory":
            return faults.out_of_memory(label, self.limits.memory_mib)
        if death.limit == "cpu":
            return faults.cpu_time_used(label, self.limits.cpu_s)
        return faults.died(label, str(death))

    def _clock_counts(self) -> None:
        """Raises Lost if this process was stopped for a while: then the time that passed says nothing."""
        if stops.resumed() != self._resumed:
            self._drop()
            raise Lost("something outside of the grader has stopped the judge for a while")

    def _late(self, label: object) -> CheckFault:
        self._clock_counts()
        now = time.monotonic()
        if now >= self._end:
            return faults.timed_out(label, self.limits.total_s)
        return faults.timed_out(label, self.limits.check_s if now >= self._check_end else self.limits.call_s)

    def _drop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.discard()
        self._keep_output(worker)

    def _keep_output(self, worker: Worker) -> None:
        room = KEPT_OUTPUT - len(self.output)
        printed = worker.output
        self.output += printed[: max(0, room)]
        self.output_truncated |= worker.output_truncated or len(printed) > room


def _encoded(answer: tuple[bool, Any]) -> wire.Encoder:
    """The answer to a callback; the student's arguments decide whether it can be sent."""
    encoder = wire.Encoder(wire.REQUEST)
    try:
        encoder.put(answer)
    except (wire.Unsendable, wire.TooLarge) as e:
        encoder = wire.Encoder(wire.REQUEST)
        encoder.put((False, f"the function that you were given returned {e}"))
    return encoder


def _word(reply: Any) -> str | None:
    """What kind of reply it says it is; types before values, since an array answers `==` with an array."""
    return reply[0] if type(reply) is tuple and reply and type(reply[0]) is str else None


class Pool:
    """Workers asked for ahead, so that neither a submission nor the check after a crash waits for a fork."""

    def __init__(
        self,
        sandbox: Sandbox,
        limits: Limits,
        forbidden: Forbidden | None = None,
        probe: bytes | None = None,
    ) -> None:
        """`probe` is the source of what is loaded beside each submission."""
        self.sandbox = sandbox
        self.one_cpu = OneCpu()
        self._limits = limits
        self._forbidden = forbidden
        self._probe = probe
        self._asked = 0
        self._retired: list[Worker] = []

    @property
    def report(self) -> SandboxReport:
        """How strong the sandbox is."""
        return self.sandbox.report

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that a worker sees."""
        return self.sandbox.versions

    def connect(self, files: Sequence[tuple[str, bytes]], seed: int) -> Live:
        """A connection to a submission in workers of this pool."""
        return Live(self, self._limits, files, seed, self._forbidden, self._probe)

    def retire(self, worker: Worker) -> None:
        """Nobody needs this worker any more: it is ended while nobody waits."""
        self._retired.append(worker)

    def fill(self, ahead: int = 1) -> None:
        """Have the next workers forked, until there are `ahead`, and those that are retired ended."""
        while self._retired:
            self._retired.pop().discard()
        while self._asked < ahead:
            self.sandbox.prepare()
            self._asked += 1

    def take(self, ahead: int = 1) -> Worker:
        """A worker that has said hello; raises MachineError. The next ones are being forked meanwhile."""
        self._asked = max(0, self._asked - 1)
        worker = self.sandbox.spawn()
        self.fill(ahead)
        worker.greet(time.monotonic() + GREET_S)
        return worker

    def close(self) -> None:
        """End the sandbox with its workers."""
        while self._retired:
            self._retired.pop().discard()
        self.sandbox.close()


class Loopback:
    """A module that we trust, in this process, answering as a worker would."""

    generation = 0

    def __init__(
        self,
        module: types.ModuleType,
        limits: Limits,
        probe: types.ModuleType | None = None,
        *,
        on_cpu: bool = True,
        session: type[serve.Session] = serve.Session,
    ) -> None:
        self.limits = limits
        self.reply = wire.Limits(buffers=limits.reply_mib * 2**20)
        self._answer: Answerer | None = None
        self._session = session(self.reply, self._ask, module, probe=probe, on_cpu=on_cpu)

    def begin(self) -> None:
        """Nothing is timed here."""

    def rest(self) -> None:
        """Nothing is held."""

    def renew(self) -> None:
        """There is no other process."""

    @property
    def cpu_s(self) -> float:
        """CPU seconds of this process."""
        return time.process_time()

    @property
    def raised(self) -> BaseException | None:
        """What the last exchange raised, with its traceback, where the session keeps that: by hand."""
        return getattr(self._session, "raised", None)

    def exchange(
        self, frame: bytes, call: int, label: object, answer: Answerer
    ) -> tuple[memoryview, memoryview]:
        """Meta and buffers of the module's reply."""
        self._answer = answer
        head = wire.HEADER.size
        _, _, meta, _ = wire.header(memoryview(frame)[:head], wire.REQUEST)
        view = memoryview(frame)[head:]
        reply = memoryview(self._session.answer(wire.CALL, call, view[:meta], view[meta:]))
        _, _, meta, _ = wire.header(reply[:head], self.reply)
        return reply[head:][:meta], reply[head:][meta:]

    def close(self) -> None:
        """Nothing is kept."""

    def _ask(self, ident: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        assert self._answer is not None
        encoder = wire.Encoder(self.reply, self._session.adopt)
        encoder.put((ident, args, kwargs))
        ok, value = self._answer(memoryview(bytes(encoder.meta)), memoryview(b"".join(encoder.buffers)))
        if not ok:
            raise RuntimeError(value)
        return value


class Quiet(Loopback):
    """A loopback whose code warns in silence: warnings never cost marks, whatever pytest is told of them."""

    def exchange(
        self, frame: bytes, call: int, label: object, answer: Answerer
    ) -> tuple[memoryview, memoryview]:
        """Meta and buffers of the module's reply."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return super().exchange(frame, call, label, answer)
