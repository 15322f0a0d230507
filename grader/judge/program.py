"""Many operations in one frame: for checks that need thousands of them.

Runs the same steps on either side of the wall: `submission.run(program, results=…)` sends them to
the worker, `reference.run` carries them out here.
"""

from types import NoneType
from typing import Any

import numpy as np

from grader.worker.serve import MAX_OPERANDS, NO_OPERAND, WHOLE
from grader.worker.wire import Ref

Step = tuple[Any, ...]
Written = tuple[list[str], list[Any], np.ndarray[Any, Any]]


class Program:
    """A list of operations; each returns a reference that later ones take as an argument."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.written: Written | None = None
        """As it crosses the wall, once it has."""

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
    """The program as the worker takes it: a table of numbers, which costs nothing to read there.

    A row of `code` is (operation, name, operands…). The first two are places in `names`. An operand counts
    up from 0 for the result of a step, and down from -1 for a place in `constants`. A step that does not
    fit (more operands, keywords, references inside of a list) is a constant as a whole, marked by WHOLE.
    """
    if program.written is None or len(program.written[2]) != len(program.steps):
        program.written = _write(program.steps)
    return "program", *program.written, [ref.step for ref in results]


def _write(steps: list[Step]) -> Written:
    names: dict[str, int] = {}
    constants: list[Any] = []
    rows: list[int] = []
    for step in steps:
        operands = _operands(step)
        if operands is None:
            constants.append(step)
            row = [WHOLE, NO_OPERAND, -len(constants)]
        else:
            kind = step[0]
            name = step[2] if kind in _TARGET_FIRST else step[1]
            row = [names.setdefault(kind, len(names)), names.setdefault(name, len(names))]
            for operand in operands:
                if type(operand) is Ref:
                    row.append(operand.step)
                else:
                    constants.append(operand)
                    row.append(-len(constants))
        rows += row
        rows += [NO_OPERAND] * (2 + MAX_OPERANDS - len(row))
    code = np.array(rows, np.int32).reshape(len(steps), 2 + MAX_OPERANDS)
    return list(names), constants, code


_TARGET_FIRST = ("method", "get", "set")
_PLAIN = frozenset((Ref, int, float, bool, str, NoneType))


def _operands(step: Step) -> tuple[Any, ...] | None:
    """What the step works on, if a row holds it."""
    kind = step[0]
    operands: tuple[Any, ...]
    if kind == "operator" or (kind == "call" and not step[3]):
        operands = step[2]
    elif kind == "method" and not step[4]:
        operands = (step[1], *step[3])
    elif kind == "get":
        operands = (step[1],)
    elif kind == "set":
        operands = (step[1], step[3])
    else:
        return None
    if len(operands) > MAX_OPERANDS:
        return None
    for operand in operands:
        if type(operand) not in _PLAIN:
            return None
    return operands
