"""The commands as students use them: files found, results shown, exit codes."""

import json
import os
import re
import shutil
import stat
import zipfile
from pathlib import Path

import jsonschema
import pytest

from grader.cli import examination
from grader.core import record as records
from grader.core.submission import student_key
from grader.engines.local import LocalEngine
from grader.sandbox import gpu
from grader.sandbox.linux import LinuxSandbox
from tests.cli.tiny import COURSE, DOUBLE, RIGHT, command

WRONG = RIGHT.replace("2 * x", "x * x")


@pytest.fixture
def work(tmp_path):
    """The working folder."""
    return tmp_path / "work"


def test_a_students_day(grade, work, state, student_course, monkeypatch):
    """start, check, submit, submit, status: each builds on the one before."""
    started = grade("start", "ex90")

    assert started.code == 0
    assert "double.py" in started.out
    assert (work / "double.py").read_bytes() == (
        student_course / "exercises" / "ex90_double" / "double.py"
    ).read_bytes()

    checked = grade("check", "ex90")

    assert checked.code == 1
    assert "not written yet" in checked.out
    assert not (state / "gradebook.sqlite3").exists()

    monkeypatch.setenv("GRADE_COURSE", str(COURSE))
    (work / "double.py").write_text(WRONG)

    first = grade("submit", "ex90")

    assert first.code == 1
    assert "Attempt 1" in first.out
    assert "10 of 20" in first.out
    assert "squares" in first.out

    (work / "double.py").write_text(RIGHT)

    second = grade("submit", "double")

    assert second.code == 0
    assert "Attempt 2" in second.out
    assert "20 of 20" in second.out
    assert "Since your last attempt: +10 points" in second.out

    again = grade("submit", "ex90_double", "double.py")

    assert again.code == 0
    assert "Attempt 2" in again.out
    assert "graded before, as attempt 2" in again.err
    assert "Since your last attempt" not in again.out

    stands = grade("status")

    assert "total: 20 of 20" in stands.out
    assert stands.out.splitlines()[-1].split()[-3:] == ["20/20", "2", "20"]


def test_report(grade, warm, work, state):
    """The report lies where the summary says, under no name that a student chose."""
    (work / "double.py").write_text(WRONG)
    student = "../".replace("/", "／") + " 김철수 <b>"

    ended = grade("submit", "ex90", "--student", student)

    (report,) = state.rglob("*.html")
    assert str(report) in ended.out
    assert student_key(student) in str(report)
    assert "김" not in str(report)
    assert "&lt;b&gt;" in report.read_text(encoding="utf-8")
    assert stat.S_IMODE((state / "gradebook.sqlite3").stat().st_mode) == 0o600
    assert not list(state.rglob("*.tmp"))


def test_out(grade, warm, work, state, tmp_path):
    """--out takes the report, one file a student and attempt."""
    (work / "double.py").write_text(RIGHT)
    out = tmp_path / "new" / "reports"

    for student in ("s001", "s002"):
        assert grade("submit", "ex90", "--student", student, "--out", out).code == 0

    names = {path.name for path in out.iterdir()}
    assert names == {f"ex90_double-{student_key(s)}-attempt_1.html" for s in ("s001", "s002")}


def test_out_that_cannot_be_written(grade, work, state, tmp_path):
    """A folder that cannot be made is bad input, noticed before anything is judged."""
    (work / "double.py").write_text(RIGHT)
    (tmp_path / "file").write_text("")

    ended = grade("submit", "ex90", "--out", tmp_path / "file" / "reports")

    assert ended.code == 2
    assert "--out" in ended.err
    assert not state.exists()


@pytest.mark.parametrize("verb", ["submit", "check"])
def test_json(grade, work, verb):
    """--json prints the record, valid by its schema, and nothing else."""
    (work / "double.py").write_text(WRONG)

    ended = grade(verb, "ex90", "--json", "--student", "s001")

    assert ended.code == 1
    data = json.loads(ended.out)
    jsonschema.validate(data, records.schema())
    assert data["student"] == "s001"
    record = records.decode(ended.out.encode())
    assert records.encode(record).decode() + "\n" == ended.out
    if verb == "submit":
        assert record.attempt == 1
        assert {c.id for c in record.checks if c.diagnosis} == DOUBLE


def test_student_view(grade, tmp_path, work):
    """What the exercise withholds is in no view of the student's: summary, report, JSON."""
    root = tmp_path / "exam"
    shutil.copytree(COURSE, root)
    file = root / "exercises" / "course.toml"
    file.write_text(file.read_text().replace("points = 20", 'points = 20\nreveal = "name"'))
    (work / "double.py").write_text("print('seen')\n" + WRONG)

    shown = grade("submit", "ex90", "--course", root, "--out", tmp_path / "out")
    (report,) = (tmp_path / "out").iterdir()
    data = grade("submit", "ex90", "--course", root, "--json").out

    for view in (shown.out, report.read_text(encoding="utf-8"), data):
        assert "squares" not in view
        assert "seen" not in view
    assert not any(check["evidence"] for check in json.loads(data)["checks"])


def test_not_graded(grade, work, state, monkeypatch):
    """A grader that broke: exit 3, said so, kept as a try without a score, and no attempt."""
    (work / "double.py").write_text(RIGHT)
    with monkeypatch.context() as broken:
        broken.setattr(LocalEngine, "judge", lambda self, one: self._not_graded(one, "the disk caught fire"))

        ended = grade("submit", "ex90")

    assert ended.code == 3
    assert "Not graded" in ended.out
    assert "not your fault" in ended.out
    assert [path.name for path in state.rglob("*.html")] == ["not_graded.html"]

    assert "Attempt 1" in grade("submit", "ex90").out


def test_quiet(grade, warm, work):
    """--quiet prints errors only."""
    (work / "double.py").write_text(WRONG)

    ended = grade("submit", "ex90", "--quiet")

    assert (ended.code, ended.out, ended.err) == (1, "", "")


def test_open(work, tmp_path):
    """--open hands the report to the browser."""
    (work / "double.py").write_text(RIGHT)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)

    ended = command("submit", "ex90", "--open", BROWSER=f"{browser} %s")

    assert ended.code == 0
    assert (tmp_path / "opened").read_text().strip().endswith("attempt_1.html")


def test_colour(grade, warm, work, monkeypatch):
    """Colours on request, none into a file, none under NO_COLOR."""
    (work / "double.py").write_text(WRONG)

    assert "\x1b[" not in grade("submit", "ex90").out
    assert "\x1b[" in grade("submit", "ex90", "--color", "always").out
    assert "\x1b[" not in grade("submit", "ex90", "--color", "never").out


def test_language(grade, warm, work, monkeypatch):
    """--lang, else the locale, chooses the language."""
    (work / "double.py").write_text(WRONG)

    assert "원소를 제곱했습니다" in grade("submit", "ex90", "--lang", "ko").out
    assert "You squared" in grade("submit", "ex90").out

    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")

    assert "원소를 제곱했습니다" in grade("submit", "ex90").out
    assert "작은 강의" in grade("list").out


def test_a_terminal_without_unicode(work):
    """Letters that the encoding lacks are escaped, not a crash."""
    (work / "double.py").write_text(WRONG)

    ended = command("submit", "ex90", "--lang", "ko", PYTHONIOENCODING="ascii")

    assert ended.code == 1
    assert "\\uc810\\uc218" in ended.out


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_width(grade, warm, work, monkeypatch, columns):
    """Lines fit the terminal, but for the path of the report."""
    monkeypatch.setenv("COLUMNS", columns)
    (work / "double.py").write_text(WRONG)

    lines = grade("submit", "ex90").out.splitlines() + grade("list").out.splitlines()

    assert max(len(line) for line in lines if not line.startswith("Full report")) <= int(columns)
    assert not any(line.endswith(" ") for line in lines)


def test_korean_notes(grade, warm, work):
    """What the commands say beside results is Korean too."""
    assert "파일을 만들었습니다" in grade("start", "ex90", "--lang", "ko").out
    assert "처음 받은 파일 그대로" in grade("check", "ex90", "--lang", "ko").err

    (work / "double.py").write_text(RIGHT)
    grade("submit", "ex90")

    assert "이미 채점했습니다" in grade("submit", "ex90", "--lang", "ko").err


def test_start_never_overwrites(grade, work):
    """`start` keeps what is there, a dangling link included."""
    (work / "double.py").write_text("mine")

    ended = grade("start", "ex90")

    assert ended.code == 2
    assert "never overwritten" in ended.err
    assert (work / "double.py").read_text() == "mine"

    (work / "double.py").unlink()
    os.symlink("elsewhere.py", "double.py")

    assert grade("start", "ex90").code == 2
    assert not (work / "elsewhere.py").exists()


def test_check_needs_no_solutions(grade, work, student_course):
    """`check` works from the student's bundle, on the file in the working folder."""
    (work / "double.py").write_text(RIGHT)

    ended = grade("check", "ex90")

    assert ended.code == 0
    assert "2 of 2 checks passed" in ended.out


def test_check_falls_back_to_the_course(grade):
    """Without a file in the working folder, `check` takes the course's stub, and says so."""
    ended = grade("check", "ex90")

    assert ended.code == 1
    assert "not written yet" in ended.out
    assert "checking the course's stub" in ended.err
    assert "no 'double.py' in this folder; run 'grade start ex90'" in ended.err


def test_check_of_a_file_of_the_course(grade, student_course):
    """A file of the course's own folder that is written already is named as such, and not as the stub."""
    (student_course / "exercises" / "ex90_double" / "double.py").write_text(RIGHT)

    ended = grade("check", "ex90")

    assert ended.code == 0
    assert "checking the course's own" in ended.err
    assert "stub" not in ended.err


@pytest.mark.parametrize("given", [["mine.py"], []], ids=["named", "found"])
def test_check_says_what_it_checks(grade, work, given):
    """The path that is checked stands on stderr, also beside JSON."""
    (work / (given or ["double.py"])[0]).write_text(RIGHT)

    ended = grade("check", "ex90", *given, "--json")

    assert ended.err == f"checking '{(given or ['double.py'])[0]}'\n"
    json.loads(ended.out)


def test_check_of_the_stub_in_the_working_folder(grade, work):
    """A stub on which nothing was done is called so."""
    grade("start", "ex90")

    assert "checking 'double.py': the untouched stub" in grade("check", "ex90").err


def test_check_of_versions(grade, work, student_course):
    """`check` says where this machine's packages are not the course's."""
    (work / "double.py").write_text(RIGHT)
    constraints = student_course / "exercises" / "constraints.txt"
    constraints.write_text("# pins\nnumpy==0.1\nnot-here==1.0\nclick>=1\n")

    ended = grade("check", "ex90")

    assert ended.code == 0
    assert "the course uses 0.1: pip install numpy==0.1" in ended.err
    assert "not-here" not in ended.err
    assert "click" not in ended.err


def test_practice(grade, work, student_course):
    """Practice mode says what it is, and judges the same."""
    (work / "double.py").write_text(WRONG)

    ended = grade("check", "ex90", "--practice")

    assert ended.code == 1
    assert "not secure, not for grades" in ended.err
    assert "1 of 2 checks passed" in ended.out


def test_status_of_nobody(grade, state):
    """Who has handed in nothing has an empty row each, and no gradebook is made."""
    data = json.loads(grade("status", "--json", "--student", "s009").out)

    assert data["student"] == "s009"
    assert [row["score"] for row in data["exercises"]] == [None]
    assert not state.exists()


def test_status_json(grade, warm, work):
    """Best and last attempt of each exercise."""
    (work / "double.py").write_text(RIGHT)
    grade("submit", "ex90", "--student", "s001")
    (work / "double.py").write_text(WRONG)
    grade("submit", "ex90", "--student", "s001")

    (row,) = json.loads(grade("status", "--json", "--student", "s001").out)["exercises"]

    assert (row["score"], row["attempt"], row["attempts"]) == (20.0, 1, 2)
    assert row["last"]["score"] == 10.0


def test_student_of_the_environment(grade, monkeypatch):
    """GRADE_STUDENT names the student; else the login name does."""
    monkeypatch.setenv("GRADE_STUDENT", "s042")

    assert json.loads(grade("status", "--json").out)["student"] == "s042"

    monkeypatch.delenv("GRADE_STUDENT")
    monkeypatch.setenv("LOGNAME", "kim")

    assert json.loads(grade("status", "--json").out)["student"] == "kim"


def test_list_json(grade):
    """Exercises with points and due dates."""
    (exercise,) = json.loads(grade("list", "--json").out)["exercises"]

    assert exercise["id"] == "ex90_double"
    assert exercise["points"] == 20
    assert exercise["due_utc"] == "2030-03-31T14:59:00Z"


def test_doctor(grade):
    """`doctor` starts a real worker, and says of each layer of its wall whether it holds."""
    ended = grade("doctor", "--json")

    assert ended.code == 0
    findings = {finding["what"]: finding for finding in json.loads(ended.out)["findings"]}
    assert (findings["sandbox"]["state"], findings["sandbox"]["detail"]) == ("ok", "level full")
    assert {"mountns", "landlock", "seccomp", "cgroup"} <= findings.keys()
    assert findings["numpy"]["state"] == "ok"
    assert findings["solutions"]["state"] == "ok"
    assert all(finding["state"] != "missing" for finding in findings.values())


def test_doctor_where_no_wall_stands(grade, monkeypatch):
    """Each layer that is missing has its reason and what mends it; a weaker wall has to be accepted."""
    refused = {"namespaces": "unshare: operation not permitted"}
    holds = ["landlock", "seccomp", "no_new_privs", "rlimits"]
    monkeypatch.setattr(LinuxSandbox, "found", lambda _: ("landlock", holds, refused))

    strict = grade("doctor", "--json")
    monkeypatch.setenv("GRADE_SANDBOX", "reduced")
    accepting = grade("doctor", "--json")

    assert (strict.code, accepting.code) == (3, 0)
    findings = {finding["what"]: finding for finding in json.loads(strict.out)["findings"]}
    assert findings["netns"]["state"] == "missing"
    assert "unshare: operation not permitted" in findings["netns"]["detail"]
    assert findings["netns"]["mend"]
    assert "GRADE_SANDBOX=reduced" in findings["sandbox"]["mend"]


def test_an_unknown_level_is_bad_input(grade, work, monkeypatch):
    """GRADE_SANDBOX takes three words."""
    (work / "double.py").write_text(WRONG)
    monkeypatch.setenv("GRADE_SANDBOX", "strong")

    ended = grade("submit", "ex90")

    assert ended.code == 2
    assert "full, reduced, none" in ended.err


def test_doctor_where_something_is_missing(grade, state):
    """What keeps submissions from being graded is exit 3."""
    state.mkdir()
    (state / "gradebook.sqlite3").write_bytes(b"this is no database at all" * 100)

    ended = grade("doctor")

    assert ended.code == 3
    assert "missing" in ended.out


def test_check_first(grade, work):
    """A check before the first submission takes nothing from its diagnosis."""
    (work / "double.py").write_text(WRONG)

    grade("check", "ex90")

    assert "squares" in grade("submit", "ex90").out


def test_course_that_moved(grade, work, tmp_path):
    """A course that was moved with its state still names mistakes."""
    (work / "double.py").write_text(WRONG)
    shutil.copytree(COURSE, tmp_path / "here")
    grade("submit", "ex90", "--course", tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")

    ended = grade("submit", "ex90", "--course", tmp_path / "there", "--student", "another")

    assert "squares" in ended.out


def test_doctor_bundle(grade, work, state, tmp_path):
    """What a bug report needs, and nothing that is a student's or a secret."""
    (work / "double.py").write_text(WRONG + "\n# SECRET_SOURCE\n")
    grade("submit", "ex90", "--student", "김철수-20260301")
    target = tmp_path / "bundle.zip"

    ended = grade("doctor", "--bundle", target)

    assert ended.code == 0
    with zipfile.ZipFile(target) as bundle:
        names = bundle.namelist()
        whole = b"".join(bundle.read(name) for name in names) + " ".join(names).encode()
    assert {"doctor.json", "versions.json", "course.toml", "logs/01.jsonl"} <= set(names)
    assert b'"judged"' in whole
    secret = (state / "secret").read_bytes()
    key = student_key("김철수-20260301").encode()
    for hidden in (secret, secret.hex().encode(), b"SECRET_SOURCE", "김철수".encode(), b"uae40", key):
        assert hidden not in whole


def test_doctor_bundle_has_what_was_not_graded_before_what_was(grade, work, state, tmp_path):
    """However many submissions were graded since, whose lines say that no check was not graded."""
    folder = state / "logs" / "ex90_double"
    folder.mkdir(parents=True)
    for number in range(60):
        outcome = "graded" if number else "not_graded"
        entry = {"event": "judged", "outcome": outcome, "not_graded": {}, "number": number}
        path = folder / f"{number}.jsonl"
        path.write_text(json.dumps(entry) + "\n")
        os.utime(path, (1000 + number, 1000 + number))
    target = tmp_path / "bundle.zip"

    grade("doctor", "--bundle", target)

    with zipfile.ZipFile(target) as bundle:
        assert json.loads(bundle.read("logs/01.jsonl"))["number"] == 0


def test_doctor_bundle_that_cannot_be_written(grade, tmp_path):
    """Bad input: says which file."""
    ended = grade("doctor", "--bundle", tmp_path / "no" / "such" / "folder.zip")

    assert ended.code == 2
    assert "folder.zip" in ended.err


def told(**lacking):
    """What doctor says of a machine with a GPU and a torch for it, but for what it lacks."""
    whole = {
        "driver": "570.86.15",
        "gpus": (gpu.Gpu(name="NVIDIA H100", memory_mib=81559),),
        "torch": "2.13.0+cu126",
        "torch_cuda": "12.6",
        "problem": None,
        "mend": None,
    }
    (finding,) = examination._cuda(gpu.Found(**(whole | lacking)))
    return finding


def test_doctor_on_gpus():
    """None is needed. One that cannot be used is a warning with what mends it."""
    none = told(driver=None, gpus=(), torch_cuda=None, problem="no NVIDIA driver is loaded", mend="a machine")
    other_torch = told(
        torch_cuda=None, problem="torch is a build for the CPU alone", mend="install the CUDA build"
    )

    assert (none.state, none.mend) == ("ok", None)
    assert "exercises run on the CPU" in none.detail
    assert (other_torch.state, other_torch.mend) == ("warning", "install the CUDA build")
    assert "1 GPU: NVIDIA H100, 81559 MiB" in other_torch.detail


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there is a GPU")
def test_doctor_tries_whether_a_worker_opens_the_gpu():
    """It starts one; what the driver's side says stands in the line. (Here there is none to open.)"""
    finding = told()

    assert finding.state == "warning"
    assert re.search(
        r"no worker behind the wall can open it: a worker did not start: .*(CUDA|NVIDIA)", finding.detail
    )
