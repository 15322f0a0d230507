"""From the cells that a kernel has run to the files of an exercise.

A notebook has no one text: cells are run in any order, again, and after they were deleted. What counts is
what was run. Of each name that the exercise's stub defines this takes the newest definition, and
with it what that needs: imports, helpers, constants. Nothing else, so that plots, downloads and scratch cells
neither run nor spoil anything. What was never run comes from the stub.

Runs in the student's kernel, on text alone: nothing is executed here.
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.notebooks.statements import (
    Cell,
    Left,
    Scope,
    Statement,
    is_always_needed,
    is_import,
    statements_of,
)

STUB = 0
"""Number of the cell that stands for the stub; cells of a kernel count from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines of a file that came from a cell: `lines` of them, from line `start` there, `cell_line` here."""

    file: str
    start: int
    lines: int
    cell: int
    cell_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The files of an exercise as the cells have them."""

    files: dict[str, str]
    places: list[Place]
    cells: dict[str, int]
    """Where each name that the stub defines came from; `STUB` where no cell that was run defines it."""
    left: list[Left]
    is_stub: bool
    """Whether every definition is still the stub's."""


def collect(stubs: Mapping[str, str], cells: Sequence[Cell], transform: Callable[[str], str]) -> Collected:
    """The files of an exercise, as the cells define them.

    Args:
        stubs: the stub of each file of the exercise by its name.
        cells: what the kernel has run, oldest first.
        transform: IPython's `transform_cell`: turns magics and `!` lines into Python calls.
    """
    left: list[Left] = []
    own: dict[str, list[str]] = {}
    statements: list[Statement] = []
    for file, stub in stubs.items():
        made = list(statements_of(Cell(n=STUB, source=stub), str, []))
        own[file] = [name for one in made if not is_import(one) for name in sorted(one.binds)]
        statements += made
    for cell in cells:
        statements += statements_of(cell, transform, left)
    for order, statement in enumerate(statements):
        statement.order = order
    names = {name for listed in own.values() for name in listed}
    functions = {n for s in statements if s.cell == STUB and isinstance(s.node, Scope) for n in s.binds}
    statements = [s for s in statements if not _shadows(s, functions, left)]
    owner = {name: file for file, listed in own.items() for name in listed}
    modules = {file.removesuffix(".py") for file in stubs}
    files: dict[str, str] = {}
    places: list[Place] = []
    for file, listed in own.items():
        foreign = {name: other for name, other in owner.items() if other != file}
        chosen = _closure(listed, statements, foreign, modules)
        files[file], own_places = _written(file, chosen, foreign)
        places += own_places
    newest = {name: _newest(name, statements) for name in names}
    found = {name: one for name, one in newest.items() if one is not None}
    plain = {name: _plain(one) for name, one in found.items()}
    given = {name: _plain(s) for s in statements if s.cell == STUB for name in s.binds}
    return Collected(
        files=files,
        places=places,
        cells={name: one.cell for name, one in found.items()},
        left=_worth_saying(left, names, found),
        is_stub=all(plain[name] == given[name] for name in plain),
    )


def _shadows(statement: Statement, functions: set[str], left: list[Left]) -> bool:
    """Whether it gives a function's name to a value, as scratch cells do: `error = h - y`."""
    hidden = sorted(statement.binds & functions)
    if not hidden or isinstance(statement.node, Scope) or is_import(statement):
        return False
    node = statement.node
    if isinstance(node, ast.Assign | ast.AnnAssign) and (
        isinstance(node.value, ast.Lambda | ast.Name | ast.Attribute)
        or (isinstance(node.value, ast.Call) and hidden[0] in statement.now)
    ):
        return False  # another name for a function, or one that is wrapped: `f = timed(f)`
    left.extend(Left(reason="value", cell=statement.cell, name=name) for name in hidden)
    return True


def _newest(name: str, statements: Iterable[Statement], before: int | None = None) -> Statement | None:
    """The last statement that binds the name, if any does: of those before number `before`, if given."""
    found = None
    for one in statements:
        if before is not None and one.order >= before:
            break
        if name in one.binds and not isinstance(one.node, ast.AugAssign):
            found = one
    return found


def _closure(
    names: Iterable[str], statements: list[Statement], foreign: Mapping[str, str], modules: set[str]
) -> list[Statement]:
    """The statements that the names stand for, with all that those need, in an order in which they run."""
    chosen: dict[int, Statement] = {}
    waiting: list[Statement | None] = [_newest(name, statements) for name in names]
    waiting += [one for one in statements if is_always_needed(one)]
    seen: set[str] = set(names)
    while waiting:
        one = waiting.pop()
        if one is None or one.order in chosen:
            continue
        chosen[one.order] = one
        for name in one.binds & one.now:  # `f = timed(f)` stands on the `f` before
            waiting.append(_newest(name, statements, one.order))
        for name in (one.now | one.later | one.binds) - seen:
            seen.add(name)
            if name not in foreign:
                waiting.append(_newest(name, statements))
        for name in one.binds - set(foreign):
            waiting += _changes(name, one, statements)
    ordered = sorted(
        chosen.values(), key=lambda one: (not is_always_needed(one), _first(one, statements), one.order)
    )
    return _runnable([one for one in ordered if not _imports_itself(one, modules)])


def _first(statement: Statement, statements: list[Statement]) -> int:
    """When the first of its versions was run: running a cell again moves nothing in the file."""
    versions = (
        one.order
        for one in statements
        if (one.binds == statement.binds if statement.binds else one.source == statement.source)
        if (one.cell == STUB) == (statement.cell == STUB)
    )
    return min(versions, default=statement.order)


def _changes(name: str, bound: Statement, statements: list[Statement]) -> list[Statement]:
    """What changes the object of a name after it was bound; of equal statements the newest."""
    if is_import(bound):
        return []
    newest = {
        (one.source if not isinstance(one.node, Scope) else one.node.name): one
        for one in statements
        if name in one.changes and (one.order > bound.order or one.cell != bound.cell)
    }
    return list(newest.values())


def _imports_itself(statement: Statement, modules: set[str]) -> bool:
    """Whether it imports a name from a file of the exercise, which `_written` does where it must."""
    node = statement.node
    return isinstance(node, ast.ImportFrom) and node.module in modules


def _runnable(statements: list[Statement]) -> list[Statement]:
    """The same, each behind what it needs when it runs.

    A class that was run before its base was run again stands on the new base, as in a notebook that
    is run from the top.
    """
    binders: dict[str, list[Statement]] = {}
    for one in statements:
        for name in one.binds:
            binders.setdefault(name, []).append(one)
    done: dict[int, Statement] = {}
    open_: set[int] = set()

    def put(one: Statement) -> None:
        if one.order in done or one.order in open_:
            return
        open_.add(one.order)
        for name in sorted(one.now | one.changes):
            for other in binders.get(name, []):
                if other.order < one.order or name not in one.binds:
                    put(other)
        done[one.order] = one

    for one in statements:
        put(one)
    return list(done.values())


def _written(file: str, chosen: list[Statement], foreign: Mapping[str, str]) -> tuple[str, list[Place]]:
    """The text of a file, and where its lines come from."""
    needed = {name for one in chosen for name in one.now | one.later}
    text: list[str] = []
    places: list[Place] = []
    future = [one for one in chosen if is_always_needed(one)]
    rest = [one for one in chosen if not is_always_needed(one)]
    imported = [
        f"from {foreign[name].removesuffix('.py')} import {name}" for name in sorted(needed & set(foreign))
    ]
    above_is_import = True
    parts: list[Statement | str] = [*future, *imported, *rest]
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            continue
        if text and not (above_is_import and is_import(part)):
            text += ["", ""]
        above_is_import = is_import(part)
        lines = _as_in_a_file(part).split("\n")
        places.append(
            Place(file=file, start=len(text) + 1, lines=len(lines), cell=part.cell, cell_line=part.line)
        )
        text += lines
    return "\n".join(text) + "\n", places


def _as_in_a_file(statement: Statement) -> str:
    """Its text; `import __main__ as layers`, by which notebooks stand for several files, is undone."""
    match statement.node:
        case ast.Import(names=[ast.alias(name="__main__", asname=str(module))]):
            return f"import {module}"
    return statement.source


def _plain(statement: Statement) -> str:
    return ast.dump(statement.node)


def _worth_saying(left: list[Left], names: set[str], found: Mapping[str, Statement]) -> list[Left]:
    """What was left out and is about the exercise's names, if nothing newer defines them."""
    said: list[Left] = []
    for one in left:
        if one.reason == "not_python":
            said += [
                Left(reason="not_python", cell=one.cell, name=name)
                for name in sorted(names)
                if f"def {name}(" in one.name or f"class {name}" in one.name
                if found[name].cell < one.cell
            ]
        elif found[one.name].cell <= one.cell:
            said.append(one)
    said += [
        Left(reason="magic", cell=one.cell, name=name)
        for name, one in sorted(found.items())
        if "get_ipython" in one.now | one.later
    ]
    return said
