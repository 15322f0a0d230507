"""`grade audit` says whether a suite is fair, and ends with 0 only if it is."""

import functools
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.tiny import COURSE
from tests.states import seeded


@pytest.fixture(autouse=True)
def _same_inputs(state):
    """Every run draws the same."""
    seeded(state)


def test_green(grade):
    """A fair suite: exit 0 and one line."""
    ended = grade("audit", "ex90", "--seeds", "1")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("✓ ex90_double: green: 6 checks")
    assert ended.out.endswith("2 wrong solutions, 8 degenerate answers under 1 seed\n")


def test_unfair_suite(grade, tmp_path):
    """A wrong solution that fails other checks than its header says is a finding: exit 1."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    path = root / "solutions" / "ex90_double" / "wrong" / "squares.py"
    path.write_text(path.read_text().replace("fails: test_double_*", "fails: test_total_*"))

    ended = grade("audit", "--seeds", "1", "--course", root)

    assert ended.code == 1
    assert "squares" in ended.out


@pytest.fixture
def copy(tmp_path):
    """A copy of the tiny course, to be broken."""
    shutil.copytree(COURSE, tmp_path / "course")
    return tmp_path / "course"


def test_a_finding_of_all_seeds_stands_once(grade, copy):
    """What several seeds show is one finding."""
    path = copy / "solutions" / "ex90_double" / "accepted" / "loops.py"
    path.write_text(path.read_text().replace("def total", "def not_total"))

    ended = grade("audit", "ex90", "--seeds", "2", "--course", copy)

    assert ended.code == 1
    assert "1 finding:" in ended.out
    assert ended.out.count("accepted loops: gets 10 of 20") == 1


def test_no_stub_yet(grade, copy):
    """Before `make stubs` the message names it."""
    (copy / "exercises" / "ex90_double" / "double.py").unlink()

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == 2
    assert "run 'make stubs'" in ended.err


def test_group_without_korean(grade, copy):
    """A group that has its title in one language is a finding."""
    path = copy / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    path.write_text(path.read_text().replace(', ko="합계"', ""))

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == 1
    assert "group 'total' has one title" in ended.out


@pytest.mark.parametrize(
    ("checks", "mark", "finding"),
    [
        (["vector", "matrix"], "", "group 'total' has only speed checks"),
        (["vector"], ", all_or_nothing=True", "group 'total' is all_or_nothing"),
        (["vector"], "", None),
    ],
    ids=["only_speed", "all_or_nothing", "beside_values"],
)
def test_groups_that_hang_on_speed(grade, copy, checks, mark, finding):
    """Speed is never the only thing that a group depends on, nor all of it."""
    path = copy / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    source = path.read_text().replace('"total", points=10', f'"total", points=10{mark}')
    source = source.replace("import assert_close", "import assert_close, assert_speed")
    for check in checks:
        head = f"def test_total_{check}(submission, reference, rng):\n"
        timed = (
            "assert_speed(submission.total, reference.total, inputs=lambda: {'x': rng.random(9)}, ratio=9999)"
        )
        assert head in source
        source = source.replace(head, f"{head}    {timed}\n")
    path.write_text(source)

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == (0 if finding is None else 1), ended.out
    assert finding is None or finding in ended.out


@pytest.mark.parametrize(
    ("hints", "finding"),
    [
        ('[[group.double]]\nafter = 1\nen = "2 x"\nko = "2 x"\n', None),
        ('[[group.doubel]]\nafter = 1\nen = "2 x"\nko = "2 x"\n', "group 'doubel' names no group"),
        ('[[check."test_dbl*"]]\nafter = 1\nen = "2 x"\nko = "2 x"\n', "check 'test_dbl*' names no check"),
        ('[[group.double]]\nafter = 1\nen = "2 x"\n', "step 1.ko: expected a text"),
    ],
    ids=["right", "no_group", "no_check", "no_korean"],
)
def test_hints_that_nobody_could_read(grade, copy, hints, finding):
    """A hint about nothing, or in one language, is a finding."""
    (copy / "solutions" / "ex90_double" / "hints.toml").write_text(hints)

    ended = grade("audit", "ex90", "--seeds", "1", "--course", copy)

    assert ended.code == (0 if finding is None else 1), ended.out
    assert finding is None or finding in " ".join(ended.out.split())


def test_json(grade):
    """--json holds every score."""
    (audit,) = json.loads(grade("audit", "ex90", "--seeds", "1", "--json").out)

    assert audit["exercise"] == "ex90_double"
    assert {row["scores"][0] for row in audit["rows"] if row["kind"] == "accepted"} == {20.0}
    squares = next(row for row in audit["rows"] if row["name"] == "squares")
    assert squares["cells"]["test_double_vector"] == {
        "outcomes": {"failed": 1},
        "named": ["squares: exact"],
    }
    assert "test_total_vector" not in squares["cells"]
    assert squares["taken_for"] == []
    assert audit["parts"] == ["accepted", "wrong", "degenerate", "left-out"]
    assert (audit["never_failed"], audit["never_caught"]) == ([], [])


def test_one_part_alone(grade):
    """Accepted solutions under many seeds: nothing else is judged."""
    ended = grade("audit", "ex90", "--seeds", "3", "--only", "accepted", "--json")

    (audit,) = json.loads(ended.out)
    assert {row["kind"] for row in audit["rows"]} == {"stub", "reference", "accepted"}
    assert {len(row["scores"]) for row in audit["rows"]} == {3}


SUITE = Path("solutions") / "ex90_double" / "hidden" / "test_double.py"
LISTING = Path("solutions") / "ex90_double" / "degenerate.toml"


def blind(copy):
    """Have a check look at nothing."""
    path = copy / SUITE
    asked = 'assert_close(submission.total(x=x), reference.total(x=x), name="total")'
    text = path.read_text()
    assert asked in text
    path.write_text(text.replace(asked, "submission.total(x=x)", 1))


def listing(*answers, checks="test_total_vector"):
    """A degenerate.toml that lets these pass."""
    return "".join(
        f'[[passes]]\nanswer = "{answer}"\nchecks = ["{checks}"]\nreason = "it looks at nothing"\n'
        for answer in answers
    )


def test_a_check_that_looks_at_no_answer(grade, copy):
    """A degenerate answer that passes is a finding, which names answer and check."""
    blind(copy)

    ended = grade("audit", "ex90", "--only", "degenerate", "--course", copy)

    assert ended.code == 1
    assert "8 findings:" in ended.out
    assert "degenerate nan: test_total_vector passed by NaN" in ended.out


def test_an_excuse_counts(grade, copy):
    """What the exercise lists with a reason is none."""
    from grader.judge.audit import HOW

    blind(copy)
    (copy / LISTING).write_text(listing(*HOW))

    ended = grade("audit", "ex90", "--only", "degenerate", "--json", "--course", copy)

    assert ended.code == 0
    (audit,) = json.loads(ended.out)
    assert {row["excused"]["test_total_vector"] for row in audit["rows"]} == {"it looks at nothing"}


def test_an_excuse_that_nothing_needs(grade, copy):
    """It is a finding: a listing does not outlive its reason."""
    (copy / LISTING).write_text(listing("zero"))

    ended = grade("audit", "ex90", "--only", "degenerate", "--course", copy)

    assert ended.code == 1
    assert "'zero' passes no check 'test_total_vector'" in ended.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (listing("twelve"), "choose one of 'zero'"),
        ("passes = 3", "Expected `array`"),
        ("[[passes", "degenerate.toml"),
        (listing("zero").replace("it looks at nothing", " "), "a reason"),
    ],
    ids=["answer", "type", "syntax", "reason"],
)
def test_a_broken_listing(grade, copy, text, said):
    """Exit 2, with the file."""
    (copy / LISTING).write_text(text)

    ended = grade("audit", "ex90", "--only", "degenerate", "--course", copy)

    assert ended.code == 2
    assert said in ended.err
    assert "degenerate.toml" in ended.err


def twin(copy, header=""):
    """A wrong solution that does what `squares` does, written in another way."""
    folder = copy / "solutions" / "ex90_double" / "wrong"
    text = (folder / "squares.py").read_text()
    assert "x * x" in text
    text = text.replace("x * x", "x**2")
    end = text.index('"""', 3)
    (folder / "powers.py").write_text(text[:end] + header + text[end:])


def test_a_mistake_that_is_taken_for_another(grade, copy):
    """Left out of the catalogue, a wrong solution must not be named as another for certain."""
    twin(copy)

    ended = grade("audit", "ex90", "--only", "left-out", "--course", copy)

    assert ended.code == 1
    assert "wrong powers: left out of the catalogue it is taken for squares for certain" in " ".join(
        ended.out.split()
    )


def test_a_mistake_that_holds_another(grade, copy):
    """`includes:` says that the name is right; one that is not needed is a finding."""
    twin(copy, "includes: squares\n")

    ended = grade("audit", "ex90", "--only", "left-out", "--course", copy)

    told = " ".join(ended.out.split())
    assert "wrong powers" not in told
    assert "wrong squares: left out of the catalogue it is taken for powers" in told


def test_an_include_that_nothing_needs(grade, copy):
    """It is a finding; a name that no file has is an error of the course."""
    path = copy / "solutions" / "ex90_double" / "wrong" / "squares.py"
    text = path.read_text()
    end = text.index('"""', 3)
    path.write_text(f"{text[:end]}includes: total_is_mean\n{text[end:]}")

    ended = grade("audit", "ex90", "--only", "left-out", "--course", copy)

    assert ended.code == 1
    assert "its header says that it includes total_is_mean" in ended.out
    path.write_text(f"{text[:end]}includes: nobody\n{text[end:]}")
    assert grade("audit", "ex90", "--only", "left-out", "--course", copy).code == 2


def test_table(grade):
    """One character a check, within 80 columns, and what each number stands for."""
    ended = grade("audit", "ex90", "--seeds", "1", "--table")

    lines = ended.out.splitlines()
    assert "  3  test_double_vector  1 wrong" in lines
    assert f"{'squares':<30}=·==··" in lines
    assert f"{'nan':<30}xxxxxx" in lines
    assert max(map(len, lines[1:])) <= 80


def test_page(grade, copy, tmp_path):
    """A page with the table, without scripts or network, in which text of files stays text."""
    path = copy / "solutions" / "ex90_double" / "wrong" / "squares.py"
    path.write_text('"""<script>alert(1)</script> ' + path.read_text().removeprefix('"""'))

    ended = grade("audit", "ex90", "--seeds", "1", "--out", tmp_path / "new" / "folder", "--course", copy)

    page = (tmp_path / "new" / "folder" / "audit.html").read_text(encoding="utf-8")
    assert ended.code == 0
    assert "audit.html" in ended.err
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page
    assert 'title="failed under 1 of 1; named squares: exact"' in page


def test_a_page_that_cannot_be_written(grade, tmp_path):
    """Exit 2 before anything is judged."""
    (tmp_path / "file").write_text("")

    ended = grade("audit", "ex90", "--out", tmp_path / "file")

    assert (ended.code, ended.out) == (2, "")
    assert "give --out another folder" in ended.err


def test_further_seeds_run_what_is_to_catch_it(grade):
    """Of a wrong solution the checks that its header names; all others once. Thoroughly, all under each."""
    (audit,) = json.loads(grade("audit", "ex90", "--seeds", "3", "--json").out)
    (whole,) = json.loads(grade("audit", "ex90", "--seeds", "3", "--json", "--thorough").out)

    squares, thoroughly = (
        next(row for row in one["rows"] if row["name"] == "squares") for one in (audit, whole)
    )
    assert (audit["thorough"], whole["thorough"]) == (False, True)
    assert squares["cells"] == thoroughly["cells"]
    assert squares["cells"]["test_double_vector"]["outcomes"] == {"failed": 3}
    assert (len(squares["scores"]), len(thoroughly["scores"])) == (1, 3)
    accepted = next(row for row in audit["rows"] if row["kind"] == "accepted")
    assert len(accepted["scores"]) == 3


def test_what_shows_by_chance_only(grade, copy):
    """A wrong solution that a check lets through under some of the seeds."""
    path = copy / "solutions" / "ex90_double" / "wrong" / "squares.py"
    path.write_text(
        path.read_text().replace("return x * x", "return (2 if x.ndim == 2 and x[0, 0] > 0 else x) * x")
    )

    ended = grade("audit", "ex90", "--seeds", "9", "--course", copy)

    assert ended.code == 1
    assert re.search(
        r"passes test_double_matrix, which its header says it fails \(under . of 9", flat(ended.out)
    )


def test_what_is_late_is_waited_for_once(grade, copy):
    """Where a check of a wrong solution was not answered in time, it would not be under another seed."""
    path = copy / "solutions" / "ex90_double" / "wrong" / "squares.py"
    source = path.read_text()
    path.write_text(source.replace("return x * x", "return x * (x if x.ndim == 1 else max(iter(int, 1)))"))

    (audit,) = json.loads(grade("audit", "ex90", "--seeds", "3", "--course", copy, "--json").out)

    squares = next(row for row in audit["rows"] if row["name"] == "squares")
    assert squares["cells"]["test_double_vector"]["outcomes"] == {"failed": 3}
    assert squares["cells"]["test_double_matrix"]["outcomes"] == {"timed_out": 1}


def test_a_course_without_exercises(grade, copy):
    """Nothing to audit is nothing to mend."""
    (copy / "exercises" / "course.toml").write_text(
        'title = { en = "Empty", ko = "비었음" }\nexercises = {}\n'
    )

    ended = grade("audit", "--course", copy)

    assert (ended.code, ended.out, ended.err) == (0, "", "")


@pytest.mark.parametrize("early", [0, 1])
def test_engines_are_used_in_turn(early):
    """The next one starts while one is in use, or when that has ended; all are closed, whatever happens."""
    from grader.cli import auditing

    told = []

    class Engine:
        def __init__(self, number):
            self.number = number
            told.append(f"start {number}")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.close()

        def close(self):
            told.append(f"close {self.number}")

    engines = auditing.ahead([functools.partial(Engine, n) for n in range(3)], early=early)
    for engine in engines:
        told.append(f"use {engine.number}")
        if engine.number == 1:
            engines.close()

    started = told.index("start 1") < told.index("use 0")
    assert started == bool(early)
    assert told.index("close 0") < told.index("use 1")
    assert {f"close {n}" for n in range(2 + early)} <= set(told)


def test_an_exercise_that_changes_before_its_turn(copy):
    """Its servers may have started long before: they would judge by what is no longer there."""
    from grader.core import course as courses
    from grader.engines.local import LocalEngine
    from grader.errors import CourseError
    from grader.judge.audit import audit

    course = courses.load(copy / courses.COURSE_FILE)
    exercise = course.exercise("ex90")
    wrong = copy / "solutions" / "ex90_double" / "wrong"
    with LocalEngine(course, exercise) as engine:
        engine.start()
        cubes = (wrong / "squares.py").read_text().replace("x * x", "x * x * x")
        (wrong / "cubes.py").write_text(cubes)

        with pytest.raises(CourseError, match="ex90_double was changed"):
            audit(exercise, engine, seeds=1)


def flat(text):
    """The text in one line."""
    return " ".join(text.split())
