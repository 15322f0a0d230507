"""The pages of the manual that list every mistake the course can name, from its catalogue.

`python -m grader.judge.mistakes [COURSE]` (`make docs`) writes them; a test holds pages and catalogue equal.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.core import command
from grader.core.course import Course, Exercise, Language
from grader.core.forbidden import Forbidden
from grader.judge import catalog
from grader.judge.catalog import Mistake
from grader.judge.layout import Layout
from grader.worker.uses import Watch

PAGES: Final[dict[Language, str]] = {"en": "mistakes.md", "ko": "mistakes.ko.md"}

_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "head": "# Every mistake that the course can name\n\n[한국어](mistakes.ko.md)\n",
        "made": "This page is made from the headers of `solutions/*/wrong/` by `make docs`.",
        "intro": "When a check fails, the student's answers are compared with those of known wrong ones. "
        "This page lists all {n} of them: what is said, which checks show it, and how surely a solution "
        "that makes just this mistake is named. The same mistake among others, or in one function of "
        "several, is named on a lower level where its answers do not agree everywhere.",
        "table": "| mistake | what is said | shown by | named |",
        "count": "{n} mistakes.",
        "returns": "for certain",
        "checks": "likely",
        "forbidden": "as forbidden",
        "levels": '- *for certain*: by what the functions return, call by call: "This is a known mistake"\n'
        '- *likely*: random by nature, so by the set of checks that fail: "This looks like"\n'
        "- *as forbidden*: right in its values, but uses what was to be written; the outcome says so",
    },
    "ko": {
        "head": "# 이 강의가 이름을 알려 줄 수 있는 모든 실수\n\n[English](mistakes.md)\n",
        "made": "이 페이지는 `make docs`가 `solutions/*/wrong/`의 머리글에서 만듭니다.",
        "intro": "검사를 통과하지 못하면 제출한 코드의 답을 알려진 오답 풀이의 답과 비교합니다. "
        "이 페이지는 그 {n}개를 모두 보여 줍니다. 학생에게 하는 말, 실수가 드러나는 검사, "
        "그리고 바로 그 실수만 있는 풀이를 얼마나 확실하게 알아보는지 적었습니다. "
        "다른 실수와 섞여 있거나 여러 함수 중 하나에만 있어서 답이 모두 같지는 않으면 "
        "더 낮은 단계로 알려 줍니다.",
        "table": "| 실수 | 학생에게 하는 말 | 드러나는 검사 | 확실한 정도 |",
        "count": "실수 {n}개.",
        "returns": "확실",
        "checks": "추정",
        "forbidden": "금지된 기능",
        "levels": '- *확실*: 함수가 반환한 값을 호출마다 비교합니다. "잘 알려진 실수입니다"\n'
        "- *추정*: 무작위성이 있는 실수라서 통과하지 못한 검사의 집합으로 알아봅니다. "
        '"잘 알려진 실수로 보입니다"\n'
        "- *금지된 기능*: 값은 맞지만 직접 작성해야 하는 기능을 가져다 썼습니다. 검사 결과에 그렇게 나옵니다",
    },
}


def pages(course: Course) -> dict[str, str]:
    """The pages by file name; raises CourseError for a catalogue that cannot be read."""
    found = {
        exercise: catalog.load(
            Layout.of(exercise).folder / "wrong", Layout.of(exercise).reference, exercise.names
        )
        for exercise in course.exercises.values()
        if exercise.solution_dir is not None
    }
    return {name: "\n".join(_page(found, language)) + "\n" for language, name in PAGES.items()}


def _page(found: dict[Exercise, list[Mistake]], language: Language) -> Iterator[str]:
    words = _WORDS[language]
    yield words["head"]
    yield words["intro"].format(n=sum(map(len, found.values()))) + "\n"
    yield words["levels"] + "\n"
    yield words["made"]
    for exercise, mistakes in found.items():
        yield f"\n## {exercise.number} · {_cell(exercise.title.in_(language))}\n"
        yield words["count"].format(n=len(mistakes)) + "\n"
        yield words["table"]
        yield "|---|---|---|---|"
        for mistake in mistakes:
            shown = ", ".join(f"`{glob}`" for glob in mistake.fails)
            how = words[_named(exercise, mistake)]
            yield f"| `{mistake.id}` | {_cell(mistake.message.in_(language))} | {shown} | {how} |"


def _named(exercise: Exercise, mistake: Mistake) -> str:
    """How it is known: what it is called in the words of the page."""
    if mistake.by_checks:
        return "checks"
    if exercise.forbidden_means == "zero" and _uses(exercise.forbidden, Layout.of(exercise), mistake):
        return "forbidden"
    return "returns"


def _uses(forbidden: Forbidden, layout: Layout, mistake: Mistake) -> bool:
    sources = [(path.name, path.read_bytes()) for path in layout.own(mistake.path)]
    return bool(Watch((), (), forbidden.names, sources).told())


def _cell(text: str) -> str:
    """`text` in one cell of a table, as it stands."""
    return re.sub(r"([\\|*<])", r"\\\1", text)


def write(course: Course) -> Iterator[Path]:
    """The pages as files in the course's folder docs, each as it is written."""
    for name, text in pages(course).items():
        path = course.root / "docs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        yield path


if __name__ == "__main__":
    sys.exit(command.run(write))
