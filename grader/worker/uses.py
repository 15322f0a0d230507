"""What a submission uses that its exercise forbids: evidence for the judge, and no proof.

Lives in the worker, beside the student's code, and is there only where an exercise forbids something. The
source is read here, never in the judge: a file can be written so that its parser takes minutes. Names are
sought in the syntax tree, operations are seen as they run (operations.py, with torch). All of it can be
hidden by whoever sets out to: docs/authoring.md says how.
"""

import ast
import fnmatch
import functools
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

MAX_TOLD: Final = 16  # uses in one reply; the first of them say enough
EVERYTHING: Final = "*"  # in place of names: the whole module
_PASSES: Final = 4  # over assignments: a name of a name of a name of a name

Use = tuple[str, str, int, list[str]]
"""(what, file, line or 0, names of the module that come to it: none for what ran in this call)."""


def pattern(globs: Sequence[str]) -> "re.Pattern[str] | None":
    """One pattern for all of `globs`; None for none."""
    return _pattern(tuple(globs))


@functools.cache
def _pattern(globs: tuple[str, ...]) -> "re.Pattern[str] | None":
    return re.compile("|".join(map(fnmatch.translate, globs))) if globs else None


def prepare(operators: Sequence[str], functions: Sequence[str], names: Sequence[str]) -> None:
    """In the fork server: compute and lay out what each `Watch` over these globs needs."""
    pattern(functions), pattern(names)
    found = pattern(operators)
    if found is not None and "torch" in sys.modules:
        importlib.import_module("grader.worker.operations").wire_kernels(found)


class Watch:
    """Runs the student's code and takes down what it uses."""

    def __init__(
        self,
        operators: Sequence[str],
        functions: Sequence[str],
        names: Sequence[str],
        files: Sequence[tuple[str, bytes]],
    ) -> None:
        """Globs of torch's operators (`aten.convolution`) and functions as they run, and of names."""
        self._files = frozenset(name for name, _ in files)
        self._seen: dict[tuple[str, str, int], Use] = {}
        self._run: Callable[..., Any] | None = None
        for use in _in_source(files, pattern(names)):
            self._seen.setdefault(use[:3], use)
        if "torch" in sys.modules:
            log = importlib.import_module("grader.worker.operations")
            self._run = log.watcher(pattern(operators), pattern(functions), self._saw)

    def __call__(self, function: Callable[..., Any], *args: Any) -> Any:
        """What `function` returns, watched."""
        return function(*args) if self._run is None else self._run(function, *args)

    def told(self) -> tuple[list[Use], ...]:
        """What was seen since the last time: nothing, or one list."""
        if not self._seen:
            return ()
        uses = list(self._seen.values())[:MAX_TOLD]
        self._seen = {}
        return (uses,)

    def _saw(self, what: str) -> None:
        """An operation is running: below which of the student's lines?"""
        frame: Any = sys._getframe(2)  # noqa: SLF001 - a line without a traceback
        while frame is not None and frame.f_code.co_filename not in self._files:
            frame = frame.f_back
        file, line = ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)
        if len(self._seen) < MAX_TOLD:
            self._seen.setdefault((what, file, line), (what, file, line, []))


def _in_source(files: Sequence[tuple[str, bytes]], names: "re.Pattern[str] | None") -> Iterator[Use]:
    if names is None:
        return
    for place, (file, source) in enumerate(files):
        try:
            tree = ast.parse(source)
            found = sorted(_Source(tree).uses(names))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # it will not compile either: the import says why
        owners = _owners(tree) if found else []
        for line, what in found:
            # Who uses the other files of a submission is not followed.
            yield what, file, line, _reached(owners, line) if place == 0 else [EVERYTHING]


class _Source:
    """Which dotted names the expressions of a module stand for, as far as its text tells."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes = list(ast.walk(tree))
        self._bound: dict[str, set[str]] = {}
        self._stars: list[str] = []
        assigned: list[tuple[str, ast.expr]] = []
        for node in self._nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._bind(node)
            else:
                assigned += _assigned(node)
        for _ in range(_PASSES):
            before = sum(map(len, self._bound.values()))
            for name, value in assigned:
                self._bound.setdefault(name, set()).update(self._names(value))
            if sum(map(len, self._bound.values())) == before:
                break

    def uses(self, names: "re.Pattern[str]") -> set[tuple[int, str]]:
        """(line, name) of each import and expression that stands for one of `names`."""
        found = set()
        for node in self._nodes:
            if isinstance(node, ast.ImportFrom) and not node.level:
                here = {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                here = {alias.name for alias in node.names}
            elif isinstance(node, (ast.Attribute, ast.Call, ast.Subscript, ast.Name)):
                here = self._names(node)
            else:
                continue
            found |= {(node.lineno, name) for name in here if names.match(name)}
        return found

    def _bind(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                top = alias.name.partition(".")[0]
                self._bound.setdefault(alias.asname or top, set()).add(alias.name if alias.asname else top)
            elif node.level:
                continue  # a student's own
            elif alias.name == "*":
                self._stars.append(str(node.module))
            else:
                bound = self._bound.setdefault(alias.asname or alias.name, set())
                bound.add(f"{node.module}.{alias.name}")

    def _names(self, node: ast.expr) -> set[str]:
        """Dotted names of what the expression is; none if it cannot be told."""
        if isinstance(node, ast.Name):
            return self._bound.get(node.id) or {f"{star}.{node.id}" for star in self._stars}
        if isinstance(node, ast.Attribute):
            known = {f"{base}.{node.attr}" for base in self._names(node.value)}
            return known or self._bound.get(f".{node.attr}", set())
        if isinstance(node, ast.NamedExpr):
            return self._names(node.value)
        if isinstance(node, ast.IfExp):
            return self._names(node.body) | self._names(node.orelse)
        if isinstance(node, ast.Subscript):
            return self._item(node.value, _text(node.slice))
        if isinstance(node, ast.Call):
            return self._call(node)
        return set()

    def _item(self, value: ast.expr, key: str | None) -> set[str]:
        """`sys.modules["torch"]`, `F.__dict__["conv2d"]`, `vars(F)["conv2d"]`."""
        if key is None:
            return set()
        if "sys.modules" in self._names(value):
            return {key}
        if isinstance(value, ast.Attribute) and value.attr == "__dict__":
            return {f"{base}.{key}" for base in self._names(value.value)}
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "vars":
            return {f"{base}.{key}" for argument in value.args[:1] for base in self._names(argument)}
        return set()

    def _call(self, node: ast.Call) -> set[str]:
        """`getattr(F, "conv2d")`, `import_module("torch")`, `attrgetter("nn.Conv2d")(torch)`."""
        function = node.func
        texts = [_text(argument) for argument in node.args]
        if isinstance(function, ast.Name) and function.id == "getattr" and len(texts) > 1 and texts[1]:
            return {f"{base}.{texts[1]}" for base in self._names(node.args[0])}
        if isinstance(function, ast.Name) and function.id == "__import__" and texts and texts[0]:
            return {texts[0].partition(".")[0]}
        if isinstance(function, ast.Attribute) and function.attr in ("__getattribute__", "__getattr__"):
            return {f"{base}.{texts[-1]}" for base in self._names(function.value) if texts and texts[-1]}
        if "importlib.import_module" in self._names(function) and texts and texts[0]:
            return {texts[0]}
        if isinstance(function, ast.Call) and "operator.attrgetter" in self._names(function.func):
            path = _text(function.args[0]) if function.args else None
            return {f"{base}.{path}" for argument in node.args[:1] for base in self._names(argument) if path}
        return set()


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of assignments; an attribute's name has a dot before it."""
    if isinstance(node, ast.Assign):
        pairs: Iterable[tuple[ast.expr, ast.expr]] = [(target, node.value) for target in node.targets]
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        pairs = [(node.target, node.value)]
    else:
        return
    for target, value in pairs:
        targets, values = [target], [value]
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
            targets, values = target.elts, value.elts
        for one, other in zip(targets, values, strict=False):
            if isinstance(one, ast.Name):
                yield one.id, other
            elif isinstance(one, ast.Attribute):
                yield f".{one.attr}", other


def _text(node: ast.expr) -> str | None:
    """A string that stands in the source, also as a sum or an f-string of such."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values]
        return None if None in parts else "".join(map(str, parts))
    return None


Owner = tuple[int, int, frozenset[str], frozenset[str]]
"""A statement of the module: (first line, last line, names that it defines, names that it uses)."""


def _owners(tree: ast.Module) -> list[Owner]:
    found = []
    for statement in tree.body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        used = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
        last = statement.end_lineno or first
        found.append((first, last, frozenset(_defined(statement)), frozenset(used)))
    return found


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return names


def _reached(owners: Sequence[Owner], line: int) -> list[str]:
    """Names of the module that come to what stands in `line`."""
    names: set[str] = set()
    for first, last, defined, _ in owners:
        if first <= line <= last:
            names |= defined or {EVERYTHING}
    while more := {n for _, _, defined, used in owners if used & names for n in defined} - names:
        names |= more
    return sorted(names)[:MAX_TOLD]
