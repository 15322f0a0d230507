"""Whatever a student can see is there in English and in Korean: in the grader, in suites, in the catalogue.

Sentences are found where they stand in the source, so that none is forgotten because nothing came to it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.cli import phrases
from grader.core import course as courses
from grader.core.course import Exercise
from grader.judge import catalog
from grader.judge.layout import Layout
from grader.report import texts

ROOT = Path(__file__).parent.parent
COURSE = courses.load(ROOT / courses.COURSE_FILE)
HANGUL = re.compile("[가-힣]")
WORDS = re.compile("[A-Za-z]{2,}")
PHRASE = re.compile("[A-Za-z]{2,} [A-Za-z]{2,}")  # more than a name of the code, which is the same in both
GRADER = sorted(path for path in (ROOT / "grader").rglob("*.py") if "templates" not in path.parts)


def sentence(node: ast.expr) -> str | None:
    """The words of a text as far as the source tells; None where it is a name or a call."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    if isinstance(node, ast.BinOp):
        left, right = sentence(node.left), sentence(node.right)
        return None if left is None or right is None else left + right
    return None


def holds_values(node: ast.expr) -> bool:
    """Whether a text is filled in: the words may come from there."""
    return any(isinstance(one, ast.FormattedValue) for one in ast.walk(node))


def pairs(path: Path) -> Iterator[tuple[int, dict[str, ast.expr]]]:
    """(line, keywords) of each call that gives a text in a language."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            given = {word.arg: word.value for word in node.keywords if word.arg in ("en", "ko")}
            if given:
                yield node.lineno, given


def amiss(path: Path) -> Iterator[str]:
    """Each call of a file that gives one language, or the same for both, or the wrong one."""
    for line, given in pairs(path):
        where = f"{path.relative_to(ROOT)}:{line}"
        if set(given) != {"en", "ko"}:
            yield f"{where}: only {', '.join(given)}"
            continue
        en, ko = sentence(given["en"]), sentence(given["ko"])
        if en is not None and HANGUL.search(en):
            yield f"{where}: the English is Korean: {en}"
        if en is None or ko is None or HANGUL.search(ko) or not WORDS.search(en):
            continue
        a_name = en.lower() == ko.lower() and not PHRASE.search(en)
        filled_in = holds_values(given["ko"]) and not WORDS.search(ko)
        if not (a_name or filled_in):
            yield f"{where}: the Korean is not: {ko}"


def suites(exercise: Exercise) -> list[Path]:
    """The files with its checks."""
    assert exercise.solution_dir is not None
    return [exercise.public_dir / "test_public.py", *sorted(exercise.solution_dir.glob("hidden/**/*.py"))]


def test_what_the_grader_says() -> None:
    """Each text that is written down in one language is beside it in the other."""
    assert sum(1 for path in GRADER for _ in pairs(path)) > 50
    assert [fault for path in GRADER for fault in amiss(path)] == []


@pytest.mark.parametrize("table", [texts.TEXTS, phrases._PHRASES], ids=["reports", "commands"])
def test_what_reports_and_commands_say(table: dict[str, tuple[str, str]]) -> None:
    """Korean is Korean and English English."""
    for key, (en, ko) in table.items():
        assert not HANGUL.search(en), key
        assert HANGUL.search(ko) or not WORDS.search(re.sub(r"\{\w+\}", "", en)), key


@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=lambda e: e.number)
def test_what_checks_say(exercise: Exercise) -> None:
    """Titles, groups and messages."""
    assert [fault for path in suites(exercise) for fault in amiss(path)] == []


@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=lambda e: e.number)
def test_every_check_has_a_title(exercise: Exercise) -> None:
    """In both languages, or its cases have: else its docstring would stand for both."""
    for path in suites(exercise):
        tree = ast.parse(path.read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = ast.unparse(ast.Module(node.decorator_list, []))  # type: ignore[arg-type]
                assert re.search(r"title\(|\bcase\(|titled\(", marks), f"{path.name}: {node.name}"


@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=lambda e: e.number)
def test_what_mistakes_are_called(exercise: Exercise) -> None:
    """The message of every known wrong solution."""
    layout = Layout.of(exercise)
    for mistake in catalog.load(layout.folder / "wrong", layout.reference, exercise.names):
        assert HANGUL.search(mistake.message.ko), mistake.id
        assert not HANGUL.search(mistake.message.en), mistake.id


@pytest.mark.parametrize("exercise", COURSE.exercises.values(), ids=lambda e: e.number)
def test_what_exercises_are_called(exercise: Exercise) -> None:
    """Their titles."""
    assert HANGUL.search(exercise.title.ko)
    assert not HANGUL.search(exercise.title.en)
