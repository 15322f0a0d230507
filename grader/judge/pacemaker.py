"""The reference as a far side of its own: what speed checks hold the submission's time against.

In the judge that is a worker like the submission's, but with the reference's files: neither of the two ever
holds a byte of the other's. By hand it is this process, where the submission runs as well.
"""

import types
from collections.abc import Callable
from typing import Any, Protocol

from grader.errors import MachineError
from grader.judge.faults import CheckFault
from grader.judge.proxy import CallLabel, Far, Function, Submission, Transport


class Line(Transport, Protocol):
    """A transport that is opened for a while."""

    def begin(self) -> None:
        """A new check: its own time starts."""

    def rest(self) -> None:
        """Nothing is asked until the next `begin`, which may be long after."""

    def close(self) -> None:
        """Nothing more is asked."""


class Pacemaker:
    """The reference, asked over the wire as the submission is; reached when something is first timed."""

    def __init__(self, module: Callable[[], types.ModuleType], connect: Callable[[], Line]) -> None:
        """`module` is the reference in this process; `connect` opens a line to it elsewhere."""
        self._module = module
        self._connect = connect
        self._far: _Far | None = None

    def module(self, seed: int | None) -> Submission:
        """The reference's module there; `seed` is for what is random, as in `Far`."""
        return Submission(self._reached(seed))

    def function(self, here: Callable[..., Any], seed: int | None) -> Function | None:
        """The function there that is `here` in this process; None if that is not the reference's."""
        if isinstance(here, Function):  # of a torch reference
            return Function(self._reached(seed), here.__name__)
        for name, value in vars(self._module()).items():
            if value is here:
                return Function(self._reached(seed), name)
        return None

    def rest(self) -> None:
        """Between submissions: a worker is kept, since it has seen nothing but our own code."""
        if self._far is not None:
            self._far.transport.rest()

    def close(self) -> None:
        """Part with the worker."""
        far, self._far = self._far, None
        if far is not None:
            far.transport.close()

    def _reached(self, seed: int | None) -> "_Far":
        if self._far is None:
            self._far = _Far(self._connect())
        self._far.seed = seed
        return self._far


class _Far(Far):
    """Keeps nothing from one question to the next, and blames nobody's submission."""

    transport: Line

    def ask(self, operation: tuple[Any, ...], function: str, label: "str | CallLabel") -> Any:
        """The reference's answer; raises MachineError if there is none: it has passed its suite before."""
        self.trace.clear()
        self.received = self._called_back = 0
        self.transport.begin()
        try:
            return super().ask(operation, function, label)
        except CheckFault as e:
            raise MachineError(f"the reference, in the worker where it is timed: {e}") from e
