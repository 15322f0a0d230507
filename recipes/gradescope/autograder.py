"""Grades one submission in Gradescope's container: `run_autograder` runs it.

    python autograder.py ROOT

In ROOT, which Gradescope calls /autograder: `source/` (this file and what `make.py` packed), `submission/`,
`submission_metadata.json`, and `results/`, to which results.json is written. What the student handed in is
read by `grade batch` and run behind its wall; nothing of it is imported or executed here.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.core import course as courses
from grader.core.course import Exercise, Language
from grader.core.record import Record, decode
from grader.core.text import visible
from grader.gradebook.export.gradescope import results
from grader.report.view import student_view

FAILED = {
    "en": "The autograder failed; it is not your submission's fault. Please tell your instructor.",
    "ko": "자동 채점기에 오류가 발생했습니다. 제출한 코드의 잘못이 아닙니다. 담당자에게 알려 주세요.",
}
NOT_TAKEN = {
    "en": "Not graded: {why}\nThis assignment takes {files}: mend it, and submit again.",
    "ko": "채점하지 않았습니다: {why}\n이 과제에 제출할 파일: {files}. 고친 뒤 다시 제출하세요.",
}


def main(root: Path) -> int:
    """0 if results.json says something of the submission, 1 if only that the autograder failed."""
    source = root / "source"
    settings = json.loads((source / "settings.json").read_text(encoding="utf-8"))
    language: Language = "ko" if settings["language"] == "ko" else "en"
    metadata = _metadata(root / "submission_metadata.json")
    os.environ.update(GRADE_COURSE=str(source / "course"), GRADE_STATE=str(source / "state"))
    if settings["sandbox"]:
        os.environ["GRADE_SANDBOX"] = settings["sandbox"]
    exercise = courses.locate(source).exercise(settings["exercise"])
    record = _graded(root / "submission", exercise, metadata)
    if record is None:
        page = _said(FAILED[language])
    elif record.outcome != "graded" and not record.digests.submission:
        why = record.reason.en if record.reason else ""
        page = _said(NOT_TAKEN[language].format(why=why, files=", ".join(exercise.files)), score=0.0)
    else:
        attempt = len(_list(metadata.get("previous_submissions"))) + 1
        record = student_view(replace(record, attempt=attempt), exercise.reveal)
        page = results(record, language=language)
    folder = root / "results"
    folder.mkdir(exist_ok=True)
    draft = folder / ".results.json.tmp"
    draft.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
    draft.replace(folder / "results.json")
    return 0 if "score" in page else 1


def _graded(submission: Path, exercise: Exercise, metadata: dict[str, Any]) -> Record | None:
    """What `grade batch` makes of the folder as that of one student; None where it fails."""
    with tempfile.TemporaryDirectory(prefix="dlgrade-gradescope-") as folder:
        handed_in = Path(folder) / "class" / _student(metadata)
        shutil.copytree(submission, handed_in, symlinks=True)  # a link stays one, and is not followed
        when = metadata.get("created_at")
        done = subprocess.run(
            [
                *(sys.executable, "-P", "-m", "grader.cli", "batch", exercise.id, str(handed_in.parent)),
                *("--json", "--quiet", "--jobs", "1", "--no-file-times", "--out", f"{folder}/reports"),
                *(("--submitted", when) if isinstance(when, str) else ()),
            ],
            stdout=subprocess.PIPE,  # what it complains of is in Gradescope's log, for instructors
            check=False,
        )
    lines = done.stdout.splitlines()
    return decode(lines[0]) if len(lines) == 1 else None


def _metadata(path: Path) -> dict[str, Any]:
    """What Gradescope says of the submission; empty where it says nothing."""
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _student(metadata: dict[str, Any]) -> str:
    """Who handed it in, the first of a group: the same for each submission of theirs."""
    users = [user for user in _list(metadata.get("users")) if isinstance(user, dict)]
    names = [str(user.get("sid") or user.get("email") or user.get("id") or "") for user in users]
    name = min((name for name in names if name), default="student")
    return (
        "".join(c if c.isprintable() and c not in "/\\" else "_" for c in name).strip(". ")[:60] or "student"
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _said(text: str, **fields: object) -> dict[str, Any]:
    """Results that say something and hold no tests; without a score they count as a failed autograder."""
    said = {"output": visible(text, 2000), "output_format": "text", "visibility": "visible", "tests": []}
    return {**said, **fields}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
