"""The course is read whole or refused with the place of the mistake."""

import multiprocessing
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.core import course
from grader.core.policy import Late, Policy
from grader.errors import CourseError, InputError, MachineError

MINIMAL = """\
title = { en = "A course", ko = "강의" }

[exercises.ex10_convolution]
title = { en = "Convolution", ko = "합성곱" }
files = ["convolution.py"]
"""


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    """No course is named by the environment of whoever runs the tests."""
    monkeypatch.delenv("GRADE_COURSE", raising=False)
    monkeypatch.delenv("GRADE_STATE", raising=False)


@pytest.fixture
def write(tmp_path):
    """Writes `exercises/course.toml` and returns its path."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "exercises" / "course.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def refusal(path: Path) -> str:
    """What `load` says of a broken file."""
    with pytest.raises(CourseError) as caught:
        course.load(path)
    message = str(caught.value)
    assert str(path) in message
    return message


def test_defaults(write):
    """What course.toml leaves out has a default."""
    exercise = course.load(write(MINIMAL)).exercise("ex10")

    assert exercise.packages == ("numpy",)
    assert exercise.points == 100
    assert exercise.due_utc is None
    assert exercise.limits == course.Limits()
    assert exercise.reveal == "all"
    assert exercise.devices == ("cpu",)
    assert exercise.solution_dir is None


def test_everything_said(write):
    """Every key of an exercise is read; the time is turned to UTC."""
    text = MINIMAL + (
        'packages = ["torch", "numpy"]\npoints = 50\ndue = 2026-03-31T23:59:00+09:00\nreveal = "name"\n'
        'devices = ["cuda", "cpu"]\nlimits = { call_s = 2, memory_mib = 512 }\n'
    )

    exercise = course.load(write(text)).exercise("ex10")

    assert exercise.packages == ("numpy", "torch")
    assert exercise.points == 50
    assert exercise.due_utc == datetime(2026, 3, 31, 14, 59, tzinfo=UTC)
    assert exercise.reveal == "name"
    assert exercise.devices == ("cpu", "cuda")
    assert exercise.limits == course.Limits(call_s=2.0, memory_mib=512)


def test_lightning_stands_on_torch(write):
    """So torch is named beside it."""
    exercise = course.load(write(MINIMAL + 'packages = ["lightning", "torch"]\n')).exercise("ex10")

    assert exercise.packages == ("torch", "lightning")
    with pytest.raises(CourseError, match="packages: expected 'torch' beside 'lightning'"):
        course.load(write(MINIMAL + 'packages = ["lightning"]\n'))


@pytest.mark.parametrize(
    ("packages", "operators"), [('["numpy"]', ()), ('["numpy", "torch"]', ("aten.conv_tbc",))]
)
def test_what_is_forbidden(write, packages, operators):
    """Families are expanded; operators of torch are sought where torch is."""
    entries = 'forbidden = ["pooling", "aten.conv_tbc", "numpy.convolve"]\nforbidden_means = "zero"\n'
    exercise = course.load(write(f"{MINIMAL}packages = {packages}\n{entries}")).exercise("ex10")

    assert exercise.forbidden_means == "zero"
    assert {"numpy.convolve", "torch.nn*.*Pool[0-9]d"} <= set(exercise.forbidden.names)
    assert exercise.forbidden.operators[1:] == operators


def test_nothing_is_forbidden_by_default(write):
    """Then there is nothing to look for."""
    exercise = course.load(write(MINIMAL)).exercise("ex10")

    assert not exercise.forbidden
    assert exercise.forbidden_means == "flag"


@pytest.mark.parametrize("entry", ["convolutions", "", "conv 2d", "torch.", "a.b-c"])
def test_a_forbidden_thing_that_is_none_is_refused(write, entry):
    """The message lists the families."""
    with pytest.raises(CourseError, match=r"forbidden: expected families \(convolution, .*numpy.convolve"):
        course.load(write(f'{MINIMAL}forbidden = ["{entry}"]\n'))


def test_limits_of_the_course_are_the_default(write):
    """An exercise changes single limits of the course's `[limits]`."""
    text = "limits = { call_s = 3.0, processes = 8 }\n" + MINIMAL + "limits = { processes = 2 }\n"

    limits = course.load(write(text)).exercise("ex10").limits

    assert limits == course.Limits(call_s=3.0, processes=2)


def test_policies(write):
    """The course's policy is the default of its exercises, key by key; 0 attempts mean no limit."""
    rules = (
        '[policy]\ncounts = "last"\nattempts = 5\ndrop_lowest = 1\n'
        "late = { per_day = 10, cap = 50, grace_min = 60 }\n"
    )
    other = MINIMAL.partition("\n\n")[2].replace("ex10_convolution", "ex12_rnn")
    text = MINIMAL + "policy = { attempts = 0, late = { cap = 20 } }\n" + other + rules

    loaded = course.load(write(text))

    late = Late(per_day=10, cap=50, grace_min=60)
    assert loaded.drop_lowest == 1
    assert loaded.exercise("rnn").policy == Policy(counts="last", attempts=5, late=late)
    assert loaded.exercise("convolution").policy == Policy(counts="last", late=replace(late, cap=20))


def test_the_gradebook_can_be_elsewhere(write, tmp_path, monkeypatch):
    """GRADE_BOOK names the book; else it lies in the state folder."""
    loaded = course.load(write(MINIMAL))
    monkeypatch.delenv("GRADE_BOOK", raising=False)

    assert loaded.gradebook == tmp_path / ".grade" / "gradebook.sqlite3"

    monkeypatch.setenv("GRADE_BOOK", "postgresql://host/name")

    assert loaded.gradebook == "postgresql://host/name"


def test_names_of_parts(write):
    """Number, name and module come from id and files."""
    path = write(MINIMAL)
    exercise = course.load(path).exercise("ex10")

    assert (exercise.number, exercise.name, exercise.module) == ("ex10", "convolution", "convolution")
    assert exercise.stub_path == path.parent / "ex10_convolution" / "convolution.py"


def test_solutions_are_seen_where_they_are(write, tmp_path):
    """The instructors' folder beside the course is found."""
    folder = tmp_path / "solutions" / "ex10_convolution"
    folder.mkdir(parents=True)

    assert course.load(write(MINIMAL)).exercise("ex10").solution_dir == folder


@pytest.mark.parametrize("name", ["ex10", "ex10_convolution", "convolution", "EX10", " ex10_convolution/ "])
def test_an_exercise_has_three_names(write, name):
    """Number, name and both together name the exercise; case and a trailing slash do not matter."""
    assert course.load(write(MINIMAL)).exercise(name).id == "ex10_convolution"


def test_number_without_zero(write):
    """`ex5` names ex05."""
    found = course.load(write(MINIMAL.replace("ex10_convolution", "ex05_convolution")))

    assert found.exercise("ex5").id == "ex05_convolution"
    assert found.exercise("EX5").id == "ex05_convolution"


def test_unknown_exercise_suggests(write):
    """A misspelt name gets the nearest one."""
    with pytest.raises(InputError, match=r"no exercise 'convolutoin': did you mean 'convolution'?"):
        course.load(write(MINIMAL)).exercise("convolutoin")


def test_unknown_exercise_lists(write):
    """A name like none gets the list."""
    with pytest.raises(InputError, match=r"no exercise '../../etc': choose one of ex10_convolution"):
        course.load(write(MINIMAL)).exercise("../../etc")


BROKEN = {
    "syntax": ("title = \n", "line 1"),
    "no title": ("[exercises]\n", "title: expected a text in both languages"),
    "title in one language": ('title = { en = "A" }\n', "title: expected a text in both languages"),
    "title a number": ("title = 3\n", "title: expected a text in both languages, { en = "),
    "unknown key at the top": (
        'titel = "A"\n' + MINIMAL,
        "unknown key 'titel' in the top level: did you mean",
    ),
    "unknown key in an exercise": (
        MINIMAL + "pionts = 3\n",
        "unknown key 'pionts' in [exercises.ex10_convolution]: did you mean 'points'?",
    ),
    "unknown limit": (
        MINIMAL + "limits = { cal_s = 3 }\n",
        "unknown key 'cal_s' in [exercises.ex10_convolution.limits]: did you mean 'call_s'?",
    ),
    "unknown language": (
        'languages = ["fr"]\n' + MINIMAL,
        "languages: expected a list of some of 'en', 'ko'",
    ),
    "exercises not a table": ('title = "A"\nexercises = 3\n', "exercises: expected a table, got 3"),
    "exercise not a table": ('title = "A"\n[exercises]\nex10_c = 3\n', "exercises.ex10_c: expected a table"),
    "exercise without number": (
        MINIMAL.replace("ex10_", "no_"),
        "exercises.no_convolution: expected a name like 'ex10_convolution'",
    ),
    "exercise that climbs": (MINIMAL.replace("ex10_convolution", '"ex10_/../../x"'), "expected a name like"),
    "no files": (MINIMAL.replace('["convolution.py"]', "[]"), "files: expected at least one name"),
    "file twice": (
        MINIMAL.replace('n.py"]', 'n.py", "convolution.py"]'),
        "files: expected at least one name",
    ),
    "file that climbs": (MINIMAL.replace('"conv', '"../conv'), "files: expected names of modules"),
    "file that pytest takes": (MINIMAL.replace("convolution.py", "conftest.py"), "expected names of modules"),
    "files not a list": (MINIMAL.replace('["convolution.py"]', '"convolution.py"'), "files: expected a list"),
    "unknown package": (MINIMAL + 'packages = ["scipy"]\n', "packages: expected a list of some of 'numpy'"),
    "points zero": (MINIMAL + "points = 0\n", "points: expected a positive whole number, got 0"),
    "points a word": (MINIMAL + 'points = "ten"\n', "points: expected a positive whole number, got 'ten'"),
    "points a truth": (MINIMAL + "points = true\n", "points: expected a positive whole number, got True"),
    "limit infinite": (MINIMAL + "limits = { call_s = inf }\n", "limits.call_s: expected a positive number"),
    "limit negative": (MINIMAL + "limits = { open_files = -1 }\n", "limits.open_files: expected a positive"),
    "due without offset": (MINIMAL + "due = 2026-03-31T23:59:00\n", "write due = 2026-03-31T23:59:00+09:00"),
    "due a day": (
        MINIMAL + "due = 2026-03-31\n",
        "2026-03-31 lacks a time and an offset: write due = 2026-03-31T23:59:00+09:00",
    ),
    "due a word": (MINIMAL + 'due = "soon"\n', "due: expected a time with its offset"),
    "misspelt files": (
        MINIMAL.replace("files =", "flies ="),
        "unknown key 'flies' in [exercises.ex10_convolution]: did you mean 'files'?",
    ),
    "misspelt title": (
        MINIMAL.replace('title = { en = "A', 'titel = { en = "A'),
        "unknown key 'titel' in the top level: did you mean",
    ),
    "reveal unknown": (MINIMAL + 'reveal = "some"\n', "reveal: expected one of 'all', 'message', 'name'"),
    "unknown policy": (
        MINIMAL + "policy = { atempts = 3 }\n",
        "unknown key 'atempts' in [exercises.ex10_convolution.policy]: did you mean 'attempts'?",
    ),
    "policy of the course in an exercise": (
        MINIMAL + "policy = { drop_lowest = 3 }\n",
        "unknown key 'drop_lowest' in [exercises.ex10_convolution.policy]",
    ),
    "counts unknown": (MINIMAL + 'policy = { counts = "first" }\n', "policy.counts: expected one of 'best'"),
    "attempts negative": (
        MINIMAL + "policy = { attempts = -1 }\n",
        "policy.attempts: expected a whole number",
    ),
    "penalty over all": (
        MINIMAL + "policy = { late = { per_day = 101 } }\n",
        "policy.late.per_day: expected a percentage from 0 to 100, got 101",
    ),
    "penalty a word": (MINIMAL + 'policy = { late = { cap = "no" } }\n', "late.cap: expected a percentage"),
    "penalty not a table": (MINIMAL + "policy = { late = 10 }\n", "policy.late: expected a table, got 10"),
    "grace infinite": (MINIMAL + "policy = { late = { grace_min = inf } }\n", "expected a number of minutes"),
    "one number twice": (
        MINIMAL + MINIMAL.partition("\n\n")[2].replace("ex10_convolution", "ex10_conv"),
        "'ex10_conv' and 'ex10_convolution' are both called 'ex10'",
    ),
    "one name twice": (
        MINIMAL + MINIMAL.partition("\n\n")[2].replace("ex10_", "ex11_"),
        "'ex11_convolution' and 'ex10_convolution' are both called 'convolution'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_course_says_where_and_what(write, name):
    """A broken file is refused with the file, the line or key, and what was expected."""
    text, expected = BROKEN[name]

    message = refusal(write(text))

    assert expected in message


def test_not_utf8(write):
    """A course file in another encoding is refused."""
    assert "is not UTF-8" in refusal(write("title = '강의'".encode("euc-kr")))


def test_unreadable(tmp_path):
    """A course file that cannot be read is refused."""
    assert "cannot be read" in refusal(tmp_path)


def test_limits_must_be_positive():
    """Limits that are none cannot be built."""
    with pytest.raises(ValueError, match="call_s"):
        course.Limits(call_s=float("nan"))


def test_locate_looks_upward(write, tmp_path):
    """The nearest folder upward with exercises/course.toml is the course."""
    write(MINIMAL)
    deep = tmp_path / "exercises" / "ex10_convolution" / "plots"
    deep.mkdir(parents=True)

    assert course.locate(deep).root == tmp_path


def test_locate_nothing(tmp_path):
    """No course upward is said, with what to do."""
    with pytest.raises(InputError, match=r"no course at .* --course DIR or GRADE_COURSE"):
        course.locate(tmp_path)


def test_locate_override(write, tmp_path):
    """`--course` wins over where one stands."""
    write(MINIMAL)

    assert course.locate(Path("/"), tmp_path).root == tmp_path


def test_locate_environment(write, tmp_path, monkeypatch):
    """`GRADE_COURSE` names the course."""
    write(MINIMAL)
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path))

    assert course.locate(Path("/")).root == tmp_path


def test_locate_wrong_override(tmp_path):
    """A folder without course is refused, not searched upward."""
    with pytest.raises(InputError, match="no course at"):
        course.locate(Path.cwd(), tmp_path)


def test_state_is_beside_the_course(write, tmp_path):
    """State lives in .grade of the course."""
    assert course.load(write(MINIMAL)).state_dir == tmp_path / ".grade"


def test_state_elsewhere(write, tmp_path, monkeypatch):
    """`GRADE_STATE` names another folder for it."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "elsewhere"))

    assert course.load(write(MINIMAL)).state_dir == tmp_path / "elsewhere"


def test_secret_is_made_once(write):
    """The secret is long, stays the same, and only its owner can read it."""
    one = course.load(write(MINIMAL))

    secret = one.secret()

    assert len(secret) == course.SECRET_BYTES
    assert one.secret() == secret
    assert stat.S_IMODE((one.state_dir / "secret").stat().st_mode) == 0o600
    assert os.listdir(one.state_dir) == ["secret"]


def test_secrets_differ(write, tmp_path, monkeypatch):
    """Two courses have two secrets."""
    first = course.load(write(MINIMAL)).secret()
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "elsewhere"))

    assert course.load(write(MINIMAL)).secret() != first


def _secret_of(path: Path) -> bytes:
    return course.load(path).secret()


def test_secret_is_made_once_by_many(write):
    """Processes that start together agree on the secret."""
    path = write(MINIMAL)

    with multiprocessing.get_context("spawn").Pool(4) as pool:
        secrets = pool.map(_secret_of, [path] * 16, chunksize=1)

    assert len(set(secrets)) == 1


def test_secret_without_hard_links(write, monkeypatch):
    """On a file system without hard links the secret is made all the same."""

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    one = course.load(write(MINIMAL))

    assert len(one.secret()) == course.SECRET_BYTES
    assert os.listdir(one.state_dir) == ["secret"]


def test_secret_that_others_can_read_is_closed(write):
    """A secret with loose mode, such as from a copied folder, is tightened."""
    one = course.load(write(MINIMAL))
    one.secret()
    (one.state_dir / "secret").chmod(0o644)

    one.secret()

    assert stat.S_IMODE((one.state_dir / "secret").stat().st_mode) == 0o600


def test_damaged_secret(write):
    """A cut secret is refused: other seeds would be judged in silence."""
    one = course.load(write(MINIMAL))
    one.secret()
    (one.state_dir / "secret").write_bytes(b"short")

    with pytest.raises(CourseError, match="is damaged: 5 bytes, expected 32"):
        one.secret()


def test_state_that_cannot_be_made(write, tmp_path):
    """A state folder that is a file is the host's fault, said with what to do."""
    (tmp_path / ".grade").write_text("")

    with pytest.raises(MachineError, match="cannot be made or read"):
        course.load(write(MINIMAL)).secret()


def test_course_is_light():
    """Reading the course imports neither numpy, torch, pytest, sqlalchemy nor nbconvert."""
    code = (
        "import sys, pathlib; from grader.core import course, submission, seeds, stub; "
        "course.locate(pathlib.Path('.')); "
        "print({'numpy', 'torch', 'pytest', 'sqlalchemy', 'nbconvert'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_our_course_loads():
    """The course in this repository is whole."""
    root = Path(__file__).parents[2]

    ours = course.load(root / "exercises" / "course.toml")

    assert {"ex03", "ex05", "ex10", "ex12"} <= {exercise.number for exercise in ours.exercises.values()}
    assert ours.exercise("backprop").limits.call_s == 2.0
