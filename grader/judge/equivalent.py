"""`equivalent.toml`: mutants of a reference that are as right as the reference, each with its reason.

Kept with the solutions, read by `survivors`. A mutant is named by what it changes and not by where, so that
lines may move; blanks do not count.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from grader.core.table import Table
from grader.errors import CourseError
from grader.judge.mutants import Mutant

FILE = "equivalent.toml"

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """One change that is no mistake."""

    function: str
    before: str
    after: str
    reason: str

    @property
    def key(self) -> Key:
        """What names the change."""
        return _key(self.function, self.before, self.after)


def key(mutant: Mutant) -> Key:
    """What names the mutant's change, as in `Equivalent.key`."""
    return _key(mutant.function, mutant.before, mutant.after)


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
        table.only("function", "before", "after", "reason")
        before, after = table.value("before"), table.value("after")
        afters = after if isinstance(after, list) else [after]
        if not isinstance(before, str):
            raise table.error("before", "the lines of the reference that the mutant changes", before)
        if not afters or not all(isinstance(one, str) for one in afters):
            raise table.error("after", "the lines of the mutant, or a list of those of several", after)
        for one in afters:
            found = Equivalent(
                function=_words(table, "function", "the function around the change, such as 'conv2d'"),
                before=before,
                after=one,
                reason=_words(table, "reason", "why the mutant is as right as the reference"),
            )
            if found.key in listed:
                raise table.error("after", "a change that is not listed before", one)
            listed[found.key] = found
    return listed


def _words(table: Table, key: str, expected: str) -> str:
    value = table.value(key)
    if not isinstance(value, str) or not value.strip():
        raise table.error(key, expected, value)
    return value.strip()


def _key(function: str, before: str, after: str) -> Key:
    return function, "".join(before.split()), "".join(after.split())
