"""A notebook to work in, made from an exercise: task, the stub in cells, and checks.

The same exercise gives the same bytes: ids of cells are made of what stands in them, not drawn.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.core.course import Exercise, Language
from grader.errors import CourseError
from grader.notebooks.formulae import rendered
from grader.notebooks.phrases import say

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
SKIPPED = "skip-grade"
"""Tag of the cells that are no part of a solution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some lines of a stub that make a cell: one function or class, or what stands between them."""

    name: str | None
    """Of the function or class."""
    source: str


def notebook(exercise: Exercise, language: Language) -> bytes:
    """The `.ipynb` of an exercise; CourseError where its stub or its text cannot be used."""
    import nbformat  # a third of a second, and only here

    v4: Any = nbformat.v4
    cells: list[Any] = []

    def put(id: str, text: str, *, code: bool = False, tags: Sequence[str] = ()) -> None:
        new = v4.new_code_cell if code else v4.new_markdown_cell
        metadata = {"tags": list(tags)} if tags else {}
        used = sum(cell.id == id or cell.id.startswith(f"{id}--") for cell in cells)
        cells.append(new(text, id=f"{id}--{used + 1}" if used else id, metadata=metadata))

    number = exercise.number
    lang = " --lang ko" if language == "ko" else ""
    for k, section in enumerate(_sections(_task(exercise, language))):
        put(f"task-{k + 1}", rendered(section))
    put("how", _how(exercise, language))
    put("load", "%load_ext grader", code=True, tags=[SKIPPED])
    for file in _order(exercise):
        if len(exercise.files) > 1:
            put(f"file-{file.removesuffix('.py')}", f"### {say('file_title', language, file=file)}")
        for part in parts(_stub(exercise, file), exercise.files):
            put(_id(part.name or "setup"), part.source, code=True)
            if part.name is not None:
                put(_id(f"check-{part.name}"), f"%grade check {number}{lang}", code=True, tags=[SKIPPED])
    put("hand-in", f"## {say('submit_title', language)}\n\n{say('submit', language)}")
    put("submit", f"# %grade submit {number}{lang}", code=True, tags=[SKIPPED])
    made = v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
        },
    )
    nbformat.validate(made)
    return f"{v4.writes(made)}\n".encode()


def file_name(exercise: Exercise) -> str:
    """What the notebook of an exercise is called."""
    return f"{exercise.module}.ipynb"


def parts(stub: str, files: Sequence[str] = ()) -> Iterator[Part]:
    """The stub cut at its functions and classes, each with the comments right above it.

    Where an exercise has several `files`, one notebook holds them all: `from layers import double` goes, and
    `import layers` becomes a name for the notebook itself, so that `layers.double` is what its cell defines.
    """
    lines = stub.split("\n")
    position = 0
    for node in ast.parse(stub).body:
        if not isinstance(node, _Definition):
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
        while first > position and lines[first - 1].startswith("#"):
            first -= 1
        yield from _between(lines[position:first], files)
        position = node.end_lineno or node.lineno
        yield Part(name=node.name, source="\n".join(lines[first:position]))
    yield from _between(lines[position:], files)


def _between(lines: list[str], files: Sequence[str]) -> Iterator[Part]:
    """What stands between definitions, as a cell that shows nothing when it is run."""
    text = "\n".join(lines).strip("\n")
    if not text:
        return
    own = {file.removesuffix(".py") for file in files}
    rows = text.split("\n")
    body = ast.parse(text).body
    for node in body:
        replaced: list[str] | None = None
        if isinstance(node, ast.ImportFrom) and node.module in own:
            replaced = []
        elif isinstance(node, ast.Import) and {alias.name for alias in node.names} & own:
            replaced = [
                f"import __main__ as {alias.asname or alias.name}"
                if alias.name in own
                else ast.unparse(ast.Import([alias]))
                for alias in node.names
            ]
        elif node is body[-1] and _is_text(node):
            # The last expression of a cell is shown below it: what documents a constant becomes a comment.
            written = ast.literal_eval(ast.unparse(node)).strip()
            replaced = [f"# {row.strip()}" for row in written.split("\n")]
        if replaced is not None:
            rows[node.lineno - 1 : node.end_lineno] = [
                "\n".join(replaced),
                *[""] * ((node.end_lineno or 0) - node.lineno),
            ]
    source = "\n".join(rows).strip("\n")
    if source:
        yield Part(name=None, source=source)


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _id(name: str) -> str:
    """An id of a cell, as the format takes them."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)[:56]


def _stub(exercise: Exercise, file: str) -> str:
    path = exercise.public_dir / file
    try:
        stub = path.read_text("utf-8").replace("\r\n", "\n")
        ast.parse(stub)
    except (OSError, UnicodeDecodeError) as e:
        raise CourseError(f"the stub {str(path)!r} cannot be read: {e}") from e
    except SyntaxError as e:
        raise CourseError(f"the stub {str(path)!r} is not Python: {e.msg} in line {e.lineno}") from e
    return stub


def _order(exercise: Exercise) -> list[str]:
    """The files, those that others import before them."""
    done: list[str] = []

    def put(file: str, above: tuple[str, ...]) -> None:
        if file in done or file in above:
            return
        wanted = set()
        for node in ast.walk(ast.parse(_stub(exercise, file))):
            if isinstance(node, ast.Import):
                wanted |= {f"{alias.name}.py" for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                wanted.add(f"{node.module}.py")
        for other in exercise.files:
            if other in wanted:
                put(other, (*above, file))
        done.append(file)

    for file in exercise.files:
        put(file, ())
    return done


def _task(exercise: Exercise, language: Language) -> str:
    """The task in the language, else in the other one."""
    names = ("README.ko.md", "README.md") if language == "ko" else ("README.md", "README.ko.md")
    for name in names:
        path = exercise.public_dir / name
        try:
            return path.read_text("utf-8").replace("\r\n", "\n").strip("\n")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as e:
            raise CourseError(f"the task {str(path)!r} cannot be read: {e}") from e
    return f"# {exercise.number} · {exercise.title.in_(language)}"


def _sections(text: str) -> Iterator[str]:
    """A Markdown text cut before its headings of level 2, outside of blocks of code."""
    section: list[str] = []
    fenced = False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("## ") and not fenced and section:
            yield "\n".join(section).strip("\n")
            section = []
        section.append(line)
    yield "\n".join(section).strip("\n")


def _how(exercise: Exercise, language: Language) -> str:
    said = [
        f"## {say('how_title', language)}",
        say("how", language, number=exercise.number),
        say("how_install", language),
    ]
    if len(exercise.files) > 1:
        said.append(say("how_files", language, files=", ".join(f"`{file}`" for file in exercise.files)))
    if exercise.optional:
        said.append(say("how_parts", language))
    return "\n\n".join(said)
