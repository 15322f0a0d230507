"""A TOML table read key by key: wrong types, values out of range and unknown keys are refused.

Used by `course`; each message names the file, the key with its path, and what was expected there.
"""

import difflib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from grader.core.record import Text
from grader.errors import CourseError


@dataclass(slots=True)
class Table:
    """One table; `path` is its dotted key, empty at the top of `file`."""

    file: str
    path: str
    data: dict[str, Any]

    def error(self, key: str | None, expected: str, got: object) -> CourseError:
        """What to raise for `key`, or for the table itself for None."""
        where = ".".join(filter(None, (self.path, key)))
        return CourseError(f"{self.file!r}: {where}: expected {expected}, got {got!r}")

    def only(self, *known: str) -> None:
        """Refuses other keys; asked first, since a key that is misspelt is one that is missing, too."""
        for key in self.data:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
                where = f"[{self.path}]" if self.path else "the top level"
                raise CourseError(f"{self.file!r}: unknown key {key!r} in {where}: {hint}")

    def value(self, key: str, default: Any = None) -> Any:
        """Whatever stands at `key`, unchecked."""
        return self.data.get(key, default)

    def table(self, key: str) -> "Table":
        """The table at `key`; an empty one if there is none."""
        value = self.value(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "a table", value)
        return Table(self.file, ".".join(filter(None, (self.path, key))), value)

    def text(self, key: str) -> Text:
        """One string for both languages, or one for each."""
        value = self.value(key)
        if isinstance(value, str) and value.strip():
            return Text(en=value, ko=value)
        if isinstance(value, dict):
            table = self.table(key)
            table.only("en", "ko")
            words = {language: table.value(language) for language in ("en", "ko")}
            if all(isinstance(word, str) and word.strip() for word in words.values()):
                return Text(**words)
        raise self.error(key, 'a text in both languages, { en = "…", ko = "…" }', value)

    def strings(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of strings."""
        value = self.value(key, list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, "a list of strings", value)
        return tuple(value)

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> Any:
        """One of `allowed`."""
        value = self.value(key, default)
        if value not in allowed:
            raise self.error(key, "one of " + ", ".join(map(repr, allowed)), value)
        return value

    def choices(self, key: str, allowed: tuple[str, ...], default: tuple[str, ...]) -> Any:
        """Some of `allowed`, at least one, in the order of `allowed`."""
        values = self.strings(key, default)
        if not values or not set(values) <= set(allowed):
            raise self.error(key, "a list of some of " + ", ".join(map(repr, allowed)), list(values))
        return tuple(value for value in allowed if value in values)

    def whole(self, key: str, default: int) -> int:
        """A positive whole number."""
        value = self.value(key, default)
        if type(value) is not int or value <= 0:
            raise self.error(key, "a positive whole number", value)
        return value

    def count(self, key: str, default: int) -> int:
        """A whole number, 0 among them."""
        value = self.value(key, default)
        if type(value) is not int or value < 0:
            raise self.error(key, "a whole number, 0 or more", value)
        return value

    def positive(self, key: str, default: float) -> float:
        """A positive number, in seconds."""
        value = self.value(key, default)
        if type(value) not in (int, float) or not 0 < value < float("inf"):
            raise self.error(key, "a positive number of seconds", value)
        return float(value)

    def percent(self, key: str, default: float) -> float:
        """A number from 0 to 100."""
        value = self.value(key, default)
        if type(value) not in (int, float) or not 0 <= value <= 100:
            raise self.error(key, "a percentage from 0 to 100", value)
        return float(value)

    def minutes(self, key: str, default: float) -> float:
        """A number of minutes, 0 among them, of at most a year."""
        value = self.value(key, default)
        if type(value) not in (int, float) or not 0 <= value <= 366 * 24 * 60:
            raise self.error(key, "a number of minutes", value)
        return float(value)

    def moment(self, key: str) -> datetime | None:
        """A time with offset, in UTC; None if there is none."""
        value = self.value(key)
        if value is None:
            return None
        if isinstance(value, date) and getattr(value, "tzinfo", None) is None:
            day = value.date() if isinstance(value, datetime) else value
            time = value.time() if isinstance(value, datetime) else "23:59:00"
            where = ".".join(filter(None, (self.path, key)))
            lacks = "an offset" if isinstance(value, datetime) else "a time and an offset"
            raise CourseError(
                f"{self.file!r}: {where}: {value} lacks {lacks}: write {key} = {day}T{time}+09:00, "
                "with the offset of your own time zone"
            )
        if not isinstance(value, datetime):
            raise self.error(key, "a time with its offset, such as 2026-03-31T23:59:00+09:00", value)
        return value.astimezone(UTC)
