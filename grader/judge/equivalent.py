"""`equivalent.toml`: mutants of a reference that are as right as the reference, each with its reason.

Kept with the solutions, read by `survivors`. A mutant is named by what it changes and not by where, so that
lines may move; blanks do not count.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.core.table import Table
from grader.errors import CourseError
from grader.judge.mutants import Mutant

FILE = "equivalent.toml"

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """One change that is no mistake; without `before` and `after`: any change of the function."""

    function: str
    before: str
    after: str
    reason: str

    @property
    def whole(self) -> bool:
        """Whether it is about all of the function."""
        return not self.before and not self.after

    @property
    def key(self) -> Key:
        """What names the change."""
        return _key(self.function, self.before, self.after)


def key(mutant: Mutant) -> Key:
    """What names the mutant's change, as in `Equivalent.key`."""
    return _key(mutant.function, mutant.before, mutant.after)


def of(mutant: Mutant, listed: Mapping[Key, Equivalent]) -> Equivalent | None:
    """The entry that the mutant is listed by."""
    return listed.get(key(mutant)) or listed.get(_key(mutant.function, "", ""))


def load(folder: Path) -> dict[Key, Equivalent]:
    """What the exercise's solutions folder lists; CourseError where that is broken."""
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise CourseError(f"{str(path)!r} cannot be read: {e.strerror or e}") from e
    except UnicodeDecodeError as e:
        raise CourseError(f"{str(path)!r} is not UTF-8 (byte {e.start}): save it as UTF-8") from e
    except tomllib.TOMLDecodeError as e:
        raise CourseError(f"{str(path)!r} is not TOML: {e}") from e
    top = Table(str(path), "", data)
    top.only("mutant")
    entries = top.value("mutant", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise top.error("mutant", "entries that each begin with [[mutant]]", entries)
    listed: dict[Key, Equivalent] = {}
    for number, entry in enumerate(entries, 1):
        table = Table(str(path), f"mutant {number}", entry)
        for one in _entry(table):
            if one.key in listed:
                raise table.error("after", "a change that is not listed before", one.after)
            listed[one.key] = one
    return listed


def _entry(table: Table) -> Iterator[Equivalent]:
    """One for each of the changes that an entry names."""
    table.only("function", "before", "after", "reason")
    function = _words(table, "function", "the function around the change, such as 'conv2d'")
    reason = _words(table, "reason", "why the mutant is as right as the reference")
    if table.data.keys() == {"function", "reason"}:
        yield Equivalent(function=function, before="", after="", reason=reason)
        return
    before, after = table.value("before"), table.value("after")
    afters = after if isinstance(after, list) else [after]
    if not isinstance(before, str):
        raise table.error("before", "the lines of the reference that the mutant changes", before)
    if not afters or not all(isinstance(one, str) for one in afters):
        raise table.error("after", "the lines of the mutant, or a list of those of several", after)
    yield from (Equivalent(function=function, before=before, after=one, reason=reason) for one in afters)


def _words(table: Table, key: str, expected: str) -> str:
    value = table.value(key)
    if not isinstance(value, str) or not value.strip():
        raise table.error(key, expected, value)
    return value.strip()


def _key(function: str, before: str, after: str) -> Key:
    return function, "".join(before.split()), "".join(after.split())
