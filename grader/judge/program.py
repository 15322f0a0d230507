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
    """The program as the worker takes it: a table of numbers, which costs nothing to read there.

    A row of `code` is (name of the operation, name in it, operands…), each a place in `names`; an operand counts
    up from 0 for the result of a step, and down from -1 for a place in `constants`. A step that does not fit (more
    operands, keywords, references inside of a list) is a constant as a whole, marked by WHOLE.
    """
    names: dict[str, int] = {}
    constants: list[Any] = []
    code = np.full((len(program.steps), 2 + MAX_OPERANDS), NO_OPERAND, np.int32)
    for row, step in zip(code, program.steps, strict=True):
        operands = _operands(step)
        if operands is None:
            row[0], row[2] = WHOLE, _place(step, constants)
            continue
        row[0] = names.setdefault(step[0], len(names))
        row[1] = names.setdefault(step[2] if step[0] in _TARGET_FIRST else step[1], len(names))
        for i, operand in enumerate(operands):
            row[2 + i] = operand.step if type(operand) is Ref else _place(operand, constants)
    return "program", list(names), constants, code, [ref.step for ref in results]


_TARGET_FIRST = ("method", "get", "set")


def _place(value: Any, constants: list[Any]) -> int:
    constants.append(value)
    return -len(constants)


def _operands(step: Step) -> tuple[Any, ...] | None:
    """What the step works on, if a row holds it."""
    match step:
        case ("call", _, args, {}) if not step[3]:
            operands = args
        case ("method", target, _, args, {}) if not step[4]:
            operands = (target, *args)
        case ("operator", _, args):
            operands = args
        case ("get", target, _):
            operands = (target,)
        case ("set", target, _, value):
            operands = (target, value)
        case _:
            return None
    plain = all(type(o) in (Ref, int, float, bool, str, NoneType) for o in operands)
    return operands if plain and len(operands) <= MAX_OPERANDS else None
