"""What the student may see."""

import pytest

from grader.core.record import CallEvidence, ExceptionEvidence, Frame, Outcome, SandboxReport, Stdout, encode
from grader.report.view import student_view
from tests import factories as make


@pytest.fixture
def record():
    """A record whose every hidden part holds the word that names it."""
    frame = Frame(file="a.py", line=1, cell=None, text="FRAME")
    failed = make.check(
        "f",
        Outcome.FAILED,
        message=make.text("MESSAGE"),
        diagnosis=make.diagnosis(message=make.text("DIAGNOSIS")),
        evidence=[CallEvidence(text="CALL")],
        traceback=[frame],
        staff_note="STAFF",
    )
    crashed = make.check(
        "c",
        Outcome.CRASHED,
        message=make.text("raised ValueError: QUOTED"),
        evidence=[ExceptionEvidence(type="ValueError", message="EXCEPTION")],
        staff_note="STAFF",
    )
    return make.record([failed, crashed], stdout=Stdout(text="STDOUT", truncated=False))


SHOWN = {
    "all": {"MESSAGE", "DIAGNOSIS", "CALL", "FRAME", "QUOTED", "EXCEPTION", "STDOUT", "Title of f"},
    "message": {"MESSAGE", "DIAGNOSIS", "Title of f"},
    "name": {"Title of f"},
}


@pytest.mark.parametrize("reveal", SHOWN)
def test_each_view_holds_what_it_says_and_nothing_else(record, reveal):
    """Notes for staff are in none; below `all`, nothing that came from the worker is left."""
    view = encode(student_view(record, reveal)).decode()

    assert {word for word in SHOWN["all"] | {"STAFF"} if word in view} == SHOWN[reveal]


@pytest.mark.parametrize("reveal", SHOWN)
def test_score_and_outcomes_stay(record, reveal):
    """No view changes how it went."""
    view = student_view(record, reveal)

    assert view.score == record.score
    assert [c.outcome for c in view.checks] == [c.outcome for c in record.checks]


@pytest.mark.parametrize("outcome", [Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.OUTPUT_LIMIT])
def test_a_limit_quotes_no_call(outcome):
    """Its message names the call with its inputs, which is shown where inputs are."""
    check = make.check("f", outcome, message=make.text("f(x=[0.25]) did not finish"))

    views = {reveal: encode(student_view(make.record([check]), reveal)).decode() for reveal in SHOWN}

    assert {reveal: "0.25" in view for reveal, view in views.items()} == {
        "all": True,
        "message": False,
        "name": False,
    }


@pytest.mark.parametrize("reveal", SHOWN)
def test_times_tell_nothing(record, reveal):
    """A submission can sleep as long as an input says: below `all` there are full seconds of the whole."""
    view = student_view(record, reveal)

    if reveal == "all":
        assert view == student_view(view)
        assert view.seconds == record.seconds
    else:
        assert (view.seconds, {check.seconds for check in view.checks}) == (1.0, {0.0})


def test_an_unknown_view_is_refused(record):
    """Rather than shown in full."""
    with pytest.raises(ValueError, match="no reveal 'names'"):
        student_view(record, "names")


def test_message_holds_no_expected_value():
    """The brief form stands for a message that tells what was expected."""
    wrong = make.check(
        "test_a",
        Outcome.FAILED,
        message=make.text("the worst is at [0]: expected 31.4"),
        brief=make.text("1 of 3 entries are wrong."),
    )

    (shown,) = student_view(make.record([wrong]), "message").checks

    assert shown.message == make.text("1 of 3 entries are wrong.")
    assert "31.4" not in encode(student_view(make.record([wrong]), "message")).decode()
    assert student_view(make.record([wrong]), "all").checks[0].message == wrong.message


def test_a_check_can_be_stricter_than_its_exercise():
    """`@pytest.mark.reveal` holds for its check alone; prints of the whole run may hold its inputs."""
    hidden = make.check("test_b", Outcome.FAILED, message=make.text("secret"), reveal="name")
    open_ = make.check("test_a", Outcome.FAILED, message=make.text("told"))

    view = student_view(make.record([open_, hidden]), "all")

    assert [c.message and c.message.en for c in view.checks] == ["told", None]
    assert view.stdout.text == ""


def test_what_a_full_wall_lacks_is_for_staff():
    """A student cannot mend the machine; that a wall is weak concerns everybody."""
    full = SandboxReport(level="full", layers=["seccomp"], warnings=["cgroup: none here"])
    weak = SandboxReport(level="reduced", layers=["seccomp"], warnings=["namespaces: refused"])

    assert student_view(make.record(sandbox=full)).sandbox.warnings == []
    assert student_view(make.record(sandbox=weak)).sandbox.warnings == ["namespaces: refused"]


@pytest.mark.parametrize(
    ("reveal", "of_check", "shown"),
    [("all", "all", True), ("message", "all", True), ("name", "all", False), ("all", "name", False)],
)
def test_exams_have_no_hints(reveal, of_check, shown):
    """Nor has a check of which only the name is told."""
    failed = make.check("f", Outcome.FAILED, reveal=of_check)
    record = make.record([failed], hints=[make.hint(), make.hint(check="f")])

    assert bool(student_view(record, reveal).hints) is shown
