"""The summary in a terminal."""

import io

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
    from dataclasses import replace

    weak = replace(record, sandbox=SandboxReport(level="none", layers=[], warnings=["macOS has none"]))

    assert "sandbox: none" in summary(weak)
    assert "macOS has none" in summary(weak)


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


def test_works_where_only_ascii_is_known(record):
    """A terminal of another encoding gets an ASCII bar."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")

    render_summary(record, Console(file=stream, width=60), language="en")
    stream.flush()

    assert b"########" in stream.buffer.getvalue()
