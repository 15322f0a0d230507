"""The process that replays: forked from the judge once, kept for submission after submission.

Replays run code that we trust, but some of it never ends, and some takes all memory that there is: so it
does not run in the judge. A fork for each submission would cost more than the replay (each page that is
touched is copied), so the process stays, and is replaced when it dies or is late.

Both ends are ours. What the student's code has returned crosses as the bytes that came over the wall.
"""

import contextlib
import gc
import os
import signal
import socket
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec

from grader.core.course import Limits
from grader.judge import diagnosis
from grader.judge.catalog import Mistake
from grader.judge.diagnosis import Named
from grader.judge.layout import Layout
from grader.judge.proxy import Exchange, Refused
from grader.judge.replay import Library, Replay, Trace
from grader.sandbox import stops
from grader.sandbox.channel import Channel
from grader.worker import wire

TOTAL_S: Final = 20.0  # of a whole diagnosis, then there is none


class NoDiagnosis(Exception):
    """The diagnosis itself failed: the message says how."""


class _Disturbed(NoDiagnosis):
    """Something has ended or stopped the process: another one may find out."""


class _Found(msgspec.Struct, tag=True, array_like=True):
    """The end of a diagnosis: names by check; or what went wrong with it."""

    names: dict[str, Named]
    trouble: str


class _Call(msgspec.Struct, tag=True, array_like=True):
    """A replay calls a function that a check has handed out, by its number; arguments as on the wire."""

    check: str
    function: int
    meta: bytes
    buffers: bytes


class _Written(msgspec.Struct, array_like=True):
    """A value as on the wire."""

    meta: bytes
    buffers: bytes


class _Case(msgspec.Struct, array_like=True):
    """One submission to explain."""

    traces: list[Trace]
    without: list[str]
    """Mistakes that are not thought of."""


_CASE: Final = msgspec.msgpack.Decoder(_Case)
_ANSWER: Final[msgspec.msgpack.Decoder[_Found | _Call]] = msgspec.msgpack.Decoder(_Found | _Call)
_WRITTEN: Final = msgspec.msgpack.Decoder(_Written)


class Replayer:
    """The judge's end of it."""

    def __init__(
        self,
        mistakes: Sequence[Mistake],
        expected: Mapping[str, frozenset[str]],
        reference: Path,
        limits: Limits,
        probe: Path | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """`expected` is what `diagnosis.expected_failures` says of the mistakes. Nothing is started yet.

        `names` are those that files of a solution may have, where they may be several.
        """
        self._mistakes = mistakes
        self._expected = expected
        self._reference = reference
        self._limits = limits
        self._probe = probe
        self._layout = Layout.around(reference, names)
        self._pid: int | None = None
        self._connection: Channel | None = None

    def start(self) -> None:
        """Have the process there, unless it is."""
        if self._connection is not None:
            return
        ours, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            self._become_replayer(theirs.fileno())
        theirs.close()
        self._connection = Channel(ours)

    def diagnose(
        self,
        traces: Sequence[tuple[str, Sequence[Exchange], bool]],
        seconds: float = TOTAL_S,
        *,
        without: Sequence[str] = (),
    ) -> dict[str, Named]:
        """The named mistakes of one submission, by check; of (check, exchanges, failed) of each check.

        Mistakes in `without` are never named.

        Raises:
            NoDiagnosis: it broke, or did not finish in `seconds`.
        """
        try:
            return self._diagnose(traces, seconds, without)
        except _Disturbed:
            return self._diagnose(traces, seconds, without)

    def _diagnose(
        self, traces: Sequence[tuple[str, Sequence[Exchange], bool]], seconds: float, without: Sequence[str]
    ) -> dict[str, Named]:
        self.start()
        assert self._connection is not None
        told = _Case([Trace.of(*one) for one in traces], list(without))
        exchanges = {check: done for check, done, _ in traces}
        deadline = time.monotonic() + seconds
        try:
            self._connection.send(msgspec.msgpack.encode(told), deadline)
            while True:
                answer = _ANSWER.decode(self._connection.receive(deadline))
                if isinstance(answer, _Found):
                    break
                self._connection.send(msgspec.msgpack.encode(_called(answer, exchanges)), deadline)
        except TimeoutError as e:
            stopped = self._pid is not None and stops.stopped(self._pid)
            self.close()
            raise (_Disturbed if stopped else NoDiagnosis)(f"not finished in {seconds:g} s") from e
        except (EOFError, OSError) as e:
            self.close()
            raise _Disturbed("the replaying process died") from e
        if answer.trouble:
            raise NoDiagnosis(answer.trouble)
        return answer.names

    def close(self) -> None:
        """End the process. It starts again when it is needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = None

    def _become_replayer(self, fd: int) -> NoReturn:
        """In the fork: nothing of the judge's is kept open, and it ends with the judge."""
        try:
            os.dup2(fd, 3)
            os.closerange(4, 2**16)
            from grader.worker import kernel  # practice mode imports this module where no Linux is

            kernel.die_with_parent()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            gc.freeze()
            self._serve(Channel(socket.socket(fileno=3)))
        finally:
            os._exit(0)

    def _serve(self, connection: Channel) -> None:
        library = Library(self._layout)
        last: tuple[list[Trace], Replay] | None = None
        with contextlib.suppress(EOFError, ConnectionError):  # the judge has gone
            while True:
                case = _CASE.decode(connection.receive())
                if last is None or last[0] != case.traces:
                    last = case.traces, self._replay(library, connection)
                # An audit asks twice about a submission: what was replayed the first time is known.
                answer = self._answer(case.without, *last)
                connection.send(msgspec.msgpack.encode(answer))

    def _replay(self, library: Library, connection: Channel) -> Replay:
        def call(check: str, function: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            asked = _written((args, kwargs))
            connection.send(msgspec.msgpack.encode(_Call(check, function, asked.meta, asked.buffers)))
            ok, value = _read(_WRITTEN.decode(connection.receive()))
            if not ok:
                raise Refused(value)
            return value

        return Replay(library, self._reference, self._limits, call, self._probe)

    def _answer(self, without: Sequence[str], traces: Sequence[Trace], replay: Replay) -> _Found:
        mistakes = [mistake for mistake in self._mistakes if mistake.id not in without]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # wrong solutions divide by zero, and nobody reads it
                return _Found(diagnosis.diagnose(mistakes, traces, self._expected, replay), "")
        except Exception:  # noqa: BLE001 - the edge of this process: the judge is told
            return _Found({}, traceback.format_exc(limit=-4))


def _called(call: _Call, exchanges: Mapping[str, Sequence[Exchange]]) -> _Written:
    """What the suite's function gives to a replay."""
    args, kwargs = _read(_Written(call.meta, call.buffers))
    try:
        return _written((True, exchanges[call.check][0].callbacks[call.function](*args, **kwargs)))
    except Exception as e:  # noqa: BLE001 - a wrong solution may give it anything
        return _written((False, f"the function that you were given raised {type(e).__name__}"))


def _written(value: Any) -> _Written:
    encoder = wire.Encoder(wire.REQUEST)
    encoder.put(value)
    return _Written(bytes(encoder.meta), b"".join(encoder.buffers))


def _read(written: _Written) -> Any:
    meta, buffers = memoryview(written.meta), memoryview(written.buffers)
    return wire.Decoder(meta, buffers, wire.REQUEST, writeable=True).value()
