"""One judge server as the engine holds it: its order, its tasks, its answers, its end."""

import contextlib
import time
from typing import Final

import msgspec

from grader.core.messages import Answer, Order, Ready, Task, Trouble
from grader.engines import spawn
from grader.engines.parent import PID, Parent
from grader.errors import CourseError, Lost, MachineError, host_at_fault
from grader.sandbox import ending, stops
from grader.sandbox.channel import Channel

START_S: Final = 120.0
MESSAGE_S: Final = 10.0  # for the rest of a message that has begun, and to take a submission
CLOSE_S: Final = 10.0
STANDS_STILL: Final = "something outside of the grader has stopped the judge server"
SWEEP_S: Final = 10.0  # until the workers of a judge that was killed are gone, with their control groups

_ANSWER: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)


class Slot:
    """One judge server and what it is doing."""

    def __init__(self, order: Order, parent: Parent | None = None) -> None:
        """It is started by itself, or forked from `parent`. Raises MachineError where no process can be."""
        self.ready: Ready | None = None
        self._parent = parent
        try:
            server = spawn.take() if parent is None else parent.fork()
        except OSError as e:
            raise host_at_fault(e) or MachineError(f"no judge server can be started: {e}") from e
        self.process: ending.Process = server.process
        self._errors = server.errors
        self.channel = Channel(server.end)
        self.watch = stops.Watch(self.process.pid)
        if parent is None:  # else it has its order from there
            with contextlib.suppress(OSError):  # it has ended: noticed when it is asked
                self.channel.send(msgspec.json.encode(order), time.monotonic() + MESSAGE_S)

    def send(self, task: Task) -> None:
        """Give it a submission; raises Lost if it is dead or takes nothing."""
        try:
            self.channel.send(msgspec.json.encode(task), time.monotonic() + MESSAGE_S)
        except TimeoutError as e:
            raise Lost(f"the judge server took nothing for {MESSAGE_S:.0f} s") from e
        except OSError as e:
            raise Lost(f"the judge server ended: {self.last_words()}") from e

    def receive(self, seconds: float) -> Answer:
        """The next answer; raises Lost if the server dies, stands still or says nothing."""
        deadline = time.monotonic() + seconds
        try:
            self._await(deadline)
            return _ANSWER.decode(self.channel.receive(deadline))
        except TimeoutError as e:
            raise Lost(f"the judge server said nothing for {seconds:.0f} s") from e
        except (EOFError, OSError) as e:
            raise Lost(f"the judge server ended: {self.last_words()}") from e

    def _await(self, deadline: float) -> None:
        """Wait until it says something, but not for one that stands still: then raises Lost."""
        while not self.channel.poll(min(stops.LOOK_S, deadline - time.monotonic())):
            if self.watch.stands_still():
                raise Lost(STANDS_STILL)
            if time.monotonic() >= deadline:
                break

    def start(self) -> Ready:
        """Wait until it is ready; raises CourseError or MachineError with what it says, or Lost."""
        if self.ready is None:
            if self._parent is not None:
                self._get_to_know(self._parent)
            answer = self.receive(START_S)
            if isinstance(answer, Trouble):
                raise _TROUBLES[answer.fault](answer.message)
            if not isinstance(answer, Ready):
                raise MachineError("the judge server answered before it was asked")
            self.ready = answer
        return self.ready

    def _get_to_know(self, parent: Parent) -> None:
        """Hear which process it is; raises what its parent says if there is none, or Lost."""
        try:
            self._await(time.monotonic() + START_S)
            word, fds = self.channel.take(PID.size, 1)
        except (EOFError, OSError) as e:
            if (trouble := parent.trouble()) is not None:
                raise _TROUBLES[trouble.fault](trouble.message) from None
            raise Lost(f"the judge server ended: {parent.last_words()}") from e
        assert isinstance(self.process, ending.Grandchild)
        self.process.is_known(*PID.unpack(word), *fds)
        self.watch = stops.Watch(self.process.pid)

    def hang_up(self) -> None:
        """Tell it to end with its fork server and workers, at once even where it is judging."""
        self.channel.close()
        self.process.terminate()

    def close(self) -> None:
        """Hang up, and see that it has ended and nothing of it is left."""
        self.hang_up()
        if not ending.wait(self.process, CLOSE_S):
            self.process.kill()
            self.process.wait()
        if (self.process.poll() or 0) < 0:  # it could not clean up, or nobody knows
            self._sweep()
        self._errors.close()

    def _sweep(self) -> None:
        from grader.sandbox import cgroup, launch

        launch.remove_abandoned()
        deadline = time.monotonic() + SWEEP_S
        while not cgroup.remove_abandoned(self.process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)

    def last_words(self) -> str:
        """The last line that it wrote to stderr, or how it ended."""
        return spawn.last_words(self.process, self._errors)


_TROUBLES: Final = {"course": CourseError, "machine": MachineError, "lost": Lost}
