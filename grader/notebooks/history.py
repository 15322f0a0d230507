"""From the cells that a kernel has run to the files of an exercise.

A notebook has no one text: cells are run in any order, again, and after they were deleted. What counts is
what was run. Of each name that the exercise's stub defines this takes the newest definition, and
with it what that needs: imports, helpers, constants. Nothing else, so that plots, downloads and scratch cells
neither run nor spoil anything. What was never run comes from the stub.

Runs in the student's kernel, on text alone: nothing is executed here.
"""

import ast
import symtable
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

STUB = 0
"""Number of the cell that stands for the stub; cells of a kernel count from 1."""
RUNNING = frozenset({"time", "capture", "prun"})
"""Cell magics whose text is Python that defines names in the notebook."""
LONGEST = 2**20  # characters of a cell that is looked at
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as it was run: its number (`In [n]`) and its text."""

    n: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines of a file that came from a cell: `lines` of them, from line `start` there, `cell_line` here."""

    file: str
    start: int
    lines: int
    cell: int
    cell_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something of a cell that was not taken, and why; `reason` is a key of `phrases`."""

    reason: str
    cell: int
    name: str = ""


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


@dataclass(slots=True, kw_only=True, eq=False)
class _Statement:
    """A statement at the top of a cell, in the order in which they were run."""

    order: int
    cell: int
    line: int
    source: str
    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]
    """Names whose objects it changes: `x[0] = 1`, `Value.relu = relu`, `@add_to(Value)`."""
    now: frozenset[str] = field(default_factory=frozenset)
    """Names that it needs when it runs."""
    later: frozenset[str] = field(default_factory=frozenset)
    """Names that the functions in it need when they are called."""


def collect(stubs: Mapping[str, str], cells: Sequence[Cell], transform: Callable[[str], str]) -> Collected:
    """The files of an exercise, as the cells define them.

    Args:
        stubs: the stub of each file of the exercise by its name.
        cells: what the kernel has run, oldest first.
        transform: IPython's `transform_cell`: turns magics and `!` lines into Python calls.
    """
    left: list[Left] = []
    own: dict[str, list[str]] = {}
    statements: list[_Statement] = []
    for file, stub in stubs.items():
        made = list(_statements(Cell(n=STUB, source=stub), str, []))
        own[file] = [name for one in made if not _is_import(one) for name in sorted(one.binds)]
        statements += made
    for cell in cells:
        statements += _statements(cell, transform, left)
    for order, statement in enumerate(statements):
        statement.order = order
    names = {name for listed in own.values() for name in listed}
    functions = {n for s in statements if s.cell == STUB and isinstance(s.node, _Scope) for n in s.binds}
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
        left=_worth_saying(left, names, found, [s for s in statements if s.cell != STUB]),
        is_stub=all(plain[name] == given[name] for name in plain),
    )


def _statements(cell: Cell, transform: Callable[[str], str], left: list[Left]) -> Iterator[_Statement]:
    """The statements of a cell; none of one that is not Python, which could not run either."""
    if len(cell.source) > LONGEST:
        return
    skipped = len(cell.source) - len(cell.source.lstrip("\n"))  # IPython drops empty lines at the top
    yield from _parsed(cell, transform(cell.source), skipped, transform, left)


def _parsed(
    cell: Cell, text: str, skipped: int, transform: Callable[[str], str], left: list[Left]
) -> Iterator[_Statement]:
    try:
        tree = compile(
            text, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        left.append(Left(reason="not_python", cell=cell.n, name=cell.source))
        return
    lines = text.split("\n")
    for node in tree.body:
        if (body := _magic_body(node)) is not None:
            yield from _parsed(cell, transform(body), skipped + 1, transform, left)
            continue
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        last = node.end_lineno or first
        shared = any(
            other is not node and other.lineno <= last and (other.end_lineno or 0) >= first
            for other in tree.body
        )
        source = ast.get_source_segment(text, node) if shared else "\n".join(lines[first - 1 : last])
        if not source:
            continue
        now, later = _uses(source)
        yield _Statement(
            order=0,
            cell=cell.n,
            line=first + skipped,
            source=source,
            node=node,
            binds=frozenset(_bound(node)),
            changes=frozenset(_changed(node)),
            now=now,
            later=later,
        )


def _magic_body(node: ast.stmt) -> str | None:
    """The Python in a cell under `%%time` and the like; None for any other statement."""
    match node:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(attr="run_cell_magic"),
                args=[ast.Constant(value=str(name)), ast.Constant(), ast.Constant(value=str(body))],
            )
        ) if name in RUNNING:
            return body
    return None


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds at the top of the module."""
    if isinstance(node, _Scope):
        yield node.name
        return
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _changed(node: ast.stmt) -> Iterator[str]:
    """Names whose objects a statement changes, without binding them anew."""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AugAssign | ast.AnnAssign)
        else []
    )
    for target in targets:
        root: ast.expr = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if root is not target and isinstance(root, ast.Name):
            yield root.id
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=name), *_])):
            yield name
    for decorator in getattr(node, "decorator_list", []):
        if isinstance(decorator, ast.Call):
            yield from (arg.id for arg in decorator.args if isinstance(arg, ast.Name))


def _uses(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Global names that a statement needs when it runs, and those that its functions need when called."""
    now: set[str] = set()
    later: set[str] = set()
    try:
        top = symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError):  # `await` at the top of a cell
        return frozenset(), frozenset()

    def walk(table: symtable.SymbolTable, names: set[str]) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                names.add(symbol.get_name())
        for child in table.get_children():
            at_once = child.get_type() == "class" or child.get_name() in (
                "listcomp",
                "setcomp",
                "dictcomp",
                "genexpr",
            )
            walk(child, names if at_once else later)

    walk(top, now)
    return frozenset(now), frozenset(later)


def _is_import(statement: _Statement) -> bool:
    return isinstance(statement.node, ast.Import | ast.ImportFrom)


def _always(statement: _Statement) -> bool:
    """`from x import *` and `from __future__`, whose names nobody can see."""
    node = statement.node
    return isinstance(node, ast.ImportFrom) and (
        node.module == "__future__" or any(alias.name == "*" for alias in node.names)
    )


def _shadows(statement: _Statement, functions: set[str], left: list[Left]) -> bool:
    """Whether it gives a function's name to a value, as scratch cells do: `error = h - y`."""
    hidden = sorted(statement.binds & functions)
    if not hidden or isinstance(statement.node, _Scope) or _is_import(statement):
        return False
    node = statement.node
    if isinstance(node, ast.Assign | ast.AnnAssign) and (
        isinstance(node.value, ast.Lambda | ast.Name | ast.Attribute)
        or (isinstance(node.value, ast.Call) and hidden[0] in statement.now)
    ):
        return False  # another name for a function, or one that is wrapped: `f = timed(f)`
    left.extend(Left(reason="value", cell=statement.cell, name=name) for name in hidden)
    return True


def _newest(name: str, statements: Iterable[_Statement], before: int | None = None) -> _Statement | None:
    """The last statement that binds the name, if any does: of those before number `before`, if given."""
    found = None
    for one in statements:
        if before is not None and one.order >= before:
            break
        if name in one.binds and not isinstance(one.node, ast.AugAssign):
            found = one
    return found


def _closure(
    names: Iterable[str], statements: list[_Statement], foreign: Mapping[str, str], modules: set[str]
) -> list[_Statement]:
    """The statements that the names stand for, with all that those need, in an order in which they run."""
    chosen: dict[int, _Statement] = {}
    waiting: list[_Statement | None] = [_newest(name, statements) for name in names]
    waiting += [one for one in statements if _always(one)]
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
    ordered = sorted(chosen.values(), key=lambda one: (not _always(one), _first(one, statements), one.order))
    return _runnable([one for one in ordered if not _imports_itself(one, modules)])


def _first(statement: _Statement, statements: list[_Statement]) -> int:
    """When the first of its versions was run: running a cell again moves nothing in the file."""
    versions = (
        one.order
        for one in statements
        if (one.binds == statement.binds if statement.binds else one.source == statement.source)
        if (one.cell == STUB) == (statement.cell == STUB)
    )
    return min(versions, default=statement.order)


def _changes(name: str, bound: _Statement, statements: list[_Statement]) -> list[_Statement]:
    """What changes the object of a name after it was bound; of equal statements the newest."""
    if _is_import(bound):
        return []
    newest = {
        (one.source if not isinstance(one.node, _Scope) else one.node.name): one
        for one in statements
        if name in one.changes and (one.order > bound.order or one.cell != bound.cell)
    }
    return list(newest.values())


def _imports_itself(statement: _Statement, modules: set[str]) -> bool:
    """Whether it imports a name from a file of the exercise, which `_written` does where it must."""
    node = statement.node
    return isinstance(node, ast.ImportFrom) and node.module in modules


def _runnable(statements: list[_Statement]) -> list[_Statement]:
    """The same, each behind what it needs when it runs.

    A class that was run before its base was run again stands on the new base, as in a notebook that
    is run from the top.
    """
    binders: dict[str, list[_Statement]] = {}
    for one in statements:
        for name in one.binds:
            binders.setdefault(name, []).append(one)
    done: dict[int, _Statement] = {}
    open_: set[int] = set()

    def put(one: _Statement) -> None:
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


def _written(file: str, chosen: list[_Statement], foreign: Mapping[str, str]) -> tuple[str, list[Place]]:
    """The text of a file, and where its lines come from."""
    needed = {name for one in chosen for name in one.now | one.later}
    text: list[str] = []
    places: list[Place] = []
    future = [one for one in chosen if _always(one)]
    rest = [one for one in chosen if not _always(one)]
    imported = [
        f"from {foreign[name].removesuffix('.py')} import {name}" for name in sorted(needed & set(foreign))
    ]
    for part in (*future, *imported, *rest):
        if isinstance(part, str):
            text.append(part)
            continue
        if text and not (_is_import(part) and part is not rest[0]):
            text += ["", ""]
        lines = _as_in_a_file(part).split("\n")
        places.append(
            Place(file=file, start=len(text) + 1, lines=len(lines), cell=part.cell, cell_line=part.line)
        )
        text += lines
    return "\n".join(text) + "\n", places


def _as_in_a_file(statement: _Statement) -> str:
    """Its text; `import __main__ as layers`, by which notebooks stand for several files, is undone."""
    match statement.node:
        case ast.Import(names=[ast.alias(name="__main__", asname=str(module))]):
            return f"import {module}"
    return statement.source


def _plain(statement: _Statement) -> str:
    return ast.dump(statement.node)


def _worth_saying(
    left: list[Left], names: set[str], found: Mapping[str, _Statement], statements: list[_Statement]
) -> list[Left]:
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
