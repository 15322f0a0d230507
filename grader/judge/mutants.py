"""Mutants of a reference: the same file with one small slip in it, as cosmic-ray's operators make them.

Only what students write is touched, which is what stands between the markers of the reference; type
annotations and the texts of exceptions are left alone. Read by `survivors`, on our side of the wall.
cosmic-ray (extra `audit`) gives the operators and nothing else: no session, no database, no file is written.
"""

import ast
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.core import stub
from grader.errors import EngineError

if TYPE_CHECKING:
    from cosmic_ray.operators.operator import Operator

MODULE = "<module>"
"""The function of a line that stands in none, as Python calls it."""

_NO_BLANK_AFTER = " ([{:,=*-"  # behind a comparison it belongs there

_Place = tuple[int, int]  # line from 1, column from 0 in characters
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """The reference with one change."""

    file: str
    operator: str
    """cosmic-ray's name, such as `NumberReplacer`."""
    occurrence: int
    """Which of the places in the file where the operator applies, from 0."""
    line: int
    """Of the change, in the reference, from 1."""
    function: str
    """Around the change, such as `conv2d` or `Value.backward`; else `<module>`."""
    before: str
    """The lines that differ, as they stand in the reference, without their indentation."""
    after: str
    source: str
    """The whole mutated file."""


def mutants(source: str, file: str) -> list[Mutant]:
    """The mutants of a reference, by line, each with a syntax tree of its own.

    Raises:
        CourseError: its markers are amiss; or (EngineError) cosmic-ray is not installed.
    """
    source = source.replace("\r\n", "\n")
    operators = _operators()
    parts = stub.parts(source, file)
    left_alone = list(_left_alone(source))
    scopes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, _Scope)]
    made = []
    seen = {ast.dump(ast.parse(source))}
    for place, name, occurrence, mutated in _changed(source, operators, parts, left_alone):
        try:
            tree = ast.dump(ast.parse(mutated))
        except SyntaxError:  # `f(*args)` became `f(/args)`, say
            continue
        if tree in seen:
            continue
        seen.add(tree)
        before, after = _difference(source, mutated)
        made.append(
            Mutant(
                file=file,
                operator=name,
                occurrence=occurrence,
                line=place[0],
                function=_function(scopes, place[0]),
                before=before,
                after=after,
                source=mutated,
            )
        )
    return sorted(made, key=lambda mutant: mutant.line)


def _operators() -> "dict[str, Operator]":
    """cosmic-ray's operators by name, but for those that put in variables and values at random."""
    try:
        from cosmic_ray import plugins
    except ModuleNotFoundError as e:
        raise EngineError("mutants need cosmic-ray: pip install 'dlgrade[audit]'") from e
    found = {name.rpartition("/")[2]: plugins.get_operator(name) for name in plugins.operator_names()}
    return {name: operator() for name, operator in found.items() if not operator.arguments()}


def _changed(
    source: str,
    operators: "dict[str, Operator]",
    parts: list[tuple[int, int]],
    left_alone: list[tuple[_Place, _Place]],
) -> Iterator[tuple[_Place, str, int, str]]:
    """Place of the change, operator, occurrence in the file, and the changed file."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    before = ""
    earlier: Counter[str] = Counter()
    for statement in get_ast(source).children:
        # An operator changes the tree that it is given, so each mutant needs a fresh one: of this part.
        text: str = statement.get_code()
        lines = before.count("\n")
        here: Counter[str] = Counter()
        for node in ast_nodes(get_ast(text)):
            for name, operator in operators.items():
                for (line, column), _ in operator.mutation_positions(node):
                    occurrence, place = here[name], (line + lines, column)
                    here[name] += 1
                    if not any(begin < place[0] < end for begin, end in parts):
                        continue
                    if any(start <= place < end for start, end in left_alone):
                        continue
                    mutated = _tidy(text, mutate_code(text, operator, occurrence))
                    rest = source[len(before) + len(text) :]
                    yield place, name, earlier[name] + occurrence, before + mutated + rest
        earlier.update(here)
        before += text


def _tidy(text: str, mutated: str) -> str:
    """`mutated` without the blank that an operator leaves where there was none, as in `x[ 1]`."""
    at = next((i for i, (a, b) in enumerate(zip(text, mutated, strict=False)) if a != b), len(mutated))
    if mutated[at : at + 1] != " " or mutated[at - 1] not in _NO_BLANK_AFTER:
        return mutated
    tidy = mutated[:at] + mutated[at + 1 :]
    try:
        same = ast.dump(ast.parse(tidy)) == ast.dump(ast.parse(mutated))
    except SyntaxError:
        return mutated
    return tidy if same else mutated


def _left_alone(source: str) -> Iterator[tuple[_Place, _Place]]:
    """Beginnings and ends of what is no part of the task: annotations, and texts of exceptions."""
    lines = source.split("\n")

    def place(line: int | None, column: int | None) -> _Place:
        assert line is not None
        assert column is not None
        return line, len(lines[line - 1].encode()[:column].decode())  # `ast` counts bytes

    for node in ast.walk(ast.parse(source)):
        for one in _unmutated(node):
            yield place(one.lineno, one.col_offset), place(one.end_lineno, one.end_col_offset)


def _unmutated(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
        yield node.returns
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield from (argument for argument in node.exc.args if _holds_text(argument))


def _holds_text(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in ast.walk(node))


def _function(scopes: list[_Scope], line: int) -> str:
    """Names of the scopes around a line, the outermost first."""
    around: list[Any] = [scope for scope in scopes if scope.lineno <= line <= (scope.end_lineno or 0)]
    return ".".join(scope.name for scope in sorted(around, key=lambda scope: scope.lineno)) or MODULE


def _difference(source: str, mutated: str) -> tuple[str, str]:
    """The lines that differ, of either, without their common indentation."""
    old, new = source.split("\n"), mutated.split("\n")
    shorter = min(len(old), len(new))
    first = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    last = next((i for i in range(shorter - first) if old[-1 - i] != new[-1 - i]), shorter - first)
    before, after = (textwrap.dedent("\n".join(lines[first : len(lines) - last])) for lines in (old, new))
    return before, after
