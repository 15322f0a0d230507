"""Is anything of `solutions/` in a bundle: a file, a line of a reference, the name of a check or mistake.

What is hidden and public alike is no leak: a check that also stands in test_public.py, a line that the stub
shows. Lines and names that are too common to say where they come from are passed over: `return x`, `squares`.
"""

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from grader.core.course import Course, Exercise
from grader.core.stub import parts
from grader.release.bundle import Bundle

MIN_LINE: Final = 16  # characters without spaces, of a line that says where it comes from
MIN_FILE: Final = 64  # bytes: an empty __init__.py is nobody's
MIN_TITLE: Final = 12

_DRESS: Final = " \t>#*`|-"
"""What Markdown and comments put around a line of code."""
_QUOTED: Final = re.compile(r"`([^`\n]+)`")
_IN_QUOTES: Final = re.compile(r"[\"'`]([^\"'`\n]+)[\"'`]")
_WORD: Final = re.compile(r"[^\W\d]\w*")
_PASSWORD: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Something that students must not receive, and where it is."""

    path: PurePosixPath
    line: int
    """0 for the whole file."""
    what: str

    def __str__(self) -> str:
        where = f"{self.path}, line {self.line}" if self.line else str(self.path)
        return f"{where}: {self.what}"


def leaks(course: Course, files: Bundle) -> list[Leak]:
    """All that is found, in the order of the bundle; empty where it is clean."""
    hidden = _Hidden.of(course)
    secret = _secret(course)
    return [leak for path, data in files.items() for leak in hidden.within(path, data, secret)]


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What is only in `solutions/`, each with where it stands there."""

    files: dict[str, str]
    """By sha256."""
    lines: dict[str, str]
    """By the line without spaces."""
    passages: dict[str, str]
    """Whole parts between markers, of two lines or more, however short the lines are."""
    names: dict[str, dict[str, str]]
    """Of checks and mistakes, by exercise: two exercises may well both have a `test_shape`."""
    titles: dict[str, dict[str, str]]

    @classmethod
    def of(cls, course: Course) -> "_Hidden":
        hidden = cls({}, {}, {}, {}, {})
        for exercise in course.exercises.values():
            folder = course.root / "solutions" / exercise.id
            if folder.is_dir():
                hidden._add(exercise, folder, course.root)
        return hidden

    def _add(self, exercise: Exercise, folder: Path, root: Path) -> None:
        shown = _shown(exercise)
        names = self.names.setdefault(exercise.id, {})
        titles = self.titles.setdefault(exercise.id, {})
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            where, data = path.relative_to(root).as_posix(), path.read_bytes()
            if len(data) >= MIN_FILE:
                self.files[hashlib.sha256(data).hexdigest()] = where
        for name in exercise.files:
            if (reference := folder / name).is_file():
                where = reference.relative_to(root).as_posix()
                for part in _solution_parts(reference):
                    for number, line in part:
                        if len(line) >= MIN_LINE and line not in shown:
                            self.lines.setdefault(line, f"{where}, line {number}")
                    passage = _passage(line for _, line in part)
                    if len(part) > 1 and len(passage) >= MIN_LINE and not {line for _, line in part} <= shown:
                        self.passages.setdefault(passage, f"{where}, from line {part[0][0]}")
        for path in sorted(folder.glob("wrong/*")):
            mistake = path.stem
            if "_" in mistake and not mistake.startswith("_"):
                names[mistake] = f"a known mistake of {exercise.id}"
        public = exercise.public_dir / "test_public.py"
        known, told = _checks(public) if public.is_file() else (set(), set())
        for path in sorted(folder.glob("hidden/**/*.py")):
            checks, called = _checks(path)
            where = path.relative_to(root).as_posix()
            names.update((name, f"a check of {where}") for name in checks - known)
            titles.update((title, where) for title in called - told if len(title) >= MIN_TITLE)

    def within(self, path: PurePosixPath, data: bytes, secret: tuple[bytes, ...]) -> Iterator[Leak]:
        """What of it is in one file of the bundle."""
        if path.parts[0] == "solutions":
            yield Leak(path=path, line=0, what="it lies in solutions/")
        if same := self.files.get(hashlib.sha256(data).hexdigest()):
            yield Leak(path=path, line=0, what=f"it is {same}, byte for byte")
        if any(form in data for form in secret):
            yield Leak(path=path, line=0, what="it holds the course's secret")
        own = path.parts[1:2] if len(path.parts) > 2 else ()
        names = _merged(self.names, own)
        titles = _merged(self.titles, own)
        lines = list(_lines(path, data))
        whole = _passage(_bare(line.strip(_DRESS)) for _, line in lines)
        for passage, where in self.passages.items():
            if passage in whole:
                yield Leak(path=path, line=0, what=f"it holds a whole part of the solution in {where}")
        for number, line in lines:
            for what in self._in_line(line, names, titles):
                yield Leak(path=path, line=number, what=what)

    def _in_line(self, line: str, names: Mapping[str, str], titles: Mapping[str, str]) -> Iterator[str]:
        for code in (line, *_QUOTED.findall(line)):
            if where := self.lines.get(_bare(code.strip(_DRESS))) or self.lines.get(_bare(code)):
                yield f"a line of the solution in {where}: {code.strip()[:80]!r}"
                break
        for word in _WORD.findall(line):
            if where := names.get(word):
                yield f"{word!r} is the name of {where}"
        for whole in (line.strip(_DRESS + ".:"), *_IN_QUOTES.findall(line)):
            if where := titles.get(whole):
                yield f"{whole!r} is the title of a check in {where}"
        if _PASSWORD.search(line):
            yield "an address with a password"


def _merged(known: Mapping[str, Mapping[str, str]], own: Sequence[str]) -> dict[str, str]:
    """What is known of one exercise; of all, for a file that belongs to none."""
    return {key: where for id in (own or known) for key, where in known.get(id, {}).items()}


def _solution_parts(reference: Path) -> Iterator[list[tuple[int, str]]]:
    """What stands between each pair of markers: lines with their numbers, without spaces, none empty."""
    source = reference.read_text(encoding="utf-8").replace("\r\n", "\n")
    lines = source.split("\n")
    for begin, end in parts(source, str(reference)):
        numbered = ((number, _bare(lines[number - 1])) for number in range(begin + 1, end))
        yield [(number, line) for number, line in numbered if line]


def _passage(lines: Iterable[str]) -> str:
    """Lines as they are searched for, one behind the other."""
    return "".join(f"\n{line}" for line in lines if line) + "\n"


def _shown(exercise: Exercise) -> set[str]:
    """Lines that the stubs show to everybody."""
    found: set[str] = set()
    for name in exercise.files:
        if (path := exercise.public_dir / name).is_file():
            found.update(map(_bare, path.read_text(encoding="utf-8", errors="replace").splitlines()))
    return found


def _bare(line: str) -> str:
    return "".join(line.split())


def _checks(path: Path) -> tuple[set[str], set[str]]:
    """Names and titles of the checks in a suite's file."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    tests = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.lower().startswith("test")
    ]
    marks = [mark for test in tests for mark in test.decorator_list if isinstance(mark, ast.Call)]
    titles = {
        keyword.value.value
        for mark in marks
        if isinstance(mark.func, ast.Attribute) and mark.func.attr == "title"
        for keyword in mark.keywords
        if isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }
    return {test.name for test in tests}, {title for title in titles if "{" not in title}


def _lines(path: PurePosixPath, data: bytes) -> Iterable[tuple[int, str]]:
    """A text's lines with their numbers; of a notebook those of all its strings, numbered by cells."""
    text = data.decode("utf-8", "replace")
    if path.suffix == ".ipynb":
        try:
            cells = json.loads(text)["cells"]
            return [(n, row) for n, cell in enumerate(cells, 1) for row in _strings(cell)]
        except (ValueError, KeyError, TypeError, RecursionError):
            pass  # then it is looked at as it is
    return enumerate(text.splitlines(), 1)


def _strings(value: Any) -> Iterator[str]:
    """The lines of every string in a piece of JSON; texts that are kept as lists of lines included."""
    if isinstance(value, str):
        yield from value.splitlines()
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)


def _secret(course: Course) -> tuple[bytes, ...]:
    """The forms in which the course's secret could be in a file; none where there is no secret yet."""
    try:
        secret = (course.state_dir / "secret").read_bytes()
    except OSError:
        return ()
    return (secret, secret.hex().encode()) if len(secret) >= 16 else ()
