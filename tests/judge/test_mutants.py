"""Mutants of a reference: one slip each, in what students write and nowhere else."""

import ast
import textwrap

import pytest

from grader.errors import CourseError
from grader.judge.mutants import MODULE, Mutant, mutants


def made(body: str) -> list[Mutant]:
    """Mutants of a function `f` whose marked part is `body`."""
    head = 'def f(x, n=3):\n    """Twice x."""\n    k = 1 + 2\n    # BEGIN SOLUTION\n'
    return mutants(f"{head}{textwrap.indent(body, '    ')}\n    # END SOLUTION\n    # 5 + 5\n", "f.py")


def changes(body: str) -> set[str]:
    """What the marked part becomes."""
    return {mutant.after for mutant in made(body)}


def test_a_mutant_says_what_it_changes():
    """Operator, occurrence, line, function, the lines before and after, and the whole file."""
    first, second = made("return [x[0], n]")

    assert (first.operator, first.occurrence, first.line, first.function) == ("NumberReplacer", 6, 5, "f")
    assert (first.before, first.after) == ("return [x[0], n]", "return [x[1], n]")
    assert (second.occurrence, second.after) == (7, "return [x[-1], n]")
    assert first.source.splitlines()[4] == "    return [x[1], n]"
    assert first.source.splitlines()[5:] == ["    # END SOLUTION", "    # 5 + 5"]


def test_only_the_marked_part():
    """What students are given is not changed: defaults, code before and after."""
    lines = {line.strip() for mutant in made("return x + n") for line in mutant.source.splitlines()}

    assert {"def f(x, n=3):", "k = 1 + 2", '"""Twice x."""'} <= lines
    assert {mutant.line for mutant in made("return x + n")} == {5}


def test_operators():
    """Arithmetic, comparisons, conditions, numbers, loops, exceptions and decorators."""
    assert {"return x - n", "return x * n", "return x // n"} <= changes("return x + n")
    assert {"return x == n", "return x <= n", "return x > n"} <= changes("return x < n")
    assert {"if not x:"} <= changes("if x:\n    n += n\nreturn n")
    assert {"return x or n"} == changes("return x and n")
    assert {"return x"} == changes("return not x")
    assert {"for i in []:", "break"} <= changes("for i in x:\n    continue")
    assert "" in changes("@abs\ndef g(): pass")


@pytest.mark.parametrize(
    "body",
    [
        "def g(y: list[0 + 1]) -> dict[2, 3]:\n    z: int | None = y",
        'raise ValueError("1 + 1" + f"{1 + 1}")',
        'raise ValueError("%d" % (x + 1))',
        '"""1 + 1"""',
        "# 1 + 1\nreturn x",
        'ä: "Ääää" | None = x',
    ],
    ids=["annotations", "message", "formatted", "docstring", "comment", "not_ascii"],
)
def test_what_is_left_alone(body):
    """Annotations, texts of exceptions, docstrings and comments."""
    assert made(body) == []


def test_an_exceptions_other_arguments_are_changed():
    """Only its text is left alone."""
    assert changes("raise KeyError(x + n)")


def test_every_tree_once():
    """No mutant has the syntax tree of another or of the reference, or is no Python."""
    found = made("y = x[0] * 1 - -n\nif y != 0 and not x:\n    return f(*x, n=+1)\nreturn y")
    trees = {ast.dump(ast.parse(mutant.source)) for mutant in found}

    assert len(trees) == len(found) > 40


def test_functions_by_their_path():
    """A method by its class, and a line outside of any function as Python calls it."""
    source = "# BEGIN SOLUTION\nK = 1\n\n\nclass A:\n    def f(self):\n        return 2\n# END SOLUTION\n"

    assert {(m.line, m.function) for m in mutants(source, "a.py")} == {(2, MODULE), (7, "A.f")}


def test_occurrences_count_over_the_file():
    """The same operator in a later function goes on counting."""
    part = "    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n"

    found = mutants(f"def f():\n{part}\n\ndef g():\n{part}", "a.py")

    assert [(mutant.function, mutant.occurrence) for mutant in found] == [
        ("f", 0),
        ("f", 1),
        ("g", 2),
        ("g", 3),
    ]


def test_windows_line_ends():
    """They are no change."""
    (mutant, _) = mutants("# BEGIN SOLUTION\r\nK = 1\r\n# END SOLUTION\r\n", "a.py")

    assert (mutant.before, mutant.after) == ("K = 1", "K = 2")


def test_a_reference_without_markers():
    """It has no part to change: whoever wrote it is told."""
    with pytest.raises(CourseError, match=r"'a\.py' has no BEGIN SOLUTION"):
        mutants("K = 1\n", "a.py")
