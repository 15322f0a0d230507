"""The corpus: one folder an attack, with the verdict due under the whole wall.

    attacks/<what_it_does>/
        expect.toml        what is tried, which threats, which outcomes (see EXPECT and DUE)
        submission.py      a file as a student would hand it in, whole
        <variant>.py       the same another way: at import, from a thread, at exit, with wrong answers
        make.py            where a variant is one line of many, or too large: VARIANTS maps names to sources

A submission that gets what it is after says so: it prints BREACHED and what. None may ever be seen.
"""

import fnmatch
import runpy
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.core.record import Outcome

HERE = Path(__file__).parent
ATTACKS = HERE / "attacks"
COURSE = HERE / "course"
THREATS = HERE / "threats.toml"

BREACHED = "BREACHED"
"""What a submission prints that has got what it is after."""
ECHO = "ECHO:"
"""What a submission puts before inputs of a check that it prints or raises: no view but `all` may hold it."""
MARK = "dlgrade-hostile-mark"
"""In the name of each file, folder and object that a submission tries to leave behind."""

EXPECT = {"what", "threats", "quick", "variants"}
"""Keys of the whole folder: in words what is tried; ids of threats.toml; whether `make test`
tries it, or which variants of it."""
DUE = {"outcomes", "score", "absent", "refused", "again"}
"""Keys of the folder, or of one variant in [variants.<name>], which then counts.

outcomes  globs of checks and what is due there, one or a list where either is right; the last that fits
score     of the whole, one or a list
absent    what must not be found, by place: record, report, terminal, withheld (views but `all`)
refused   a part of the message with which the file is not taken: nothing is judged
again     it is judged twice, and the records are equal
"""
PLACES = {"record", "report", "terminal", "withheld"}


class Malformed(Exception):
    """A folder of the corpus that does not say what is due."""


@dataclass(frozen=True)
class Case:
    """One variant of one attack."""

    attack: str
    variant: str
    source: Path | bytes
    """A file to hand in, or its bytes where it is made."""
    threats: tuple[str, ...]
    quick: bool
    outcomes: dict[str, tuple[str, ...]]
    scores: tuple[float, ...]
    absent: dict[str, list[str]]
    refused: str | None
    again: bool

    @property
    def id(self) -> str:
        """Its name in the output of tests, and the student's."""
        return f"{self.attack}/{self.variant}"

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()

    def due(self, check: str) -> tuple[str, ...]:
        """The outcomes of which the check is to have one."""
        found = [due for glob, due in self.outcomes.items() if fnmatch.fnmatchcase(check, glob)]
        if not found:
            raise Malformed(f"{self.id}: no outcome for {check}")
        return found[-1]


@cache
def threats() -> dict[str, dict[str, str]]:
    """Every id with its own words and, where no submission can express it, with the reason."""
    table: dict[str, dict[str, str]] = tomllib.loads(THREATS.read_text(encoding="utf-8"))
    for id, line in table.items():
        if not set(line) <= {"is", "not_here"} or "is" not in line:
            raise Malformed(f"{THREATS.name}: {id} has the keys {', '.join(line)}")
    return table


@cache
def cases() -> tuple[Case, ...]:
    """The whole corpus in order; raises Malformed."""
    return tuple(case for folder in sorted(ATTACKS.iterdir()) for case in read(folder))


def read(folder: Path) -> Iterator[Case]:
    """The variants of one folder; raises Malformed for whatever it does not say, or says twice."""
    path = folder / "expect.toml"
    if not path.is_file():
        raise Malformed(f"{folder.name}: no expect.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    _only(folder.name, table, EXPECT | DUE)
    named = table.get("threats", [])
    if not table.get("what") or not named:
        raise Malformed(f"{folder.name}: `what` and `threats` are not said")
    if unknown := [id for id in named if id not in threats()]:
        raise Malformed(f"{folder.name}: no threats {', '.join(unknown)} in {THREATS.name}")
    sources = _sources(folder)
    own = table.get("variants", {})
    if not sources or (missing := sorted(set(own) - set(sources))):
        raise Malformed(f"{folder.name}: no source of {', '.join(missing) if sources else 'anything'}")
    for name, source in sources.items():
        due = {key: value for key, value in table.items() if key in DUE} | own.get(name, {})
        yield _case(folder.name, name, source, table, due)


def _sources(folder: Path) -> dict[str, Path | bytes]:
    made = folder / "make.py"
    sources: dict[str, Path | bytes] = {p.stem: p for p in sorted(folder.glob("*.py")) if p != made}
    if made.is_file():
        for name, source in runpy.run_path(str(made))["VARIANTS"].items():
            if name in sources:
                raise Malformed(f"{folder.name}: two variants {name!r}")
            sources[name] = source.encode() if isinstance(source, str) else source
    if strays := [p.name for p in folder.iterdir() if p.suffix not in (".py", ".toml") and p.is_file()]:
        raise Malformed(f"{folder.name}: nobody reads {', '.join(strays)}")
    return sources


def _case(folder: str, name: str, source: Path | bytes, table: dict[str, Any], due: dict[str, Any]) -> Case:
    where = f"{folder}/{name}"
    _only(where, due, DUE)
    absent = due.get("absent", {})
    _only(f"{where}: absent", absent, PLACES)
    refused = due.get("refused")
    if refused is None and not {"outcomes", "score"} <= set(due):
        raise Malformed(f"{where}: outcomes and score are not said")
    outcomes = {glob: _several(one) for glob, one in due.get("outcomes", {}).items()}
    for outcome in (one for several in outcomes.values() for one in several):
        if outcome not in set(Outcome) - {Outcome.NOT_GRADED}:
            raise Malformed(f"{where}: no submission can be due {outcome!r}")
    return Case(
        attack=folder,
        variant=name,
        source=source,
        threats=tuple(table["threats"]),
        quick=name in quick if isinstance(quick := table.get("quick", False), list) else quick,
        outcomes=outcomes,
        scores=_several(due.get("score", [])),
        absent=absent,
        refused=refused,
        again=due.get("again", False),
    )


def _several(one: Any) -> tuple[Any, ...]:
    return tuple(one) if isinstance(one, list) else (one,)


def _only(where: str, table: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise Malformed(f"{where}: unknown keys {', '.join(unknown)}")
