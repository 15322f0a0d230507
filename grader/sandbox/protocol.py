"""What every sandbox offers, whatever its wall is made of. The judge knows no more than this."""

import signal
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from grader.core.course import Device, Limits
from grader.core.forbidden import Forbidden
from grader.core.record import SandboxReport
from grader.sandbox.policy import Level

DRIVER_MEMORY_MIB: Final = 1024  # of the host's, that a CUDA context and its libraries may take
DRIVER_THREADS: Final = 32
DRIVER_FILES: Final = 256
KEPT_OUTPUT: Final = 64 * 2**10  # bytes of prints that a record may hold; the rest is only counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a sandbox is to hold, and how much of it."""

    packages: tuple[str, ...]
    limits: Limits
    accept: Level = "full"
    """The weakest wall that may be used."""
    device: Device = "cpu"
    """With `cuda`, workers have the driver in view, and open the GPU before they see a submission."""
    gpu: str = "0"
    """Which one, as CUDA_VISIBLE_DEVICES names it."""
    forbidden: Forbidden | None = None
    """What workers will look for, if anything: as public as the exercise."""
    rehearse: bool = True
    """Whether workers do before their hello what most submissions do first."""

    @property
    def granted(self) -> Limits:
        """What the system is told to allow: the limits, and beside them what the driver takes for itself."""
        if self.device == "cpu":
            return self.limits
        return replace(
            self.limits,
            memory_mib=self.limits.memory_mib + DRIVER_MEMORY_MIB,
            processes=self.limits.processes + DRIVER_THREADS,
            open_files=self.limits.open_files + DRIVER_FILES,
        )


@dataclass(frozen=True, slots=True)
class Death:
    """How a worker ended: by `exit_code`, or by `signal_number`."""

    exit_code: int | None
    signal_number: int | None
    limit: Literal["memory", "cpu"] | None = None
    """The limit for which the system has ended it."""
    from_outside: bool = False
    """Whether something killed it that is neither its own code, nor a limit of its, nor the grader."""

    def __str__(self) -> str:
        if self.signal_number is None:
            return f"exit code {self.exit_code}"
        try:
            return signal.Signals(self.signal_number).name
        except ValueError:
            return f"signal {self.signal_number}"


class WorkerFault(Exception):
    """The worker did something that ends it. Never the grader's fault."""


class DeadlinePassed(WorkerFault):
    """No whole answer in time."""


class WorkerGone(WorkerFault):
    """The worker ended, or closed its socket, before it answered."""


class MemoryPassed(WorkerFault):
    """More memory was used than the limit allows."""


class OutputFlood(WorkerFault):
    """More was printed than the limit allows."""


class Violation(WorkerFault):
    """Bytes that are no answer to what was asked."""


class Worker(Protocol):
    """One sandboxed process, for one submission."""

    @property
    def pid(self) -> int:
        """Its process id, as the judge sees it."""

    @property
    def cpu_s(self) -> float:
        """CPU seconds that it has used so far, with all of its threads, as the kernel counts them."""

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""

    @property
    def stopped(self) -> bool:
        """Whether something outside has stopped it, so that it cannot answer in time."""

    @property
    def output(self) -> bytes:
        """What it has printed, to stdout and stderr, as far as it is kept."""

    @property
    def output_truncated(self) -> bool:
        """Whether more was printed than is kept."""

    def greet(self, deadline: float) -> None:
        """Wait until it is sealed and says so; raises MachineError."""

    def exchange(self, frame: bytes, deadline: float) -> tuple[int, int, memoryview, memoryview]:
        """Send `frame`, receive one: (kind, call id, meta, buffers). Times are of `time.monotonic`.

        Raises:
            WorkerFault: which of its kinds says why there is no frame. The worker is no longer `alive`.
        """

    def death(self) -> Death:
        """Kill it if it still runs, wait, and say how it ended."""

    def discard(self) -> None:
        """Kill it without waiting for more than the signal."""


class Sandbox(Protocol):
    """A place that workers come from."""

    @property
    def report(self) -> SandboxReport:
        """The layers that hold here."""

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that a worker sees."""

    def prepare(self) -> None:
        """Have a worker made for the next `spawn`, without waiting for it. Raises MachineError."""

    def spawn(self) -> Worker:
        """A fresh worker that has seen no submission. Raises MachineError."""

    def close(self) -> None:
        """End all workers and whatever made them."""
