"""What `grade audit` tells of an exercise: its findings, or that there are none; its table; a page."""

import textwrap
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader.cli import output
from grader.core.text import visible
from grader.errors import InputError

if TYPE_CHECKING:
    from grader.engines.local import LocalEngine
    from grader.judge.audit import ExerciseAudit
    from grader.judge.survivors import MutantAudit

MAX_DIFF = 4000  # characters of one
PAGE = "audit.html"


def ahead(
    starts: Sequence[Callable[[], "LocalEngine"]], *, early: int = 1
) -> Generator["LocalEngine", None, None]:
    """The engine of each, in use until the next is asked for; the `early` next ones get ready meanwhile."""
    coming = iter(starts)
    with ExitStack() as open_still:
        ready = deque(open_still.enter_context(start()) for start in islice(coming, 1 + early))
        while ready:
            engine = ready.popleft()
            yield engine
            engine.close()
            ready.extend(open_still.enter_context(start()) for start in islice(coming, 1))


def summary(audit: "ExerciseAudit") -> str:
    """A line on what was judged, and one on each finding."""
    kinds = Counter(row.kind for row in audit.rows)
    parts = ["stub, reference"] if kinds["reference"] else []
    parts += [f"{kinds['accepted']} accepted"] if kinds["accepted"] else []
    parts += [counted(kinds["wrong"], "wrong solution")] if kinds["wrong"] else []
    parts += [counted(kinds["degenerate"], "degenerate answer")] if kinds["degenerate"] else []
    judged = f"{counted(len(audit.checks), 'check')}; {', '.join(parts)} under {counted(audit.seeds, 'seed')}"
    if audit.thorough:
        judged += ", wrong ones by all checks under each"
    if audit.mutants is not None:
        judged += f"; {_of_mutants(audit.mutants)}"
    if audit.green:
        return f"✓ {audit.exercise}: green: {judged}\n"
    findings = list(dict.fromkeys(audit.findings))  # what several seeds found is one finding
    text = f"✗ {audit.exercise}: {counted(len(findings), 'finding')}: {judged}\n"
    for finding in findings:
        text += f"  - {output.hanging(visible(finding, 600, one_line=True), '    ')}\n"
    return text + (_diffs(audit.mutants) if audit.mutants else "")


def _of_mutants(mutants: "MutantAudit") -> str:
    """How many were judged, and how many got full marks."""
    part = "" if mutants.judged == mutants.made else f" of {mutants.made}"
    equivalent = sum(1 for survivor in mutants.survivors if survivor.reason is not None)
    return (
        f"{counted(mutants.judged, 'mutant')}{part}, {mutants.killed} killed, "
        f"{equivalent} equivalent, {len(mutants.survivors) - equivalent} survived"
    )


def _diffs(mutants: "MutantAudit") -> str:
    """Survivors that the exercise does not list, as diffs against the reference."""
    text = ""
    for survivor in mutants.survivors:
        if survivor.reason is None:
            text += "\n" + textwrap.indent(visible(survivor.diff, MAX_DIFF), "    ") + "\n"
    if text:
        text += "\n  Kill each by a better check, or list it in equivalent.toml, with its reason.\n"
    return text


def counted(count: int, noun: str) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def as_json(audits: Sequence["ExerciseAudit"]) -> str:
    """All that was found out, with every score."""
    return msgspec.json.format(msgspec.json.encode(audits), indent=1).decode() + "\n"


def table(audit: "ExerciseAudit", colour: output.Colour) -> str:
    """Solutions × checks, for the terminal."""
    from grader.cli.matrix import print_matrix

    console, page = output.console(colour)
    print_matrix(console, audit)
    return page.getvalue()


def prepare(folder: Path) -> None:
    """Have the folder of the page there before the work begins; raises InputError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise InputError(
            f"{str(folder)!r} cannot be made: {str(e.strerror or e).lower()}; give --out another folder"
        ) from e


def write_page(audits: Sequence["ExerciseAudit"], folder: Path) -> Path:
    """The file of the page; raises InputError where it cannot be written."""
    from grader.report.audit import render

    path = folder / PAGE
    try:
        path.write_text(render(msgspec.to_builtins(audits)), encoding="utf-8")
    except OSError as e:
        raise InputError(f"{str(path)!r} cannot be written: {str(e.strerror or e).lower()}") from e
    return path
