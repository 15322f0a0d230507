"""Every attack of the corpus gets the verdict that is due, and nothing else.

The quick sample runs in `make test`, the whole corpus in `make verify`.
"""

import io
import json
import os
import re
from collections.abc import Callable

import pytest
from _pytest.mark import ParameterSet
from rich.console import Console

from grader.core import course as courses
from grader.core.record import Record, encode
from grader.core.submission import read
from grader.errors import SubmissionError
from grader.judge.transport import AHEAD
from grader.report.html import render
from grader.report.terminal import render_summary
from grader.report.view import student_view
from tests.hostile.conftest import AGAIN, USERS, Batch, timeless
from tests.hostile.corpus import BREACHED, COURSE, ECHO, Case, cases
from tests.hostile.ordinary import UID
from tests.report.test_html import Page

EXERCISE = courses.load(COURSE / courses.COURSE_FILE).exercise("ex91")
BUDGET_S = (
    EXERCISE.limits.total_s + EXERCISE.limits.import_s + 5
)  # the rest: the judge's work, on a busy machine
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
CALLS = re.compile(
    r"\b(?:double|total|gram|Counter|apply)\([^)]"
)  # as messages quote them, with their inputs
WAITING = AHEAD * 5  # descriptors of workers that are forked ahead, with their control groups, or are not
Judged = Callable[[str], Batch]


def _marks(case: Case) -> list[pytest.MarkDecorator]:
    return [] if case.quick else [pytest.mark.slow]


def _params(refused: bool) -> list[ParameterSet]:
    some = (case for case in cases() if (case.refused is not None) == refused)
    return [pytest.param(case, id=case.id, marks=_marks(case)) for case in some]


each_user = pytest.mark.parametrize("user", USERS)
first_user = pytest.mark.parametrize("user", USERS[:1])  # a report is made of the record, whoever judged
each_case = pytest.mark.parametrize("case", _params(refused=False))


def _tell(record: Record, case: Case) -> str:
    """What happened, for whoever reads the failure."""
    lines = [f"{c.id:24} {c.outcome:14} {c.message.en if c.message else ''}"[:200] for c in record.checks]
    return "\n".join([case.id, *lines, record.stdout.text[:1000]])


@each_user
@each_case
def test_the_verdict_is_what_is_due(judged: Judged, user: str, case: Case) -> None:
    """Each check has its outcome, the whole has its score, and the grader is never at fault."""
    record = judged(user).record(case)

    assert record.outcome == "graded", _tell(record, case)
    wrong = [check.id for check in record.checks if check.outcome not in case.due(check.id)]
    assert wrong == [], _tell(record, case)
    assert record.score in case.scores, _tell(record, case)
    assert record.seconds < BUDGET_S, _tell(record, case)


@each_user
@each_case
def test_it_gets_nothing_that_it_is_after(judged: Judged, user: str, case: Case) -> None:
    """No secret is in the record, and no word of success; the diagnosis went through."""
    batch = judged(user)
    record = batch.record(case)
    whole = batch.records[case.id]

    assert batch.world.leaks(whole) == []
    found = [line for line in record.stdout.text.splitlines() if line.startswith(BREACHED)]
    assert found == [], _tell(record, case)
    assert [text for text in case.absent.get("record", []) if text in whole] == []
    assert "no diagnosis" not in whole
    assert "\n" not in whole


@first_user
@each_case
def test_its_report_is_inert(judged: Judged, user: str, case: Case) -> None:
    """In HTML no tag, attribute or link but ours; in a terminal no control character."""
    batch = judged(user)
    record = student_view(batch.record(case))
    source = {"target.py": case.data.decode("utf-8", "replace")}

    html = render(record, title=EXERCISE.title, source=source)
    terminal = "".join(_terminal(record, language) for language in ("en", "ko"))

    page = Page(html)
    assert not {"script", "iframe", "object", "embed", "img", "form", "base"} & {tag for tag, _ in page.tags}
    attributes = [(name, value or "") for _, given in page.tags for name, value in given.items()]
    assert [name for name, _ in attributes if name.startswith("on")] == []
    assert [v for name, v in attributes if name in ("href", "src", "action") and not v.startswith("#")] == []
    assert CONTROLS.findall(html.replace("\r", "")) == []
    assert CONTROLS.findall(terminal) == []
    assert batch.world.leaks(html + terminal) == []
    assert [text for text in case.absent.get("report", []) if text in html] == []
    assert [text for text in case.absent.get("terminal", []) if text in terminal] == []
    assert len(html) < 4_000_000


@first_user
@each_case
def test_it_carries_no_input_out(judged: Judged, user: str, case: Case) -> None:
    """Where inputs are not revealed, no view holds a word of the worker's."""
    record = judged(user).record(case)

    views = [student_view(record, "message"), student_view(record, "name")]
    withheld = "".join(
        encode(view).decode() + render(view, title=EXERCISE.title) + _terminal(view, "en") for view in views
    )

    assert CALLS.findall(withheld) == []
    assert {check.seconds for view in views for check in view.checks} == {0.0}
    assert {view.seconds % 1 for view in views} == {0.0}
    assert [text for text in [ECHO, *case.absent.get("withheld", [])] if text in withheld] == []


def _terminal(record: Record, language: str) -> str:
    out = io.StringIO()
    console = Console(file=out, width=80, color_system=None, force_terminal=False)
    render_summary(record, console, language=language)
    return out.getvalue()


@each_user
@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.id, marks=_marks(c)) for c in cases() if c.again and c.refused is None]
)
def test_the_same_file_has_the_same_record_again(judged: Judged, user: str, case: Case) -> None:
    """Nothing of the first time is left for the second."""
    batch = judged(user)

    first, second = batch.records[case.id], batch.records[case.id + AGAIN]

    assert timeless(first) == timeless(second)


@pytest.mark.parametrize("case", _params(refused=True))
def test_a_file_that_cannot_be_taken_is_refused(case: Case, tmp_path) -> None:
    """Before anything is judged, with a message that says why."""
    path = tmp_path / "target.py"
    path.write_bytes(case.data)

    with pytest.raises(SubmissionError, match=re.escape(str(case.refused))):
        read(EXERCISE, [path], "s1", "2026-03-01T09:00:00Z", stub_refused=False)


@pytest.mark.parametrize("case", _params(refused=False))
def test_a_file_that_is_judged_can_be_handed_in(case: Case, tmp_path) -> None:
    """The corpus holds what a student could send, and nothing that is stopped before it is judged."""
    path = tmp_path / "target.py"
    path.write_bytes(case.data)

    assert read(EXERCISE, [path], "s1", "2026-03-01T09:00:00Z", stub_refused=False).files[0].data == case.data


@each_user
def test_it_is_judged_as_who_it_says(judged: Judged, user: str) -> None:
    """An ordinary user without a capability, and the interpreter that runs the tests."""
    import platform

    who = judged(user).who

    assert who["python"] == platform.python_version()
    if user == "root":
        assert who["uid"] == 0
    else:
        assert (who["uid"], who["capabilities"]) == (UID if os.geteuid() == 0 else os.geteuid(), 0)


@each_user
def test_no_attack_changes_the_next_record(judged: Judged, user: str) -> None:
    """A control submission between hostile ones passes, and has one record, byte for byte but for times."""
    controls = judged(user).controls

    assert {json.loads(one)["score"] for one in map(timeless, controls)} == {90.0}
    assert len(set(map(timeless, controls))) == 1


@each_user
def test_no_attack_kills_a_judge(judged: Judged, user: str) -> None:
    """The judges that began are the ones that end, and hold what they held."""
    batch = judged(user)

    assert batch.replaced == []
    for held, holds in zip(*batch.held, strict=True):
        assert holds <= held + WAITING


@each_user
def test_no_attack_leaves_a_trace(judged: Judged, user: str) -> None:
    """No file made, changed or deleted, no process, no object of the system's."""
    world = judged(user).world

    assert world.processes() == []
    assert world.objects() == []
    assert world.changed() == []


@each_user
def test_no_attack_reaches_the_network(judged: Judged, user: str) -> None:
    """Neither a port of this machine's nor a socket of another process's."""
    assert judged(user).world.listener.reached == []


def test_a_record_tells_who_it_is_about() -> None:
    """Cases have names of their own: no record is taken for another's."""
    ids = [case.id for case in cases()]

    assert len(set(ids)) == len(ids)
    assert all(len(id) < 100 for id in ids)
