"""Stubs: what students start from, cut out of the reference by its `BEGIN/END SOLUTION` markers.

`python -m grader.core.stub [COURSE]` writes the stubs of all exercises whose reference is there
(`make stubs`). The rule is in docs/authoring.md; a test holds stubs and references equal.
"""

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

from grader.core.course import Course
from grader.errors import CourseError

_MARKER = re.compile(r"#+\s*(BEGIN|END)\s+SOLUTION\s*", re.IGNORECASE)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def stub(source: str, file: str = "<reference>") -> str:
    """The reference `source` without what students write; CourseError where its markers are amiss.

    A marked part of a function becomes `raise NotImplementedError`; elsewhere it vanishes.
    """
    source = source.replace("\r\n", "\n")
    marked = parts(source, file)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, _Function)]
    lines = source.split("\n")
    made: list[str] = []
    position = 0
    for begin, end in marked:  # lines of the markers, from 1
        made += lines[position : begin - 1]
        position = end
        if function := _around(functions, begin):
            indent = lines[begin - 1][: -len(lines[begin - 1].lstrip())]
            made.append(f'{indent}raise NotImplementedError("{function.name} is not written yet")')
        else:
            position = _close_gap(made, lines, position)
    text = "\n".join(made + lines[position:]).strip("\n") + "\n"
    try:
        compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as e:
        raise CourseError(f"{file!r}: its stub is not Python: {e.msg} in line {e.lineno} of the stub") from e
    return text


def write_stubs(course: Course) -> list[Path]:
    """Writes the stub of every exercise whose reference is there; returns the files that changed."""
    changed = []
    for exercise in course.exercises.values():
        for name in exercise.files if exercise.solution_dir else ():
            reference = course.root / "solutions" / exercise.id / name
            path = exercise.public_dir / name
            if not reference.is_file():
                continue
            text = stub(reference.read_text(encoding="utf-8"), str(reference.relative_to(course.root)))
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
                changed.append(path)
    return changed


def parts(source: str, file: str) -> list[tuple[int, int]]:
    """Lines of the BEGIN and END markers of each part, in order; CourseError where they are amiss."""
    found: list[tuple[int, int]] = []
    opened: tokenize.TokenInfo | None = None
    try:
        ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except SyntaxError as e:
        raise CourseError(f"{file!r} is not Python: {e.msg} in line {e.lineno}") from e
    for token in tokens:
        if token.type != tokenize.COMMENT or not (match := _MARKER.fullmatch(token.string)):
            continue
        (line, column), word = token.start, match[1].upper()
        if token.line[:column].strip():
            raise CourseError(f"{file!r}, line {line}: {word} SOLUTION must stand on a line of its own")
        if word == "BEGIN":
            if opened:
                raise CourseError(
                    f"{file!r}, line {line}: BEGIN SOLUTION inside the part begun in line {opened.start[0]}"
                )
            opened = token
            continue
        if not opened:
            raise CourseError(f"{file!r}, line {line}: END SOLUTION without BEGIN SOLUTION")
        if column != opened.start[1]:
            raise CourseError(
                f"{file!r}, line {line}: END SOLUTION is not indented as its BEGIN in line {opened.start[0]}"
            )
        if not any(row.strip() for row in source.split("\n")[opened.start[0] : line - 1]):
            raise CourseError(f"{file!r}, line {line}: nothing between BEGIN and END SOLUTION")
        found.append((opened.start[0], line))
        opened = None
    if opened:
        raise CourseError(f"{file!r}, line {opened.start[0]}: BEGIN SOLUTION without END SOLUTION")
    if not found:
        raise CourseError(f"{file!r} has no BEGIN SOLUTION: its stub would give the solution away")
    return found


def _around(functions: list[_Function], line: int) -> _Function | None:
    """The innermost function around `line`, if any."""
    around = [f for f in functions if f.lineno < line <= (f.end_lineno or f.lineno)]
    return max(around, key=lambda function: function.lineno, default=None)


def _close_gap(made: list[str], lines: list[str], position: int) -> int:
    """Where to go on after a part that vanished, so that the blank lines around it are not doubled."""
    before = after = 0
    while before < len(made) and not made[-1 - before].strip():
        before += 1
    while position + after < len(lines) and not lines[position + after].strip():
        after += 1
    if before == len(made):
        return position + after
    return position + min(before, after)


if __name__ == "__main__":
    from grader.core import command

    sys.exit(command.run(write_stubs))
