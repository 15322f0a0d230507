"""The statements of a cell, and what each defines, changes and needs.

Runs in the student's kernel, on text alone: cells are parsed, never executed.
"""

import ast
import symtable
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

RUNNING = frozenset({"time", "capture", "prun"})
"""Cell magics whose text is Python that defines names in the notebook."""
LONGEST = 2**20  # characters of a cell that is looked at
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as it was run: its number (`In [n]`) and its text."""

    n: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something of a cell that was not taken, and why; `reason` is a key of `phrases`."""

    reason: str
    cell: int
    name: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Statement:
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


def statements_of(cell: Cell, transform: Callable[[str], str], left: list[Left]) -> Iterator[Statement]:
    """The statements of a cell; none of one that is not Python, which could not run either."""
    if len(cell.source) > LONGEST:
        return
    skipped = len(cell.source) - len(cell.source.lstrip("\n"))  # IPython drops empty lines at the top
    yield from _parsed(cell, transform(cell.source), skipped, transform, left)


def _parsed(
    cell: Cell, text: str, skipped: int, transform: Callable[[str], str], left: list[Left]
) -> Iterator[Statement]:
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
        yield Statement(
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
    if isinstance(node, Scope):
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
            at_once = child.get_type() == "class" or child.get_name() in _COMPREHENSIONS
            walk(child, names if at_once else later)

    walk(top, now)
    return frozenset(now), frozenset(later)


def is_import(statement: Statement) -> bool:
    """Whether it is `import` or `from … import`."""
    return isinstance(statement.node, ast.Import | ast.ImportFrom)


def is_always_needed(statement: Statement) -> bool:
    """`from x import *` and `from __future__`, whose names nobody can see."""
    node = statement.node
    return isinstance(node, ast.ImportFrom) and (
        node.module == "__future__" or any(alias.name == "*" for alias in node.names)
    )
