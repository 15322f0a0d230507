"""`grade audit`: whether a suite is fair, shown by what it makes of known solutions."""

from grader.judge.audit.degenerate import HOW
from grader.judge.audit.examine import Engine, audit
from grader.judge.audit.result import PARTS, Cell, ExerciseAudit, Kind, Part, Row

__all__ = [
    "HOW",
    "PARTS",
    "Cell",
    "Engine",
    "ExerciseAudit",
    "Kind",
    "Part",
    "Row",
    "audit",
]
