"""nbgrader's test cells as checks: each a pytest function whose body is the cell's own code.

In nbgrader such a cell runs in the student's kernel. Here the student's names are bound to what is across the
wall, and the cell's asserts run on the judge's side. A cell that changes the kernel, looks into it, or needs
what an earlier cell left there is not translated, and told.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from grader.importing import names
from grader.importing.cells import Cell, Kind
from grader.importing.reference import Reference

_KERNEL: Final = {
    "inspect": "looks at the student's source",
    "get_ipython": "asks IPython",
    "In": "asks IPython",
    "Out": "asks IPython",
    "display": "shows something",
    "globals": "looks into the kernel",
    "locals": "looks into the kernel",
    "vars": "looks into the kernel",
    "dir": "looks into the kernel",
    "exec": "runs code in the kernel",
    "eval": "runs code in the kernel",
    "open": "reads or writes a file",
    "input": "waits for somebody to type",
    "matplotlib": "looks at plots",
    "plt": "looks at plots",
    "torch": "compares tensors, which cross the wall as descriptions: write it with assert_tensor",
}
"""Names that a cell cannot use on the judge's side, and what it does with them."""

_NOSE: Final = {"ok_": "assertTrue", "eq_": "assertEqual", "assert_equals": "assertEqual"}
_METHODS: Final = ("run", "mutations")
"""Attributes of the fixture's own: a student's function of that name is reached as a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, ready to be written."""

    cell: Cell
    name: str
    group: str
    points: Fraction
    title: str
    body: str
    """With what binds the student's names; not indented."""
    public: str | None
    """The same of what students see of it; None where they see nothing that can be checked."""
    before: tuple[str, ...]
    """Statements that the cell needs of others."""
    before_public: tuple[str, ...] = ()


@dataclass(slots=True)
class Suite:
    """The checks of a notebook."""

    checks: list[Check] = field(default_factory=list)
    needs_probe: bool = False


@dataclass(slots=True)
class _Kernel:
    """What a test cell would find in the kernel, besides what students write."""

    shared: dict[str, str]
    """Names that can be had here as well, each with the statement that gives it."""
    left: dict[str, int] = field(default_factory=dict)
    """Names that earlier test cells have set, and which."""


def build(made: Reference, cells: list[Cell]) -> Suite:
    """The checks of a notebook whose reference is `made`; what cannot be one is told there."""
    suite = Suite()
    kernel = _Kernel(dict(made.given))
    for cell in cells:
        if cell.kind is not Kind.TESTS:
            continue
        source = made.code(cell, "test line")
        if source is None:
            continue
        body = _docstring_off(ast.parse(source).body)[1]
        if (why := _untranslatable(made, kernel, source, body)) is not None:
            made.tell(cell, f"not translated ({cell.points:g} points): {why}")
        else:
            suite.checks.append(_check(made, suite, cell, source, kernel.shared))
            if not cell.points:
                made.tell(cell, "is worth 0 points: it became a public check only")
            if _catches_all(body):
                made.tell(cell, "note: it catches every exception, also that of a part that is not written")
        _leave(made, kernel, cell, body)
    return suite


def _leave(made: Reference, kernel: _Kernel, cell: Cell, body: list[ast.stmt]) -> None:
    """Note what the cell leaves in the kernel for later ones; imports and functions can be had here, too."""
    for node in body:
        for name in names.bound([node]) - made.students.keys():
            if isinstance(node, ast.Import | ast.ImportFrom | names.Function):
                kernel.shared[name] = _nose(node) or ast.unparse(node)
            else:
                kernel.left[name] = cell.number


def _untranslatable(made: Reference, kernel: _Kernel, source: str, body: list[ast.stmt]) -> str | None:
    """Why a test cell cannot be a check; None if it can."""
    if "AUTOTEST" in source:
        return "it has AUTOTEST lines, which nbgrader fills in: write the tests out"
    if not body:
        return "nothing in it runs"
    return (
        _changes(made, kernel, body)
        or _looks_into(made, body)
        or _asks_for_classes(made, body)
        or _lacks(made, kernel, body)
    )


def _changes(made: Reference, kernel: _Kernel, body: list[ast.stmt]) -> str | None:
    """What it changes in the kernel for the student's code."""
    bound = names.bound(body)
    if gone := sorted(names.deleted(body) & made.students.keys()):
        return f"it deletes {gone[0]!r} in the student's kernel"
    if changed := sorted(bound & made.students.keys()):
        return f"it puts something else in place of the student's {changed[0]!r}"
    if changed := sorted(bound & made.globals & (made.given.keys() | kernel.left.keys())):
        return f"it changes {changed[0]!r}, which the student's code uses"
    if any(isinstance(node, ast.Global) for node in _all(body)):
        return "it changes globals"
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in body):
        return "it imports everything of a module: name what it needs"
    return None


def _looks_into(made: Reference, body: list[ast.stmt]) -> str | None:
    """What it uses that is not on the judge's side."""
    used = names.needed(body) | {node.id for node in _all(body) if isinstance(node, ast.Name)}
    for node in _all(body):
        if isinstance(node, ast.Import) and not _nose(node):
            used |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not _nose(node):
            used.add((node.module or "").partition(".")[0])
    for name in sorted(used & _KERNEL.keys() - made.students.keys()):
        if name not in made.given or name in ("torch", "inspect"):
            return f"it {_KERNEL[name]} ({name!r})"
    return None


def _asks_for_classes(made: Reference, body: list[ast.stmt]) -> str | None:
    """A class of the student's that it needs as a class."""
    for node in _all(body):
        asked: list[ast.AST] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asked = [*node.args[1:]] if node.func.id in ("isinstance", "issubclass") else []
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            asked = [node.type]
        own = {n.id for n in _all(asked) if isinstance(n, ast.Name)} & made.students.keys()
        if own:
            return f"it asks for the student's own class {min(own)!r}, which stays across the wall"
    return None


def _lacks(made: Reference, kernel: _Kernel, body: list[ast.stmt]) -> str | None:
    """A name that it needs and that cannot be had here."""
    for name in sorted(names.needed(body) - made.students.keys() - kernel.shared.keys()):
        if name in kernel.left:
            return f"it needs {name!r}, which cell {kernel.left[name]} left in the kernel"
        if name in made.lost:
            return f"it needs {name!r}, which is not here: {made.lost[name]}"
        return f"it needs {name!r}, which no cell before it gives"
    return None


def _all(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield from ast.walk(node)


def _check(made: Reference, suite: Suite, cell: Cell, source: str, shared: dict[str, str]) -> Check:
    doc, body = _docstring_off(ast.parse(source).body)
    stem = re.sub(r"\W+", "_", cell.grade_id, flags=re.ASCII).strip("_").lower() or f"cell_{cell.number}"
    name = stem
    while any(check.group == name for check in suite.checks):
        name += "_2"
    visible = _visible(source)
    public = None
    before_public: tuple[str, ...] = ()
    if visible is not None:
        shown = _docstring_off(ast.parse(visible).body)[1]
        if any(not isinstance(node, ast.Import | ast.ImportFrom) for node in shown):
            public, before_public = _bound(made, suite, shown, visible, shared)
    elif "HIDDEN TESTS" in source:
        made.tell(cell, "note: no public check, because what is left without its hidden tests is not Python")
    text, before = _bound(made, suite, body, source, shared)
    return Check(
        cell=cell,
        name=f"test_{name}",
        group=name,
        points=Fraction(str(cell.points)),
        title=_title(doc, source, cell),
        body=text,
        public=public,
        before=before,
        before_public=before_public,
    )


def _bound(
    made: Reference, suite: Suite, body: list[ast.stmt], source: str, shared: dict[str, str]
) -> tuple[str, tuple[str, ...]]:
    """The cell's lines behind those that bind the student's names, and what must stand above the check."""
    above, inside = _before(made, shared, body)
    whole = [*(node for statement in inside for node in ast.parse(statement).body), *body]
    binding = []
    for name in sorted(names.needed(whole) & made.students.keys()):
        if made.students[name] and names.only_called(whole, name) and name not in _METHODS:
            binding.append(f"{name} = near(submission.{name})")
        else:
            suite.needs_probe = True
            binding.append(f"{name} = near(probe.value({name!r}))")
    head = "\n".join([*binding, *inside])
    return "\n\n".join(filter(None, [head, _own_lines(body, source)])), tuple(above)


def _own_lines(body: list[ast.stmt], source: str) -> str:
    """The cell as it was written; written anew where indenting it would change a text of several lines."""
    texts = [n for s in body for n in ast.walk(s) if isinstance(n, ast.Constant | ast.JoinedStr)]
    if any((n.end_lineno or n.lineno) > n.lineno for n in texts) or any(map(_nose, body)):
        return "\n".join(_nose(node) or ast.unparse(node) for node in body)
    lines = source.split("\n")
    first = min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", []))])
    before = [line for line in lines[: first - 1] if line.lstrip().startswith("#")]
    own = [line for line in (*before, *lines[first - 1 :]) if "HIDDEN TESTS" not in line]
    return "\n".join(own).strip("\n")


def _before(made: Reference, shared: dict[str, str], body: list[ast.stmt]) -> tuple[list[str], list[str]]:
    """What gives the names that the cell needs: above the check, or inside where it needs the student's."""
    wanted: set[str] = set()
    left = names.needed(body) - made.students.keys()
    while left:
        name = left.pop()
        if name in shared and shared[name] not in wanted:
            wanted.add(shared[name])
            left |= names.needed(ast.parse(shared[name]).body) - made.students.keys()
    ordered = [statement for statement in dict.fromkeys(shared.values()) if statement in wanted]
    theirs = set(made.students)
    inside = []
    for _ in ordered:  # what needs a name from inside goes inside as well
        for statement in ordered:
            body_of = ast.parse(statement).body
            if statement not in inside and names.needed(body_of) & theirs:
                inside.append(statement)
                theirs |= names.bound(body_of)
    return [s for s in ordered if s not in inside], [s for s in ordered if s in inside]


def _visible(source: str) -> str | None:
    """What students see of a test cell: all but its hidden tests; None where that is not Python."""
    kept, hidden = [], False
    for line in source.split("\n"):
        if "BEGIN HIDDEN TESTS" in line:
            hidden = True
        kept.append("" if hidden else line)
        if "END HIDDEN TESTS" in line:
            hidden = False
    text = "\n".join(kept)
    try:
        ast.parse(text)
    except SyntaxError:
        return None
    return text


def _docstring_off(body: list[ast.stmt]) -> tuple[str, list[ast.stmt]]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return (first.value.value if isinstance(first.value.value, str) else ""), body[1:]
    return "", body


def _title(doc: str, source: str, cell: Cell) -> str:
    """The cell's docstring, its first comment, or its id."""
    comment = next((line.strip("# ").strip() for line in source.split("\n") if line.strip()), "")
    if not source.lstrip().startswith("#") or "HIDDEN TESTS" in comment:
        comment = ""
    words = doc.strip().partition("\n")[0] or comment or cell.grade_id or f"cell {cell.number}"
    return "".join(c if c.isprintable() else " " for c in " ".join(words.split()))[:120].rstrip(".")


def _nose(node: ast.stmt) -> str | None:
    """What stands for an import of nose's asserts, which no Python of today can install."""
    if not isinstance(node, ast.ImportFrom) or node.module not in ("nose.tools", "nose"):
        return None
    lines = ["from unittest import TestCase"]
    for alias in node.names:
        method = _NOSE.get(alias.name) or re.sub(r"_([a-z])", lambda m: m[1].upper(), alias.name)
        lines.append(f"{alias.asname or alias.name} = TestCase().{method}")
    return "\n".join(lines)


def _catches_all(body: Iterable[ast.stmt]) -> bool:
    handlers = [node for node in _all(body) if isinstance(node, ast.ExceptHandler)]
    wide = ("Exception", "BaseException")
    return any(h.type is None or (isinstance(h.type, ast.Name) and h.type.id in wide) for h in handlers)
