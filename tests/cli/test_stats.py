"""`grade stats`, and the class report that `grade batch` leaves."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from grader.core.course import load
from grader.core.record import CheckResult, Digests, Outcome
from grader.core.submission import SourceFile, Submission
from grader.gradebook import Gradebook
from tests import factories as make
from tests.cli.tiny import COURSE, RIGHT
from tests.report.test_html import HOSTILE, Page

HIDDEN = ("test_double_vector", "test_double_matrix")


def handed(
    student: str, source: str, checks: list[CheckResult], suite: str = "sha256:" + "a" * 64, hour: int = 9
) -> None:
    """Puts a record of these checks into the book."""
    course = load(COURSE / "exercises" / "course.toml")
    submission = Submission(
        student=student,
        exercise="ex90_double",
        files=(SourceFile(name="double.py", data=source.encode()),),
        submitted_utc=f"2026-03-01T{hour:02d}:00:00Z",
    )
    record = make.record(
        checks,
        student=student,
        exercise="ex90_double",
        digests=Digests(submission=submission.digest, suite=suite),
    )
    with Gradebook.open(course.gradebook) as book:
        book.record(submission, record)


def right() -> list[CheckResult]:
    """All passed."""
    return [make.check(id) for id in HIDDEN]


def wrong(mistake: str = "squares") -> list[CheckResult]:
    """The first check failed by a known mistake."""
    message = make.text("This squares.", "제곱하고 있습니다.")
    named = make.diagnosis(mistake, message=message)
    return [make.check(HIDDEN[0], Outcome.FAILED, diagnosis=named), make.check(HIDDEN[1])]


@pytest.fixture
def small_class(state) -> Path:
    """Three right ones, the last at the second attempt, and two with one mistake."""
    for k in range(2):
        handed(f"right{k}", f"x = {k}", right())
    for k in range(2):
        handed(f"wrong{k}", f"y = {k}", wrong())
    handed("second", "z = 1", wrong())
    handed("second", "z = 2", right(), hour=10)
    return state


def test_table(grade, small_class):
    """Scores, the commonest mistake and the checks, on one screen."""
    ended = grade("stats", "ex90")

    assert (ended.code, ended.err) == (0, "")
    assert "3 of 5 have all points" in ended.out
    assert re.search(r"2 \(40 %\) +squares +This squares\.", ended.out)
    assert re.search(r"Title of test_double_vector +60 % +3/5 +– +all others equal", ended.out)
    assert re.search(r"100 % +3 +█", ended.out)
    assert all(len(line) <= 80 for line in ended.out.splitlines())


def test_korean(grade, small_class):
    """All that it says of its own is Korean."""
    ended = grade("stats", "ex90", "--lang", "ko")

    assert "5명 중 3명이 만점입니다" in ended.out
    assert "제곱하고 있습니다." in ended.out
    assert not re.search(r"\b(Students|Checks|Passed|Score|median|everybody)\b", ended.out)


def test_json(grade, small_class):
    """The numbers for scripts, and nothing else on stdout."""
    ended = grade("stats", "ex90", "--json")

    told = json.loads(ended.out)
    assert (told["exercise"], told["counts"], told["students"]) == ("ex90_double", "best", 5)
    assert told["scores"]["median"] == 100.0
    assert told["scores"]["bins"] == [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3]
    assert told["attempts"] == {"full": [2, 1], "trying": [2, 0]}
    (mistake,) = told["mistakes"]
    assert (mistake["id"], mistake["students"]) == ("squares", ["wrong0", "wrong1"])
    check = told["checks"][0]
    assert (check["id"], check["passed"], check["n"]) == (HIDDEN[0], 3, 5)
    assert (check["discrimination"], check["undefined"]) == (None, "rest_equal")
    assert told["suites"] == {"sha256:" + "a" * 64: 5}
    assert "NaN" not in ended.out


def test_class_report(grade, small_class):
    """The page is written where it was asked for; with --json its path is a note."""
    ended = grade("stats", "ex90", "--out", "here", "--json")

    assert json.loads(ended.out)["students"] == 5
    assert ended.err == "class report: here/class.html\n"
    page = Page(Path("here/class.html").read_text(encoding="utf-8"))
    assert "This squares." in page.text
    assert [a["href"] for a in page.of("a") if "attempt" in str(a["href"])] == []  # there are none here


def test_links_lead_to_the_reports(grade, small_class):
    """Where a student's report is, the page leads there, relative and percent-encoded."""
    from grader.core.submission import student_key

    report = small_class / "reports" / "ex90_double" / student_key("wrong1") / "attempt_1.html"
    report.parent.mkdir(parents=True)
    report.write_text("the report")

    grade("stats", "ex90", "--out", "a folder %20")

    page = Page(Path("a folder %20/class.html").read_text(encoding="utf-8"))
    links = {str(a["href"]) for a in page.of("a") if "attempt" in str(a["href"])}
    assert [Path("a folder %20", unquote(link)).read_text() for link in links] == ["the report"]


def test_pseudonyms(grade, small_class):
    """No name and no link, in all three forms."""
    outs = [
        grade("stats", "ex90", "--pseudonyms").out,
        grade("stats", "ex90", "--pseudonyms", "--json", "--out", "here").out,
        Path("here/class.html").read_text(encoding="utf-8"),
    ]

    for out in outs:
        assert not re.search(r"wrong\d|right\d|second\b(?!s)", out)
    assert "student-" in outs[1]
    assert "attempt_" not in outs[2]


def test_nothing_graded(grade, state):
    """An exercise that nobody has done is no error."""
    Path("roster.csv").write_text("id,name\ns1,Kim\n")
    grade("book", "roster", "roster.csv")

    ended = grade("stats", "ex90")
    told = json.loads(grade("stats", "ex90", "--json").out)

    assert ended.code == 0
    assert "Nothing has been graded yet" in ended.out
    assert told["scores"] is None
    assert told["absent"] == ["s1"]


def test_no_book(grade):
    """Bad input, in a line."""
    ended = grade("stats", "ex90")

    assert ended.code == 2
    assert "no gradebook" in ended.err


def test_a_folder_that_cannot_be_written(grade, small_class):
    """Is said before anything is computed."""
    Path("file").write_text("")

    ended = grade("stats", "ex90", "--out", "file/below")

    assert ended.code == 2
    assert "no report can be written" in ended.err


def test_similar(grade, state):
    """Alike files are found in the book, told in all three forms, and shown side by side, escaped."""
    source = RIGHT + "\n".join(f"v{k} = [w * {k} for w in range({k}) if w % {k + 2} > 1]" for k in range(9))
    handed("one", source + "\ns = '<script>alert(1)</script>'\n", right())
    handed("two", source.replace("w", "q") + "\ns = '<b>'\n", right())
    handed("three", "print(1)\n", right())

    printed = grade("stats", "ex90", "--similar", "--out", "here")
    told = json.loads(grade("stats", "ex90", "--similar", "--json").out)

    assert re.search(r"one +\d+ % +two +\d+ %", printed.out)
    assert [pair["students"] for pair in told["similar"]] == [["one", "two"]]
    html = Path("here/class.html").read_text(encoding="utf-8")
    assert "Similar submissions" in html
    assert "<mark>" in html
    assert "<script" not in html
    assert "&lt;" in html


def test_similar_and_pseudonyms_do_not_go_together(grade, small_class):
    """Code can hold names."""
    ended = grade("stats", "ex90", "--similar", "--pseudonyms")

    assert ended.code == 2
    assert "leave out --pseudonyms" in ended.err


@pytest.mark.parametrize("text", [t for t in HOSTILE.values() if t.isprintable()])
def test_hostile_text_is_harmless_at_the_terminal(grade, state, text):
    """Names of mistakes and checks, and messages, are text there too: no markup, no escape sequence."""
    evil = f"[red]{text}[/]\x1b[2J\u202e"
    bad = make.check(
        evil,
        Outcome.FAILED,
        title=make.text(evil),
        diagnosis=make.diagnosis(evil, message=make.text(evil)),
    )
    handed(f"s[bold]{text}".replace("/", "").replace("\\", ""), "x = 1", [bad])

    out = grade("stats", "ex90").out + grade("stats", "ex90", "--color", "never").out

    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[red]" in out


def test_batch_leaves_a_class_report(grade, engine, state, monkeypatch):
    """Beside the reports and with links to them; what was not taken is in it, and who is missing."""
    from tests.cli.test_batch import WRONG

    Path("class").mkdir()
    for name, source in {"ann": RIGHT, "bob": WRONG, "cho": ""}.items():
        Path("class", f"{name}.py").write_text(source)
    Path("class/roster.csv").write_text("id,name\nann,Ann <b>\nbob,Bob\ncho,Cho\ndan,Dan\n")

    ended = grade("batch", "ex90", "class")

    assert ended.code == 3
    assert re.search(
        r"^Class report: .*reports/ex90_double/class\.html$", ended.out.replace("\n ", ""), re.MULTILINE
    )
    folder = state / "reports" / "ex90_double"
    page = Page((folder / "class.html").read_text(encoding="utf-8"))
    links = {str(a["href"]) for a in page.of("a") if "attempt" in str(a["href"])}
    assert len(links) == 2
    assert all((folder / unquote(link)).is_file() for link in links)
    for words in ("Ann <b>", "is empty", "dan", "squares"):
        assert words in page.text


def test_batch_with_out_and_json(grade, engine, state):
    """In the folder that was named; the path is a note, and nothing of it on stdout."""
    Path("class").mkdir()
    Path("class/ann.py").write_text(RIGHT)

    ended = grade("batch", "ex90", "class", "--json", "--out", "there")

    assert [json.loads(line)["student"] for line in ended.out.splitlines()] == ["ann"]
    assert "class report: there/class.html" in ended.err
    page = Page(Path("there/class.html").read_text(encoding="utf-8"))
    links = {str(a["href"]) for a in page.of("a") if "attempt" in str(a["href"])}
    assert [Path("there", unquote(link)).is_file() for link in links] == [True]
