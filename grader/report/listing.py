"""A class as a table for spreadsheets: one line a submission, with the name of its report.

Names of files and students are theirs: a cell that a spreadsheet would compute is defused.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from grader.core.text import visible

MAX_CELL: Final = 1000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The lines, quoted where need be, with the mark that spreadsheets know UTF-8 by."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return "\ufeff" + page.getvalue()


def cell(value: object) -> str:
    """What stands in a cell; text that begins as a formula does begins with an apostrophe."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = visible(value, MAX_CELL, one_line=True)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
