"""The known mistakes of one exercise: `wrong/*`, whose docstrings are data (files: see `layout`).

First line: what is wrong.

en: message in English            ko: the same in Korean (each on lines of its own, may be continued)
fails: ids or globs of the checks that it fails, separated by commas
identified_by: checks             (optional) for mistakes that are random by nature
includes: other_mistake           (optional) mistakes of the catalogue that it holds, separated by commas
"""

import ast
import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from grader.core.course import Exercise
from grader.core.record import Text
from grader.errors import CourseError
from grader.judge import sources
from grader.judge.layout import Layout, known

STEM: Final = 32  # digits of a suite's digest that tell it from any other
FIELDS: Final = ("en", "ko", "fails", "identified_by", "includes")
_FIELD = re.compile(rf"({'|'.join(FIELDS)}):\s*(.*)")


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One known wrong solution."""

    id: str
    file: str
    summary: str
    message: Text
    fails: tuple[str, ...]
    by_checks: bool
    """Random by nature: named by the set of checks that it fails, not by what it returns."""
    functions: frozenset[str] = field(repr=False)
    """Public names of the module that behave otherwise than in the reference, as far as the source tells."""
    calls: frozenset[str] = field(repr=False)
    """Other public names that those use, in the reference: what is wrong may lie there."""
    includes: tuple[str, ...]
    """Mistakes of the catalogue that it holds: it is no error to name them."""

    @property
    def path(self) -> Path:
        """The file, or the folder, of the wrong solution."""
        return Path(self.file)


_CACHED = msgspec.json.Decoder(list[Mistake])


class Catalog:
    """The mistakes of one exercise, read when the first failure asks for them.

    Reading means parsing every wrong solution and comparing it with the reference, 20 ms each. So what
    comes out is kept in `cache`, a file that may be deleted at any time; its name must hold the suite's
    digest.
    """

    def __init__(
        self, folder: Path, reference: Path, cache: Path | None = None, *, names: Sequence[str] = ()
    ) -> None:
        """`names` are those that files of a solution may have, where they may be several."""
        self._folder = folder
        self._reference = reference
        self._names = names
        self._cache = cache
        self._found: dict[str, Mistake] | None = None

    @classmethod
    def of(cls, exercise: Exercise, digest: str, cache: Path | None, *, hidden: bool = True) -> "Catalog":
        """Of the exercise, whose suite has this digest; kept in the folder `cache`. Empty if not `hidden`."""
        folder = exercise.solution_dir if hidden else None
        if folder is None:
            nowhere = exercise.public_dir / "no_solutions"
            return cls(nowhere, nowhere)
        kept = cache and cache / f"mistakes-{digest.removeprefix('sha256:')[:STEM]}.json"
        return cls(folder / "wrong", folder / exercise.files[0], kept, names=exercise.names)

    def __getitem__(self, id: str) -> Mistake:
        return self._mistakes()[id]

    def all(self) -> list[Mistake]:
        """Every mistake, by name; raises CourseError for a header that is incomplete."""
        return list(self._mistakes().values())

    def _mistakes(self) -> dict[str, Mistake]:
        if self._found is None:
            found = self._cached()
            if found is None:
                found = load(self._folder, self._reference, self._names)
                if self._cache is not None:
                    self._keep(self._cache, found)
            self._found = {mistake.id: mistake for mistake in found}
        return self._found

    def _cached(self) -> list[Mistake] | None:
        if self._cache is None:
            return None
        try:
            found = _CACHED.decode(self._cache.read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None
        # Elsewhere the same suite lies in another folder: the course was copied, or moved.
        return found if all(Path(mistake.file).parent == self._folder for mistake in found) else None

    def _keep(self, path: Path, found: list[Mistake]) -> None:
        draft = path.with_name(f".{path.name}-{os.getpid()}")
        with contextlib.suppress(OSError):  # it is only a cache
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(found))
            draft.replace(path)


def load(folder: Path, reference: Path, names: Sequence[str] = ()) -> list[Mistake]:
    """All mistakes in `folder`, by name; raises CourseError for a header that is incomplete.

    `names` are those that files of a solution may have; without them, `reference` is its only one.
    """
    if not folder.is_dir():
        return []
    layout = Layout.around(reference, names)
    base = sources.definitions(layout.files(reference))
    return [_read(path, layout, base) for path in known(folder)]


def _read(path: Path, layout: Layout, base: dict[str, ast.stmt]) -> Mistake:
    header = _header(ast.get_docstring(sources.parse(layout.own(path)[0])) or "", path)
    functions = sources.changed(base, sources.definitions(layout.files(path)))
    if not functions:
        raise CourseError(f"{str(path)!r} does the same as the reference: nothing but comments differs")
    includes = tuple(filter(None, map(str.strip, header.get("includes", "").split(","))))
    for other in includes:
        if other == path.stem or other not in (one.stem for one in known(path.parent)):
            raise CourseError(
                f"{str(path)!r}: includes {other!r}, which is no other mistake in {path.parent.name}"
            )
    by = header.get("identified_by", "returns")
    if by not in ("returns", "checks"):
        raise CourseError(f"{str(path)!r}: identified_by is 'returns' or 'checks', not {by!r}")
    return Mistake(
        id=path.stem,
        file=str(path),
        summary=header["summary"],
        message=Text(en=header["en"], ko=header["ko"]),
        fails=tuple(filter(None, map(str.strip, _split(header["fails"])))),
        by_checks=by == "checks",
        functions=functions,
        calls=sources.used(base, functions),
        includes=includes,
    )


def _split(globs: str) -> list[str]:
    """At commas, but not at those inside of brackets: ids of parametrized checks may hold some."""
    return re.split(r",(?![^\[]*\])", globs)


def _header(docstring: str, path: Path) -> dict[str, str]:
    summary, _, rest = docstring.partition("\n")
    fields = {"summary": summary.strip()}
    current = None
    for line in rest.splitlines():
        if match := _FIELD.match(line):
            current = match[1]
            fields[current] = match[2].strip()
        elif current is not None and line.strip():
            fields[current] = f"{fields[current]} {line.strip()}".strip()
        elif not line.strip():
            current = None
    for name in ("summary", "en", "ko", "fails"):
        if not fields.get(name):
            raise CourseError(f"{str(path)!r}: the docstring lacks {name!r} (see docs/authoring.md)")
    return fields
