"""What the student's code raised, as test cells of notebooks catch it."""

import builtins

import numpy as np
import pytest

from grader.judge.faults import CheckFault, StudentError, missing, timed_out
from grader.judge.near import catchable, near

EXCEPTIONS = [
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, Exception)
]


@pytest.mark.parametrize("name", [*EXCEPTIONS, "LinAlgError", "MyOwnError", "print", "SystemExit", ""])
def test_every_exception_is_the_students_still(name: str) -> None:
    """Whatever it is called, it is a fault with its message and lines, and can be shown."""
    fault = StudentError(name, "n must be positive", [("work.py", 3)])

    both = catchable(fault)

    assert isinstance(both, StudentError)
    assert (both.message, both.frames, both.outcome) == (fault.message, [("work.py", 3)], fault.outcome)
    assert isinstance(str(both), str)


@pytest.mark.parametrize(
    ("name", "caught"),
    [
        ("ValueError", ValueError),
        ("IndexError", LookupError),
        ("KeyError", KeyError),
        ("FileNotFoundError", OSError),
        ("UnicodeDecodeError", ValueError),
        ("ZeroDivisionError", ArithmeticError),
        ("LinAlgError", np.linalg.LinAlgError),
    ],
)
def test_it_is_caught_by_its_name(name: str, caught: type[Exception]) -> None:
    """`except ValueError` in a cell catches the ValueError of the student's, and no other."""
    assert isinstance(catchable(StudentError(name, "text")), caught)
    assert not isinstance(catchable(StudentError(name, "text")), NameError)


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "SystemExit", "GeneratorExit", "BaseException"])
def test_nothing_ends_the_judge(name: str) -> None:
    """A name that the student's side claims cannot make an exception that ends a program."""
    assert catchable(StudentError(name, "text")).__class__ is StudentError


def test_what_is_no_exception_of_the_code() -> None:
    """A call that ran too long is not caught by name; a name that is missing is an AttributeError."""
    late, gone = timed_out("f(1)", 2.0), missing("peek")
    gone.key = ("missing", "peek")  # as a reply from across the wall has it

    assert catchable(late) is late
    assert isinstance(catchable(gone), AttributeError)
    assert isinstance(catchable(gone), CheckFault)


def test_plain_values_are_plain() -> None:
    """Arrays can be written to, also within lists; what came over the wire stays as it came."""
    came = np.arange(3.0)
    came.flags.writeable = False

    (got,) = near([came])
    got[0] = 5

    assert came[0] == 0
    assert near({"a": (1, "x", None)}) == {"a": (1, "x", None)}
