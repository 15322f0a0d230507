"""A notebook's code cells as a module. Lives in the worker, beside the student's code.

What crosses the wall is the small notebook of core/notebook.py. Each cell is module code of its own: one that
raises ends there, is noted, and the next one goes on. What only a notebook's kernel understands is left out,
and what draws is not run. Lines are counted through all cells, each with the line end behind it.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import re
import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Self

SKIP: Final = "skip-grade"
MAX_TOLD: Final = 32  # notes of a notebook
MAX_WORDS: Final = 120  # characters of a command that are told
MAX_COMMANDS: Final = 100  # in a cell: each costs another reading of it

Note = tuple[str, str, int, str, str]
"""(`failed`, `command` or `plot`, file, line, what was raised or left out, its text)."""

_RUN_THEIR_CELL: Final = frozenset({"time", "capture", "prun"})
_CELL_MAGIC: Final = re.compile(r"%%(\w*)")
# At the beginning of a statement, or after `name =`; help as `?f` and `f?`.
_COMMAND: Final = re.compile(r"[ \t]*([%!?]|[\w.]+\?{1,2}[ \t]*$|[^=()#'\"]+=[ \t]*[%!])")
_TIME: Final = re.compile(r"([ \t]*)%time[ \t]+(.+)")
_SILENT: Final = ("%load_ext", "%reload_ext", "%autoreload", "%matplotlib", "%config", "%grade")
"""Commands that change nothing of what is graded: not worth a word."""

_DRAWING: Final = frozenset({
    "matplotlib", "mpl_toolkits", "pylab", "seaborn", "plotly", "bokeh", "altair", "IPython", "ipywidgets",
})  # fmt: skip
_KERNEL: Final = frozenset({"display", "get_ipython"})
"""Names that a kernel has and a module has not."""


class Cell(NamedTuple):
    """One that runs."""

    before: int
    """Lines before it."""
    source: str
    """Without what is for a kernel; as many lines as it had."""
    tree: ast.Module | None
    error: Exception | None
    """Why it is not Python."""


class Notebook:
    """The cells of one file, read for Python."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.notes: list[Note] = []
        self._cells: list[Cell] = []
        self._drawing = set(_KERNEL)
        before = 0
        for cell in json.loads(data)["cells"]:
            source = cell["source"]
            if SKIP not in cell["metadata"].get("tags", ()):
                self._cells.append(self._read(source, before))
            before += source.count("\n") + 1

    @property
    def python(self) -> bytes:
        """All that runs as one text, each line where it is in the notebook, without what is not Python."""
        lines: list[str] = []
        for cell in self._cells:
            if cell.error is None:
                lines += [""] * (cell.before - len(lines)) + cell.source.split("\n")
        return "\n".join(lines).encode("utf-8", "replace")

    def run(self, namespace: dict[str, Any]) -> None:
        """Execute the cells in order."""
        if not any(isinstance(finder, _StandIns) for finder in sys.meta_path):
            sys.meta_path.append(_StandIns())  # last: what can be imported is
        flags = 0
        for cell in self._cells:
            try:
                code = self._compiled(cell, flags)
                # As in a kernel, and in a file: `from __future__` holds for what comes after it.
                flags |= code.co_flags & _FUTURE
                exec(code, namespace)  # noqa: S102 - running the student's code is what a worker is for
            except BaseException as e:  # noqa: BLE001 - the student's code may raise anything
                self._note("failed", self._line(e, cell), type(e).__name__, _text(e))

    def _compiled(self, cell: Cell, flags: int) -> types.CodeType:
        if cell.error is not None:
            raise cell.error
        assert cell.tree is not None
        ast.increment_lineno(cell.tree, cell.before)
        kept: list[ast.stmt] = []
        drawn: list[ast.stmt] = []
        for statement in cell.tree.body:
            (drawn if self._draws(statement) else kept).append(statement)
        if drawn:
            self._note("plot", drawn[0].lineno, "")
        cell.tree.body = kept
        code: types.CodeType = compile(cell.tree, self.name, "exec", flags, dont_inherit=True)
        return code

    def _line(self, error: BaseException, cell: Cell) -> int:
        """Where the cell ended: the line of its own, not of what it called."""
        if error is cell.error:
            return cell.before + (getattr(error, "lineno", None) or 1)
        if isinstance(error, SyntaxError) and error.filename == self.name and error.lineno:
            return error.lineno
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self.name:
                return traceback.tb_lineno
            traceback = traceback.tb_next
        return cell.before + 1

    def _note(self, what: str, line: int, name: str, text: str = "") -> None:
        if len(self.notes) < MAX_TOLD:
            told = [words[:MAX_WORDS].encode("utf-8", "replace").decode() for words in (name, text)]
            self.notes.append((what, self.name, line, told[0], told[1]))

    def _read(self, source: str, before: int) -> Cell:
        """The cell with commands for a kernel left out."""
        lines = source.split("\n")
        first = next((place for place, line in enumerate(lines) if line.strip()), 0)
        magic = _CELL_MAGIC.match(lines[first].lstrip())
        if magic and magic[1] in _RUN_THEIR_CELL:
            lines[first] = ""
        elif magic:
            self._note("command", before + first + 1, lines[first].strip())
            lines = [""] * len(lines)
        error: Exception | None = None
        for _ in range(MAX_COMMANDS):
            text = "\n".join(lines)
            try:
                return Cell(before, text, ast.parse(text, self.name), None)
            except SyntaxError as e:
                error, place = e, (e.lineno or 0) - 1
            except (ValueError, RecursionError, MemoryError) as e:
                error, place = e, -1
            # Python's own reading says where no statement can begin so: `%` within one stays.
            if not 0 <= place < len(lines) or not _COMMAND.match(lines[place]):
                break
            self._leave_out(lines, place, before)
        return Cell(before, "\n".join(lines), None, error)

    def _leave_out(self, lines: list[str], place: int, before: int) -> None:
        """Nothing in place of a command and of the lines that it goes on in; what `%time` times stays."""
        if timed := _TIME.match(lines[place]):
            lines[place] = timed[1] + timed[2]
            return
        words = lines[place].strip()
        if not words.startswith(_SILENT):
            self._note("command", before + place + 1, words)
        indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
        goes_on = lines[place].endswith("\\")
        lines[place] = f"{indent}pass"
        while goes_on and (place := place + 1) < len(lines):
            goes_on = lines[place].endswith("\\")
            lines[place] = ""

    def _draws(self, statement: ast.stmt) -> bool:
        """Whether the statement is for a kernel's pictures; takes down the names of what is."""
        if (ours := _of_the_grader(statement)) is not None:
            self._drawing |= ours
            return True
        inside = list(_at_once(statement))
        read = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        if read & self._drawing and not any(isinstance(node, _DEFINITIONS) for node in inside):
            self._drawing |= _bound(inside)
            return True
        self._drawing -= _bound(inside)
        self._drawing |= {name for node in inside for name in _imported(node)}
        return False


_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it that runs when it does: not the bodies of functions and classes."""
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from _at_once(child)


def _bound(nodes: Iterable[ast.AST]) -> set[str]:
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    return names


def _of_the_grader(node: ast.stmt) -> set[str] | None:
    """Names that an import of the grader's own functions binds: `check("ex10")` is for a kernel."""
    if isinstance(node, ast.Import) and all(a.name.partition(".")[0] == "grader" for a in node.names):
        return {alias.asname or "grader" for alias in node.names}
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "grader":
        return {alias.asname or alias.name for alias in node.names}
    return None


def _imported(node: ast.AST) -> set[str]:
    """Names of what draws that an import binds."""
    if isinstance(node, ast.Import):
        aliases = [a for a in node.names if a.name.partition(".")[0] in _DRAWING]
        return {alias.asname or alias.name.partition(".")[0] for alias in aliases}
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _DRAWING:
        return {alias.asname or alias.name for alias in node.names}
    return set()


def _future() -> int:
    import __future__

    return sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


_FUTURE: Final = _future()


def _text(error: BaseException) -> str:
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:  # noqa: BLE001 - a __str__ of the student's
        return ""


class _Nothing:
    """What a library that draws is here: whatever is asked of it gives it again, and nothing is drawn."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: object, **kwargs: object) -> Self:
        return self

    def __getitem__(self, key: object) -> Self:
        return self

    def __iter__(self) -> Iterator[Self]:
        return iter((self, self))  # `fig, ax = plt.subplots()`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class _Module(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands for libraries that draw, where they are not installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for one of them, None for any other module."""
        if fullname.partition(".")[0] not in _DRAWING:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An empty one."""
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is in it."""
