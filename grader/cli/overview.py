"""Where the course and one student stand: the tables of `list` and `status`, and their JSON."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from grader.cli import output
from grader.core.course import Course, Exercise, Language
from grader.core.submission import utc
from grader.core.text import visible
from grader.report.numbers import points

if TYPE_CHECKING:
    from grader.gradebook import Best

_WORDS = {
    "exercise": ("exercise", "과제"),
    "title": ("title", "제목"),
    "points": ("points", "배점"),
    "due": ("due", "마감"),
    "best": ("best", "최고 점수"),
    "attempts": ("attempts", "제출 횟수"),
    "last": ("last", "최근 점수"),
    "no_exercises": ("no exercises yet", "아직 과제가 없습니다"),
    "total": ("total", "합계"),
    "of": ("{score} of {max}", "{max}점 만점에 {score}점"),
}


def _say(key: str, language: Language) -> str:
    return _WORDS[key][language == "ko"]


def exercises(course: Course, language: Language) -> str:
    """The exercises as a table."""
    heading = visible(course.title.in_(language), one_line=True)
    if not course.exercises:
        return f"{heading}\n{_say('no_exercises', language)}\n"
    dated = any(e.due_utc for e in course.exercises.values())
    rows = [
        [e.id, visible(e.title.in_(language), one_line=True), str(e.points), *([_due(e)] if dated else [])]
        for e in course.exercises.values()
    ]
    head = [_say(key, language) for key in ("exercise", "title", "points", *(["due"] if dated else []))]
    return f"{heading}\n\n{output.table(head, rows, flexible=1, right=[2])}"


def _due(exercise: Exercise) -> str:
    """The due date in this machine's time zone."""
    return "" if exercise.due_utc is None else f"{exercise.due_utc.astimezone():%Y-%m-%d %H:%M %Z}"


def exercises_json(course: Course) -> str:
    """The exercises as JSON."""
    listed = [
        {
            "id": e.id,
            "title": e.title,
            "points": e.points,
            "due_utc": e.due_utc and utc(e.due_utc),
            "files": e.files,
            "packages": e.packages,
            "devices": e.devices,
        }
        for e in course.exercises.values()
    ]
    return _json({"title": course.title, "exercises": listed})


def best(course: Course, student: str) -> dict[str, "Best"]:
    """Best scores by exercise; empty where nothing was handed in yet."""
    place = course.gradebook
    if isinstance(place, Path) and not place.exists():
        return {}
    from grader.gradebook import Gradebook

    with Gradebook.open(place) as book:
        return book.best(student)


def status(course: Course, student: str, best: dict[str, "Best"], language: Language) -> str:
    """Best and last scores as a table."""
    head = [_say(key, language) for key in ("exercise", "title", "best", "attempts", "last")]
    rows = []
    for e in course.exercises.values():
        row = [e.id, visible(e.title.in_(language), one_line=True), "–", "0", "–"]
        if done := best.get(e.id):
            row[2:] = [
                f"{points(done.score)}/{points(done.max_score)}",
                str(done.attempts),
                points(done.last.score),
            ]
        rows.append(row)
    whole = sum(e.points for e in course.exercises.values())
    earned = sum(b.score for id, b in best.items() if id in course.exercises)
    total = _say("of", language).format(score=points(earned), max=whole)
    table = output.table(head, rows, flexible=1, right=[2, 3, 4])
    return f"{visible(student, 60, one_line=True)} · {_say('total', language)}: {total}\n\n{table}"


def status_json(course: Course, student: str, best: dict[str, "Best"]) -> str:
    """Best and last scores as JSON; an exercise that was not handed in has null scores."""
    rows = []
    for e in course.exercises.values():
        row: dict[str, Any] = {
            "score": None,
            "max_score": e.points,
            "attempt": None,
            "attempts": 0,
            "last": None,
        }
        if done := best.get(e.id):
            row = asdict(done)
        rows.append({**row, "exercise": e.id})
    return _json({"student": student, "exercises": rows})


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"
