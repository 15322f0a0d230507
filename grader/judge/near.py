"""A student's names as test cells of notebooks use them: called, compared and caught as if they were here.

Imported nbgrader suites go through this; suites that are written for the grader use `submission` itself. What
crosses the wall is what always does. Plain values are plain: lists, numbers, arrays that may be written to.
An exception that the student's code raised can be caught by its name, `except ValueError`, and is still the
student's if nothing catches it. What stays with the student is never compared: its `<` and `==` are the
student's own, and could say anything.
"""

import builtins
from typing import Any, Final, NoReturn

import numpy as np

from grader.core.record import Text
from grader.judge.faults import CheckFault, Mismatch, StudentError
from grader.judge.proxy import Function, Remote

__tracebackhide__ = True

_ODD: Final = (UnicodeError, ExceptionGroup, MemoryError)
"""Exceptions that cannot be made from a text; ValueError stands for those that are one."""

_made: Final[dict[tuple[type[CheckFault], type[Exception]], type[CheckFault]]] = {}
"""Classes that are both, made once each."""


def near(value: Any) -> Any:
    """`submission.f`, or a value of the student's, for a test cell."""
    if isinstance(value, Function | Remote):
        return Near(value)
    if type(value) in (list, tuple):
        return type(value)(near(member) for member in value)
    if type(value) is dict:
        return {key: near(member) for key, member in value.items()}
    if type(value) is np.ndarray:
        return value.copy()  # what came over the wire cannot be written to
    return value


def _far(value: Any) -> Any:
    """The same on its way back as an argument."""
    if isinstance(value, Near):
        return value._it  # noqa: SLF001 - public names of a Near are the student's
    if type(value) in (list, tuple):
        return type(value)(_far(member) for member in value)
    if type(value) is dict:
        return {key: _far(member) for key, member in value.items()}
    return value


class Near:
    """A function, a class or an object of the student's."""

    __slots__ = ("_it",)
    _it: Any

    def __init__(self, it: Function | Remote) -> None:
        object.__setattr__(self, "_it", it)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it where it is; what it raises can be caught by name."""
        return self._done(lambda: self._it(*_far(args), **_far(kwargs)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or isinstance(self._it, Function):
            raise AttributeError(name)
        return self._done(lambda: getattr(self._it, name))

    def __setattr__(self, name: str, value: Any) -> None:
        self._done(lambda: setattr(self._it, name, _far(value)))

    def __getitem__(self, key: Any) -> Any:
        return self._done(lambda: self._it[_far(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._it[_far(key)] = _far(value)

    def __iter__(self) -> Any:
        return iter([near(member) for member in self._it])

    def __len__(self) -> int:
        length = self._operated("len", self)
        if type(length) is not int:
            raise _not_plain(self)
        return length

    def _operated(self, name: str, *operands: Any) -> Any:
        remote = next(o._it for o in operands if isinstance(o, Near))  # noqa: SLF001
        if isinstance(remote, Function):
            raise TypeError(f"{remote.__name__} is a function: call it")
        return self._done(lambda: remote._operate(name, _far(operands), name))  # noqa: SLF001

    def __add__(self, other: Any) -> Any:
        return self._operated("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._operated("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._operated("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._operated("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._operated("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._operated("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._operated("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._operated("truediv", other, self)

    def __matmul__(self, other: Any) -> Any:
        return self._operated("matmul", self, other)

    def __pow__(self, other: Any) -> Any:
        return self._operated("pow", self, other)

    def __neg__(self) -> Any:
        return self._operated("neg", self)

    def __abs__(self) -> Any:
        return self._operated("abs", self)

    def _compared(self, other: Any) -> NoReturn:
        raise _not_plain(self)

    __lt__ = __le__ = __gt__ = __ge__ = _compared

    def __repr__(self) -> str:
        return repr(self._it)

    def _done(self, what: Any) -> Any:
        try:
            return near(what())
        except CheckFault as e:
            raise catchable(e) from None


def _not_plain(value: Near) -> Mismatch:
    return Mismatch(
        Text(
            en=f"{value!r} is an object where a plain value is needed. Return a number, a list or an array.",
            ko=f"{value!r}: 일반 값이 필요한 곳에 객체가 있습니다. 숫자, 리스트 또는 배열을 반환하세요.",
        )
    )


def catchable(fault: CheckFault) -> CheckFault:
    """The fault, also as the exception that the student's code raised, where Python has one of that name."""
    if isinstance(fault, StudentError):
        base, text = _exception(fault.type_name), fault.text
    elif fault.key[0] == "missing":
        base, text = AttributeError, str(fault)
    else:
        return fault
    if base is None:
        return fault
    key = (type(fault), base)
    if key not in _made:
        _made[key] = type(base.__name__, key, {})
    both = _made[key].__new__(_made[key])
    both.__dict__.update(fault.__dict__)
    both.args = (text,)
    return both


def _exception(name: str) -> type[Exception] | None:
    """Python's or NumPy's exception of that name; none for what ends a program."""
    found = np.linalg.LinAlgError if name == "LinAlgError" else getattr(builtins, name, None)
    if not isinstance(found, type) or not issubclass(found, Exception):
        return None
    if issubclass(found, _ODD):
        return ValueError if issubclass(found, ValueError) else None
    return found
