"""What is written for others: each format against its description, with hostile names."""

import csv
import io
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.course import Exercise, Limits
from grader.core.policy import Handed, Late, Override, Policy, grade, total
from grader.core.record import Outcome
from grader.errors import InputError
from grader.gradebook.export import canvas, classroom50, gradescope, junit, sheets
from grader.gradebook.grades import Row
from grader.gradebook.ledger import Student
from grader.report.view import student_view
from tests import factories

SECRET = bytes(range(32))
FORMULAE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1+1", "＝1+1", '=HYPERLINK("http://x")']


def exercise(number: int, name: str, tmp_path) -> Exercise:
    """An exercise of 100 points."""
    return Exercise(
        id=f"ex{number}_{name}",
        title=factories.text(name.title(), "제목"),
        files=(f"{name}.py",),
        packages=("numpy",),
        points=100,
        due_utc=None,
        limits=Limits(),
        reveal="all",
        devices=("cpu",),
        public_dir=tmp_path,
        solution_dir=None,
    )


@pytest.fixture
def exercises(tmp_path) -> list[Exercise]:
    """Two of them."""
    return [exercise(10, "convolution", tmp_path), exercise(12, "rnn", tmp_path)]


def row(exercises, student: Student | str, *scores: float | str | None) -> Row:
    """A student with these scores; None for nothing handed in, EX for excused."""
    grades = {}
    for one, score in zip(exercises, scores, strict=True):
        when = datetime(2026, 3, 1, tzinfo=UTC)
        handed = [Handed(number=1, submitted_utc=when, score=score, max_score=100.0)]
        grades[one.id] = grade(
            handed if isinstance(score, float) else [],
            Policy(),
            points=one.points,
            due_utc=None,
            override=Override(points=None) if score == "EX" else None,
        )
    who = Student(id=student) if isinstance(student, str) else student
    return Row(student=who, grades=grades, total=total(grades), not_graded=frozenset())


def lines(text: str) -> list[list[str]]:
    """Cells of a CSV."""
    return list(csv.reader(io.StringIO(text, newline="")))


def test_plain(exercises):
    """A row a student; blank is no score, EX excused, the total leaves it out."""
    kim = Student(id="s1", full_name="김민수", email="m@x.kr", section="A")

    table = lines(
        sheets.plain([row(exercises, kim, 38.3333, None), row(exercises, "s2", "EX", 60.0)], exercises)
    )

    assert table == [
        ["student", "name", "email", "section", "ex10_convolution", "ex12_rnn", "total", "max_total"],
        ["s1", "김민수", "m@x.kr", "A", "38.33", "", "38.33", "200"],
        ["s2", "", "", "", "EX", "60", "60", "100"],
    ]


@pytest.mark.parametrize("text", FORMULAE)
@pytest.mark.parametrize("form", [sheets.plain, sheets.canvas, sheets.moodle])
def test_formulae_are_defused(exercises, form, text):
    """No cell that a student can write begins as a formula does."""
    who = Student(id=text, full_name=text, email=text, section=text)

    table = lines(form([row(exercises, who, 1.0, 2.0)], exercises))

    for cell in table[-1]:
        assert not cell.lstrip()[:1] or cell.lstrip()[0] not in "=+-@＝\t\r"


@given(st.text())
def test_any_text_is_defused(text):
    """Whatever a cell holds: no formula, no line break, no control character."""
    cell = sheets.defused(text)

    assert cell.lstrip()[:1] not in {*"=+-@＝＋－＠\t\r\n"} or not cell.strip()
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", cell)


def test_numbers_are_no_formulae(exercises):
    """Scores stay numbers."""
    assert sheets.number(38.33333) == "38.33"
    assert sheets.number(100.0) == "100"
    assert sheets.number(0.0) == "0"


def importable_by_canvas(text: str) -> tuple[list[list[str]], list[list[str]]]:
    """Head and students, after asserting what Canvas's importer asks (lib/gradebook_importer.rb)."""
    table = lines(text)
    head = table[0]
    assert len(head) > 3
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert re.search(r"SIS\s+User\s+ID", head[2])
    assert re.search(r"SIS\s+Login\s+ID", head[3])
    assert "Section" in head[4]  # the last column about the student: what follows are assignments
    assert table[1][0] == "    Points Possible"
    assert all(len(line) == len(head) for line in table)
    return [head[5:], table[1][5:]], table[2:]


def test_canvas(exercises):
    """Columns as Canvas has them, points possible in the second row, EX for excused, blank for no score."""
    kim = Student(id="s1", full_name="Kim, Minsu", section="A")

    text = sheets.canvas([row(exercises, kim, 85.5, None), row(exercises, "s2", "EX", 0.0)], exercises)

    heads, students = importable_by_canvas(text)
    assert heads == [["ex10 Convolution", "ex12 Rnn"], ["100", "100"]]
    assert students == [
        ["Kim, Minsu", "", "s1", "s1", "A", "85.5", ""],
        ["s2", "", "s2", "s2", "", "EX", "0"],
    ]


TEMPLATE = """\
Student,ID,SIS User ID,SIS Login ID,Section,ex10 Convolution (4711),Essay (4712),RNN (4713),Current Score
,,,,,Manual Posting,,,
    Points Possible,,,,,10,5,100,(read only)
"Kim, Minsu",901,s1,minsu,A,3,5,,50
Lee Jieun,902,,s2@x.kr,A,,,40,50
=cmd,903,s9,nobody,A,-7,,,50
"Student, Test",904,,abc,A,,,,
"""


def test_canvas_template(exercises):
    """Canvas's export is filled: its ids stay, other columns are left out, missing scores stay."""
    rows = [
        row(exercises, Student(id="s1", full_name="Minsu Kim"), 85.0, 60.0),
        row(exercises, Student(id="jieun", email="s2@x.kr"), "EX", None),
        row(exercises, "s4", 1.0, 1.0),
    ]

    filled = canvas.filled(TEMPLATE.encode("utf-8-sig"), rows, exercises)

    table = lines(filled.text)
    assert table[0] == [*TEMPLATE.splitlines()[0].split(",")[:6], "RNN (4713)"]
    assert table[1:3] == [
        ["", "", "", "", "", "Manual Posting", ""],
        ["    Points Possible", *[""] * 4, "10", "100"],
    ]
    assert table[3] == ["Kim, Minsu", "901", "s1", "minsu", "A", "8.5", "60"]
    assert table[4] == ["Lee Jieun", "902", "", "s2@x.kr", "A", "EX", "40"]
    assert table[5] == ["'=cmd", "903", "s9", "nobody", "A", "-7", ""]
    assert filled.notes == (
        "ex10_convolution: Canvas counts 10 points, not 100: scaled",
        "not in the gradebook, left as it was: '=cmd'",
        "not in the gradebook, left as it was: 'Student, Test'",
        "not in Canvas's file: 's4'",
    )


def test_canvas_template_with_semicolons(exercises):
    """Canvas writes semicolons where commas are decimal marks."""
    text = TEMPLATE.replace(", Minsu", " Minsu").replace(", Test", "").replace(",", ";")

    table = lines(canvas.filled(text.encode(), [row(exercises, "s1", 1.0, 2.0)], exercises).text)

    assert table[3][-2:] == ["0.1", "2"]


def test_a_name_that_two_share_names_nobody(exercises):
    """Two students of one name are told apart by ids, never by chance."""
    rows = [row(exercises, Student(id=id, full_name="Lee Jieun"), 50.0, 50.0) for id in ("x1", "x2")]

    filled = canvas.filled(TEMPLATE.encode(), rows, exercises)

    assert "not in the gradebook, left as it was: 'Lee Jieun'" in filled.notes


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (b"", "no export of Canvas's gradebook"),
        (b"a,b\n1,2\n", "no export of Canvas's gradebook"),
        (b"\xff\xfe", "not UTF-8"),
        (TEMPLATE.replace("RNN", "Quiz").encode(), "no column for ex12_rnn: name the assignment 'ex12 Rnn'"),
        (TEMPLATE.replace("Essay", "rnn").encode(), "several columns for ex12_rnn"),
        (b"x" * (20 * 2**20 + 1), "over 20 MiB"),
    ],
    ids=["empty", "another table", "not UTF-8", "no column", "two columns", "huge"],
)
def test_what_is_no_template(exercises, template, says):
    """A file that cannot be filled is refused with what is wrong."""
    with pytest.raises(InputError, match=re.escape(says)):
        canvas.filled(template, [row(exercises, "s1", 1.0, 1.0)], exercises)


def test_moodle(exercises):
    """Users by id number, username or email; a dash is no grade."""
    kim = Student(id="s1", email="m@x.kr")

    table = lines(
        sheets.moodle([row(exercises, kim, 85.0, None), row(exercises, "s2", "EX", 0.0)], exercises)
    )

    assert table == [
        ["ID number", "Username", "Email address", "ex10 Convolution", "ex12 Rnn"],
        ["s1", "s1", "m@x.kr", "85", "-"],
        ["s2", "s2", "", "-", "0"],
    ]


def test_pseudonyms(exercises):
    """Pseudonyms are stable, tell nothing, and stand in an order of their own."""
    rows = [
        row(exercises, Student(id=f"s{i}", full_name="Kim", email="e", section="A"), 1.0, 2.0)
        for i in range(9)
    ]

    hidden = sheets.without_names(rows, SECRET)

    assert hidden == sheets.without_names(rows[::-1], SECRET)
    assert all(re.fullmatch("student-[0-9a-f]{16}", one.student.id) for one in hidden)
    assert {(one.student.full_name, one.student.email, one.student.section) for one in hidden} == {
        (None,) * 3
    }
    assert not {one.student.id for one in hidden} & {
        one.student.id for one in sheets.without_names(rows, SECRET[::-1])
    }


VISIBILITY = {"enum": ["visible", "hidden", "after_due_date", "after_published"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": FORMAT,
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": FORMAT,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}
"""As Gradescope describes results.json in its autograder documentation."""

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e]]>\x00"


def judged(**about):
    """A record of checks with every kind of end and hostile texts; the student's view."""
    checks = [
        factories.check("test_a[1]", max_points=5.0),
        factories.check(
            "test_b",
            Outcome.FAILED,
            message=factories.text(HOSTILE, "틀렸습니다"),
            diagnosis=factories.diagnosis(),
            staff_note="for staff only",
        ),
        factories.check("test_c", Outcome.CRASHED, message=factories.text("raised KeyError", "예외")),
        factories.check("test_d", Outcome.SKIPPED),
        factories.check("public/test_e", group="public", max_points=0.0, points=0.0),
    ]
    return student_view(factories.record(checks, **about))


def test_gradescope():
    """Fields and types as described; one test a check, with points where it has some."""
    results = gradescope.results(judged(), language="en")

    jsonschema.validate(results, GRADESCOPE)
    assert results["score"] == 5.0
    assert [(t["status"], t.get("score"), t.get("max_score")) for t in results["tests"]] == [
        ("passed", 5.0, 5.0),
        ("failed", 0.0, 10.0),
        ("failed", 0.0, 10.0),
        ("failed", 0.0, 10.0),
        ("passed", None, None),
    ]
    assert "Do not flip the kernel." in results["tests"][1]["output"]
    assert "\x1b" not in str(results)
    assert "staff" not in str(results)


def test_gradescope_in_korean():
    """Titles and messages in the language asked for."""
    results = gradescope.results(judged(), language="ko")

    assert results["tests"][0]["name"] == "test_a[1]의 제목"
    assert "검사 5개 중 2개를 통과했습니다." in results["output"]


def test_gradescope_of_a_grade(exercises):
    """The score is the book's, and the student is told why it is not the record's."""
    when = datetime(2026, 3, 2, tzinfo=UTC)
    handed = [Handed(number=1, submitted_utc=when, score=5.0, max_score=35.0)]
    override = grade(handed, Policy(), points=100, due_utc=None, override=Override(points=70.0))

    results = gradescope.results(judged(), language="en", grade=override)

    assert results["score"] == 70.0
    assert "set by staff" in results["output"]


@pytest.mark.parametrize(("per_day", "told"), [(10, True), (0, False)])
def test_gradescope_of_a_late_attempt(per_day, told):
    """Lateness is told where it cost points."""
    due, when = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    handed = [Handed(number=1, submitted_utc=when, score=5.0, max_score=35.0)]
    late = grade(handed, Policy(late=Late(per_day=per_day)), points=35, due_utc=due)

    results = gradescope.results(judged(), language="en", grade=late)

    assert results["score"] == (4.5 if told else 5.0)
    assert ("1 day late" in results["output"]) is told


def test_gradescope_of_what_was_not_graded():
    """Without a score Gradescope knows that the autograder failed."""
    results = gradescope.results(factories.not_graded(), language="en")

    jsonschema.validate(results, GRADESCOPE)
    assert "score" not in results


def assert_classroom50(result) -> None:
    """What Classroom 50 asks of a result (classroom50/result/v1)."""
    assert set(result) == {
        "schema", "classroom", "assignment", "submission", "commit", "release", "review", "datetime", "score",
        "max-score", "tests",
    }  # fmt: skip
    assert result["schema"] == "classroom50/result/v1"
    for field in ("classroom", "assignment", "submission", "commit", "release", "review"):
        assert isinstance(result[field], str)
        assert result[field]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["datetime"])
    for test in result["tests"]:
        assert set(test) == {"test-name", "passed", "score", "max-score"}
        assert test["test-name"]
        assert type(test["passed"]) is bool
        assert type(test["score"]) is type(test["max-score"]) is int
        assert 0 <= test["score"] <= test["max-score"]
    for field in ("score", "max-score"):
        assert type(result[field]) is int
        assert result[field] == sum(test[field] for test in result["tests"])


def test_classroom50():
    """Whole numbers that add up; the runner's words where there is a runner."""
    result = classroom50.result(
        judged(), language="en", environment={"CLASSROOM": "dl", "COMMIT_URL": "https://c"}
    )

    assert_classroom50(result)
    assert (result["classroom"], result["commit"], result["assignment"]) == (
        "dl",
        "https://c",
        "ex10_convolution",
    )
    assert (result["score"], result["max-score"]) == (5, 35)


PARTS = st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
"""Of a group: checks that passed, and how many there are."""


@given(st.lists(PARTS, min_size=1, max_size=8))
def test_classroom50_adds_up(parts):
    """Thirds and sevenths of points, too, add up to the record's score."""
    checks = [
        factories.check(
            f"test_{i}[{j}]",
            Outcome.PASSED if j < passed else Outcome.FAILED,
            group=f"g{i}",
            max_points=10 / n,
        )
        for i, (passed, n) in enumerate(parts)
        for j in range(n)
    ]
    record = factories.record(checks, max_score=10.0 * len(parts) + 1e-6)

    result = classroom50.result(record, language="en", environment={})

    assert_classroom50(result)
    assert result["max-score"] == 10 * len(parts)
    assert result["score"] - 1 < record.score < result["score"] + 1


SUITE = """
import pytest

def test_passes(record_property): record_property("points", 5)
def test_fails(): assert 1 == 2
def test_skips(): pytest.skip("why")

@pytest.fixture
def broken(): raise KeyError

def test_errs(broken): pass

def test_of_suite(record_testsuite_property): record_testsuite_property("a", "b")
"""


def shape(document: bytes) -> dict[str, set[str]]:
    """Which attributes and children each element has."""
    found = defaultdict(set)
    for element in ET.fromstring(document).iter():
        found[element.tag] |= {f"@{name}" for name in element.attrib} | {child.tag for child in element}
    return found


def test_junit_is_as_pytest_writes_it(tmp_path):
    """Elements, attributes and nesting are those of this pytest's own JUnit XML."""
    (tmp_path / "test_it.py").write_text(SUITE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--junitxml",
        "x.xml",
    ]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    pytests = shape((tmp_path / "x.xml").read_bytes())

    ours = shape(junit.suites([judged(), judged(student="s002")], language="en"))

    assert ours == pytests


def test_junit_counts_and_points():
    """Counts are those of the cases, points are properties, hostile text is valid XML."""
    root = ET.fromstring(junit.suites([judged(student="<&\"'>")], language="en"))

    (suite,) = root
    cases = suite.findall("testcase")
    counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 5, "failures": 1, "errors": 1, "skipped": 1}
    assert [len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error", "skipped")] == [1, 1, 1]
    points = {p.get("name"): p.get("value") for p in cases[0].find("properties")}
    assert (points["points"], points["max_points"]) == ("5", "5")
    assert "\\x1b[2J\\u202e]]>\\x00" in cases[1].find("failure").text
