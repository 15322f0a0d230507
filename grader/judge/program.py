"""Many operations in one frame: for checks that need thousands of them.

Runs the same steps on either side of the wall: `submission.run(program, results=…)` sends them to
the worker, `reference.run` carries them out here.
"""

from collections.abc import Mapping
from typing import Any

from grader.worker.wire import Ref

Step = tuple[Any, ...]


class Program:
    """A list of operations; each returns a reference that later ones take as an argument."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def call(self, function: str, *args: Any, **kwargs: Any) -> Ref:
        """Call a function of the module, or create an object of a class of it."""
        return self._add("call", function, args, kwargs)

    def method(self, target: Ref, name: str, *args: Any, **kwargs: Any) -> Ref:
        """Call a method of an earlier result."""
        return self._add("method", target, name, args, kwargs)

    def operator(self, name: str, *operands: Any) -> Ref:
        """Apply a function of the `operator` module, such as `"add"` or `"neg"`."""
        return self._add("operator", name, operands)

    def get(self, target: Ref, attribute: str) -> Ref:
        """Read an attribute of an earlier result."""
        return self._add("get", target, attribute)

    def set(self, target: Ref, attribute: str, value: Any) -> None:
        """Write an attribute of an earlier result."""
        self._add("set", target, attribute, value)

    @property
    def functions(self) -> list[str]:
        """Names that it calls in the module."""
        return sorted({step[1] for step in self.steps if step[0] == "call"})

    def _add(self, *step: Any) -> Ref:
        self.steps.append(step)
        return Ref(len(self.steps) - 1)


def operation(program: Program, results: list[Ref]) -> tuple[Any, ...]:
    """The program as the worker takes it."""
    return ("program", program.steps, [ref.step for ref in results])
