"""The reference that a notebook holds: its solution cells with their markers, and the given code they need.

The file is imported, by a student's machine as a stub and by the judge as a reference, so nothing that calls
what students write may run where it stands. Such lines, plots and what only shows something are left out,
and told.
"""

import ast
import sys
from dataclasses import dataclass, field
from typing import Final

from grader.importing import names
from grader.importing.cells import Cell, Finding, Kind, without_magics

PACKAGES: Final = ("numpy", "torch", "pytorch_lightning")
"""What workers can hold besides Python's own modules."""

_SEEDS: Final = frozenset({"seed", "manual_seed"})


@dataclass(slots=True)
class Reference:
    """What the code cells come to, in their order."""

    notebook: str
    parts: list[str] = field(default_factory=list)
    """Pieces of the file."""
    students: dict[str, bool] = field(default_factory=dict)
    """Names that students write; True for functions and classes."""
    given: dict[str, str] = field(default_factory=dict)
    """Names that the notebook gives, each with the statement that does."""
    lost: dict[str, str] = field(default_factory=dict)
    """Names of the notebook that are not here, and why."""
    globals: set[str] = field(default_factory=set)
    """Names that functions of the file look up when they are called."""
    packages: list[str] = field(default_factory=lambda: ["numpy"])
    findings: list[Finding] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The file."""
        return "\n\n\n".join(part.strip("\n") for part in self.parts if part.strip()) + "\n"

    def tell(self, cell: Cell, what: str) -> None:
        """Note what was not carried over as it stood."""
        self.findings.append(Finding(notebook=self.notebook, cell=cell.number, what=what))

    def lose(self, cell: Cell, gone: set[str], why: str) -> None:
        """Remember names that are not here; those that students write are."""
        self.lost.update((name, f"{why} (cell {cell.number})") for name in gone - self.students.keys())

    def code(self, cell: Cell, what: str = "line") -> str | None:
        """The cell's Python without magics, which are told; None where it is none."""
        source, magics = without_magics(cell.source)
        for magic in magics:
            self.tell(cell, f"left out the {what} {magic[:80]!r}: only IPython knows it")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
            why = str(e) or "nested too deeply"  # so the parser's MemoryError
            self.tell(cell, f"left out: it is not Python ({why})")
            return None
        return source


def build(notebook: str, cells: list[Cell]) -> Reference:
    """The reference of a notebook's cells."""
    made = Reference(notebook)
    for cell in cells:
        if not cell.is_code or cell.kind is Kind.TESTS:
            continue
        if (source := made.code(cell)) is None:
            continue
        if cell.kind in (Kind.SOLUTION, Kind.MANUAL):
            _solution(made, cell, source)
        else:
            _given(made, cell, source)
    return made


def _solution(made: Reference, cell: Cell, source: str) -> None:
    """A cell that students write in: all of it where it has no markers, as nbgrader takes it."""
    marked = _normalised(source)
    tree = ast.parse(marked)
    if "# BEGIN SOLUTION" not in marked:
        if not source.strip():
            return
        marked = f"# BEGIN SOLUTION\n{source.strip(chr(10))}\n# END SOLUTION"
    else:
        lines = marked.split("\n")
        for node in tree.body:
            if _only_shows(node) and not _inside(lines, node.lineno):
                made.tell(cell, f"left out {_short(node)}: it would run when the file is loaded")
                for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    lines[number - 1] = ""
        marked = _with_class_bodies("\n".join(lines))
    for node in tree.body:
        _import_of(made, cell, node)
    for name in names.bound(tree.body):
        is_function = any(
            isinstance(node, names.Function | ast.ClassDef) and node.name == name for node in tree.body
        )
        imported = any(
            name in names.bound([n]) for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)
        )
        if not imported:
            made.students[name] = is_function
        else:
            made.given[name] = _statement(tree.body, name)
    for name in sorted(names.needed(tree.body) & made.lost.keys()):
        made.tell(cell, f"uses {name!r}, which is not here: {made.lost[name]}")
    made.globals |= names.needed(tree.body)
    made.parts.append(marked)


def _statement(body: list[ast.stmt], name: str) -> str:
    return next(ast.unparse(node) for node in body if name in names.bound([node]))


def _normalised(source: str) -> str:
    """Nbgrader's markers as they are written here: comments of their own, END indented as its BEGIN."""
    lines, indent = source.split("\n"), ""
    for number, line in enumerate(lines):
        if "BEGIN SOLUTION" in line and line.lstrip().startswith("#"):
            indent = line[: len(line) - len(line.lstrip())]
            lines[number] = f"{indent}# BEGIN SOLUTION"
        elif "END SOLUTION" in line and line.lstrip().startswith("#"):
            lines[number] = f"{indent}# END SOLUTION"
    return "\n".join(lines)


def _with_class_bodies(source: str) -> str:
    """The source where a class of which students write everything still has a body without it."""
    lines = source.split("\n")
    ends = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and all(_inside(lines, one.lineno) for one in node.body):
            last = node.body[-1].end_lineno or node.body[-1].lineno
            ends.append((next(n for n in range(last, len(lines)) if "# END SOLUTION" in lines[n]), node))
    for number, node in sorted(ends, key=lambda end: end[0], reverse=True):
        lines.insert(number + 1, f"{' ' * node.body[0].col_offset}pass")
    return "\n".join(lines)


def _inside(lines: list[str], number: int) -> bool:
    """Whether a line stands between markers."""
    before = [line.strip() for line in lines[: number - 1]]
    return before.count("# BEGIN SOLUTION") > before.count("# END SOLUTION")


def _given(made: Reference, cell: Cell, source: str) -> None:
    """A cell of the author's: what students' code may need is kept, statement by statement."""
    tree = ast.parse(source)
    lines = source.split("\n")
    kept: list[str] = []
    for node in tree.body:
        if (why := _not_here(made, cell, node)) is not None:
            made.tell(cell, f"left out {_short(node)}: {why}")
            made.lose(cell, names.bound([node]), why)
            continue
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        kept.append("\n".join(lines[first - 1 : node.end_lineno]))
        for name in names.bound([node]):
            made.given[name] = kept[-1]
            made.lost.pop(name, None)
        made.globals |= names.needed([node])
    made.parts.append("\n".join(kept))


def _not_here(made: Reference, cell: Cell, node: ast.stmt) -> str | None:
    """Why a statement of the author's cannot stand in the file; None if it can."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _import_of(made, cell, node, tell=False)
    needed = names.needed([node])
    if gone := sorted(needed & made.lost.keys()):
        return f"it uses {gone[0]!r}, which is not here"
    if isinstance(node, names.Function | ast.ClassDef):
        return None
    if called := sorted(needed & made.students.keys()):
        return f"it uses {called[0]!r}, which students write, when the file is loaded"
    if _only_shows(node):
        return "it only shows something"
    return None


def _import_of(made: Reference, cell: Cell, node: ast.stmt, *, tell: bool = True) -> str | None:
    """Why an import cannot be; else None, and its package is noted."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return None
    modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or "."]
    for module in modules:
        top = module.partition(".")[0]
        if top in PACKAGES:
            for package in {"torch": ["torch"], "pytorch_lightning": ["torch", "lightning"]}.get(top, []):
                if package not in made.packages:
                    made.packages.append(package)
        elif top not in sys.stdlib_module_names:
            why = f"workers have no {top!r}"
            if tell:
                made.tell(cell, f"imports {top!r}: {why}, so this part cannot run")
            return why
    return None


def _only_shows(node: ast.stmt) -> bool:
    """Whether it is an expression whose value a notebook would show, and not a seed that is set."""
    if not isinstance(node, ast.Expr):
        return False
    call = node.value
    return not (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _SEEDS
    )


def _short(node: ast.stmt) -> str:
    line = ast.unparse(node).splitlines()[0]
    return repr(line if len(line) <= 60 else line[:59] + "…")
