"""The summary in a terminal."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.core.record import ExceptionEvidence, Outcome, SandboxReport, Stdout
from grader.report.terminal import render_summary
from tests import factories as make


def summary(record, *, width=60, color=False, **given):
    """What is printed for `record`."""
    stream = io.StringIO()
    system = "truecolor" if color else None
    console = Console(
        file=stream, width=width, force_terminal=color, color_system=system, legacy_windows=False
    )
    render_summary(record, console, **({"language": "en"} | given))
    return stream.getvalue()


@pytest.fixture
def record():
    """Something passed, something failed by a known mistake, something crashed."""
    error = ExceptionEvidence(type="IndexError", message="out of bounds")
    return make.record(
        [
            make.check("a"),
            make.check("b", Outcome.FAILED, diagnosis=make.diagnosis("flips_kernel")),
            make.check("c", Outcome.CRASHED, evidence=[error]),
        ]
    )


def test_score_groups_and_lessons(record):
    """The score, each group, the named mistake and the exception are told."""
    text = summary(record, report_path="/tmp/r.html")

    assert "Score: 10 of 30" in text
    assert "1/3" in text
    assert "This is a known mistake: flips_kernel" in text
    assert "Do not flip the kernel." in text
    assert "IndexError: out of bounds" in text
    assert "/tmp/r.html" in text
    assert "sandbox: full" in text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_lines_fit_the_width(record, language):
    """No line is wider than the terminal, in cells."""
    lines = summary(record, language=language).splitlines()

    assert max(map(cell_len, lines)) <= 60


def test_no_escape_without_colour(record):
    """A terminal without colour gets plain text."""
    assert "\x1b" not in summary(record)


@pytest.mark.parametrize(
    "word",
    ["[red]x[/red]", "[link=http://e.vil]x[/link]", "\x1b[2Jx\x1b]0;t\x07", "\u202ex", "{0}%s", ":smile:"],
)
def test_text_of_students_is_only_text(word):
    """No markup, no emoji codes, no escapes: what was written is what is shown."""
    error = ExceptionEvidence(type=word, message=word)
    check = make.check("a", Outcome.CRASHED, title=make.text(word), message=make.text(word), evidence=[error])
    groups = [make.group("values", title=make.text(word))]
    given = make.record([check], groups=groups, student=word, stdout=Stdout(text=word, truncated=False))

    text = summary(given, width=200)

    shown = word.replace("\x1b", r"\x1b").replace("\x07", r"\x07").replace("\u202e", r"\u202e")
    assert text.count(shown) >= 4
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


def test_weak_sandbox_is_a_warning(record):
    """With its level and the warnings."""
    weak = replace(record, sandbox=SandboxReport(level="none", layers=[], warnings=["macOS has none"]))

    assert "sandbox: none" in summary(weak)
    assert "macOS has none" in summary(weak)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "! sandbox: none  Run only code that you trust."),
        ("ko", "! 샌드박스 없음  신뢰하는 코드만 실행하세요."),
    ],
)
def test_at_a_check_the_sandbox_is_one_short_line(record, language, line):
    """Students who run their own code need no lecture about walls."""
    sandbox = SandboxReport(level="none", layers=[], warnings=["no wall at all"])
    check = replace(record, sandbox=sandbox, attempt=0)

    text = summary(check, language=language)

    assert text.splitlines()[-1] == line
    assert "no wall at all" not in text


def test_not_graded_is_nobody_s_zero():
    """No score, no groups, and whose fault it is."""
    text = summary(make.not_graded())

    assert "This is not your fault" in text
    assert "Score" not in text


def test_changes_are_told(record):
    """What passes now, what does not any more, and the points."""
    before = make.record([make.check("a", Outcome.FAILED), make.check("b")])

    text = summary(record, previous=before)

    assert "Now passing" in text
    assert "Passed before, not now" in text


def test_everything_right():
    """Nothing is left to do."""
    assert "Every check passed" in summary(make.record())


def test_public_checks_are_not_the_end():
    """After public checks the student is told to hand in."""
    text = summary(make.record([make.check(max_points=0.0)], exercise="ex12_rnn"))

    assert "All public checks passed. Next: grade submit ex12" in text
    assert "Well done" not in text


@pytest.mark.parametrize(("language", "heading"), [("en", "also:"), ("ko", "같은 원인:")])
def test_checks_of_one_cause_are_listed_one_a_line(language, heading):
    """Titles may hold commas, so each has a line of its own under a heading."""
    checks = [
        make.check(
            f"c{k}", Outcome.FAILED, title=make.text(f"dx, step {k}, float32"), diagnosis=make.diagnosis()
        )
        for k in range(7)
    ]

    lines = [line.strip() for line in summary(make.record(checks), language=language).splitlines()]

    at = lines.index(heading)
    assert lines[at + 1 : at + 6] == [*(f"· dx, step {k}, float32" for k in range(1, 5)), "… +2"]


def test_folded_checks_tell_their_own_message():
    """A check that stands under another says what it found, unless it says the same."""
    told = ["dx: 2 of 8 entries are wrong.", "dh: 3 of 9 entries are wrong.", "dx: 2 of 8 entries are wrong."]
    checks = [make.check(f"c{k}", Outcome.FAILED, message=make.text(t)) for k, t in enumerate(told)]

    text = summary(make.record(checks), width=100)

    assert "· Title of c1 – dh: 3 of 9 entries are wrong." in text
    assert text.count("dx: 2 of 8") == 1


def test_every_kind_of_failure_is_told():
    """A changed input in the group of a wrong value is a lesson of its own, with its message."""
    told = ["dWh: 16 of 16 entries are wrong.", "rnn_backward changed its input 'dh' in place."]
    checks = [make.check(f"c{k}", Outcome.FAILED, message=make.text(t)) for k, t in enumerate(told)]

    text = summary(make.record(checks), width=100)

    assert all(words in text for words in told)
    assert "2. ✗ Title of c1" in text


def test_an_exception_is_quoted_once():
    """A message that holds the exception's words is not followed by them again."""
    error = ExceptionEvidence(type="SyntaxError", message="expected ':' (rnn.py, line 3)")
    message = make.text("Your file is not valid Python: expected ':' (rnn.py, line 3)")
    record = make.record([make.check("a", Outcome.CRASHED, message=message, evidence=[error])])

    text = summary(record, width=100)

    assert text.count("expected ':' (rnn.py, line 3)") == 1
    assert "Your file is not valid Python" in text
    assert "SyntaxError" not in text


def test_works_where_only_ascii_is_known(record):
    """A terminal of another encoding gets an ASCII bar."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")

    render_summary(record, Console(file=stream, width=60), language="en")
    stream.flush()

    assert b"########" in stream.buffer.getvalue()


@pytest.mark.parametrize(("language", "text"), [("en", "Hint 2 for values"), ("ko", "values 힌트 2")])
def test_the_newest_hint_about_each_thing(language, text):
    """Below what it is about, with its number; the report holds those before it."""
    hints = [make.hint(step=1), make.hint(step=2), make.hint(step=1, check="b", text=make.text("Of b"))]
    printed = summary(make.record([make.check("b", Outcome.FAILED)], hints=hints), language=language)

    assert text in printed
    assert "Of b" in printed
    assert "1 for values" not in printed
    assert {"en": "hint 2 of 3", "ko": "힌트 2/3"}[language] in printed


def test_hints_are_escaped_and_absent_without_any(record):
    """No heading where nothing is open."""
    hostile = make.hint(text=make.text("a\x1b[31mred"))

    assert "Hints" not in summary(record)
    assert "\x1b" not in summary(make.record([make.check("b", Outcome.FAILED)], hints=[hostile]))


def test_checks_that_were_not_run_are_told_and_not_counted():
    """One about a GPU, without one: neither passed nor failed, and no lesson."""
    away = make.check("gpu", Outcome.SKIPPED, max_points=0.0, not_run=True)

    text = summary(make.record([make.check("a"), away]), width=100)

    assert "1 of 1 checks passed" in text
    assert "One check about a GPU was not run" in text
    assert "Every check passed" in text
