"""A slot on a node of a cluster: what runs in an actor's process, with a judge server of its own.

What comes in and goes out is bytes of ours: nothing of a submission is ever unpickled. Whatever goes wrong
with a server is an answer, not an exception, and the next server starts at once: whether to try again is
the engine's to decide.

Two threads: one call judges, another may end it (`end`).
"""

import os
import platform
import threading
import time
from typing import Final

import msgspec

import grader
from grader.core import record as records
from grader.core.messages import Judged, Order, Ready, Task, Trouble
from grader.engines import assignment, pack
from grader.engines.slot import CLOSE_S, SWEEP_S, Slot
from grader.errors import CourseError, GraderError, Lost, MachineError
from grader.sandbox import cgroup, gpu, launch


class Here(msgspec.Struct, kw_only=True):
    """Where an actor has come up."""

    host: str
    grader: str
    """The version of this package there."""


class Failed(msgspec.Struct, kw_only=True, tag="failed"):
    """The submission has no record: why, and what the server wrote last."""

    why: str
    said: str = ""


Begun = Ready | Trouble
Reply = Judged | Failed
BEGUN: Final[msgspec.json.Decoder[Begun]] = msgspec.json.Decoder(Begun)
REPLY: Final[msgspec.json.Decoder[Reply]] = msgspec.json.Decoder(Reply)


class NodeSlot:
    """The class of the actors."""

    def __init__(self, order: bytes, packed: bytes) -> None:
        """`packed`: the course, which is the same on all nodes; the rest of the order becomes this node's."""
        self._order = msgspec.json.decode(order, type=Order)
        assignment.hold_secret(self._order.accept)
        self._allowed_s = assignment.allowed_s(self._order)
        self._packed = packed
        self._unpacked: pack.Unpacked | None = None
        self._slot: Slot | None = None
        self._judging = threading.Lock()
        self._ending = False

    def here(self) -> bytes:
        """A Here: the actor is alive."""
        return msgspec.json.encode(Here(host=platform.node(), grader=grader.__version__))

    def start(self) -> bytes:
        """Ready, or Trouble; may be asked again."""
        with self._judging:
            try:
                if self._order.device == "cuda":
                    gpu.require()
                return msgspec.json.encode(self._server().start())
            except GraderError as e:
                self._drop()
                return msgspec.json.encode(_trouble(e))

    def judge(self, task: bytes) -> bytes:
        """Judged, or Failed: then another server is on its way."""
        with self._judging:
            try:
                slot = self._server()
                slot.start()
                slot.send(msgspec.json.decode(task, type=Task))
                answer = slot.receive(self._allowed_s)
                if not isinstance(answer, Judged):
                    raise MachineError(
                        answer.message if isinstance(answer, Trouble) else "an answer out of turn"
                    )
            except GraderError as e:
                said = self._slot.last_words() if self._slot is not None else ""
                self._renew()
                return msgspec.json.encode(Failed(why=str(e), said=said))
            if records.decode(bytes(answer.record)).outcome == "not_graded":
                self._renew()  # its sandbox broke, say: what follows would fare no better
            return msgspec.json.encode(answer)

    def end(self) -> None:
        """End at once, even where something is being judged, and leave nothing behind."""
        self._ending = True
        if (slot := self._slot) is not None:
            slot.process.terminate()
        if not self._judging.acquire(timeout=CLOSE_S):
            if slot is not None:
                slot.process.kill()
            self._judging.acquire()
        try:
            self._drop()
            if self._unpacked is not None:
                self._unpacked.close()
                self._unpacked = None
        finally:
            self._judging.release()

    def _server(self) -> Slot:
        """The judge server; raises MachineError where none can be started."""
        if self._ending:
            raise MachineError("the engine has hung up")
        if self._slot is None:
            if self._unpacked is None:
                self._unpacked = pack.Unpacked(self._packed)
                self._order.course, self._order.cache = str(self._unpacked.course), str(self._unpacked.cache)
                self._order.archive = ""  # the suite is kept where the gradebook is
                self._order.gpu = gpu.chosen(os.environ)  # the one that Ray gave this actor
            self._slot = Slot(self._order)
        return self._slot

    def _drop(self) -> None:
        if self._slot is not None:
            self._slot.close()
            self._slot = None

    def _renew(self) -> None:
        self._drop()
        try:
            self._server()
        except MachineError:
            return  # the next submission asks again, and its answer says why


def _trouble(error: GraderError) -> Trouble:
    if isinstance(error, CourseError):
        return Trouble(fault="course", message=str(error))
    return Trouble(fault="lost" if isinstance(error, Lost) else "machine", message=str(error))


def sweep() -> None:
    """Remove what slots of this machine that were killed have left, as soon as their processes are gone."""
    deadline = time.monotonic() + SWEEP_S
    while True:
        launch.remove_abandoned()
        if (pack.remove_abandoned() and cgroup.remove_abandoned()) or time.monotonic() >= deadline:
            return
        time.sleep(0.05)
