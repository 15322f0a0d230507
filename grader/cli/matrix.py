"""Solutions × checks on a terminal: one character a check, folded where the terminal is narrow."""

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text as Line

from grader.core.text import visible

if TYPE_CHECKING:
    from grader.judge.audit import Cell, ExerciseAudit, Row

NAME: Final = 28  # columns for the names of solutions
GAP: Final = 2
_LEGEND: Final = (
    ("·", "dim", "passed"),
    ("x", "yellow", "did not pass"),
    ("/", "yellow", "under some seeds only"),
    ("=", "cyan", "and was named as itself, for certain"),
    ("?", "magenta", "and was named as another"),
    ("!", "bold red", "should not be so"),
)
_STYLES: Final = {mark: style for mark, style, _ in _LEGEND}


def print_matrix(console: Console, audit: "ExerciseAudit") -> None:
    """The table of one exercise: what each number stands for, then a row a solution."""
    if not audit.rows:
        return
    wrong = [row for row in audit.rows if row.kind == "wrong"]
    digits = len(str(len(audit.checks)))
    for number, check in enumerate(audit.checks, start=1):
        text = Line(f"{number:>{digits + 2}}  {visible(check, 100, one_line=True)}")
        if wrong:
            count = sum(1 for row in wrong if check in row.cells)
            text.append(f"  {count} wrong", style="dim" if count else _STYLES["!"])
        console.print(text, soft_wrap=True)
    console.print(Line("  ".join(f"{mark} {what}" for mark, _, what in _LEGEND), style="dim"))
    room = max(10, console.width - NAME - GAP - 1)
    for start in range(0, len(audit.checks), room):
        part = audit.checks[start : start + room]
        console.print()
        for place in range(digits):
            numbers = (f"{start + i + 1:>{digits}}"[place] for i in range(len(part)))
            console.print(Line(" " * (NAME + GAP) + "".join(numbers), style="dim"), soft_wrap=True)
        kind = ""
        for row in audit.rows:
            if row.kind not in ("stub", "reference") and row.kind != kind:
                kind = row.kind
                console.print(Line(kind, style="bold"))
            name = row.kind if row.kind in ("stub", "reference") else row.name
            name = visible(name, NAME - 1, one_line=True)
            line = Line(f"{name:<{NAME + GAP}}")
            for check in part:
                mark = mark_of(row, check)
                line.append(mark, style=_STYLES[mark])
            console.print(line, soft_wrap=True)
    console.print()


def mark_of(row: "Row", check: str) -> str:
    """The character that stands for what a check said of a solution."""
    cell: Cell | None = row.cells.get(check)
    if cell is None:
        return "!" if row.kind == "degenerate" and check not in row.excused else "·"
    if row.kind in ("reference", "accepted") or "not_graded" in cell.outcomes:
        return "!"
    if not cell.always:
        return "/"
    if cell.named == [f"{row.name}: exact"]:
        return "="
    return "?" if cell.named else "x"
