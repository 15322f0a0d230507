"""What commands import before they need it, and whether the README tells of all of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cli.app import app
from grader.cli.book import book

ROOT = Path(__file__).parent.parent.parent
HEAVY = {"numpy", "torch", "pytest", "_pytest", "sqlalchemy", "nbconvert", "rich", "jinja2", "alembic", "ray"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["list"],
        ["list", "--json"],
        ["submit", "--help"],
        ["try", "--help"],
        ["start", "ex90"],
        ["status"],
        ["book", "--help"],
    ],
    ids=" ".join,
)
def test_light(arguments):
    """A command that judges nothing imports nothing heavy."""
    code = "import sys; from grader.cli.entry import run; run(sys.argv[1:]); print('@', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=True
    )

    modules = {name.partition(".")[0] for name in done.stdout.rpartition("@")[2].split()}
    assert modules & HEAVY == set()


def test_engine_is_light():
    """Our side of `submit` needs neither numpy nor pytest: they are the judge's."""
    code = "import sys, grader.cli.submitting, grader.gradebook, grader.report.html; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=os.environ
    )

    modules = {name.partition(".")[0] for name in done.stdout.split()}
    assert modules & {"numpy", "torch", "pytest", "_pytest", "nbconvert"} == set()


def test_entry_point():
    """The installed command `grade` is this one."""
    done = subprocess.run(
        [Path(sys.executable).with_name("grade"), "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert re.fullmatch(r"dlgrade \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("name", sorted(app.commands))
def test_command_is_documented(name):
    """Each command stands in the README and has a sentence of help."""
    assert f"grade {name}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.fullmatch(r"[A-Z][^.]*\.", app.commands[name].help or "")


@pytest.mark.parametrize("name", sorted(book.commands))
def test_command_of_the_gradebook_is_documented(name):
    """Each command of `grade book` stands in its page and has a sentence of help."""
    page = (ROOT / "docs" / "gradebook.md").read_text(encoding="utf-8")
    assert name == "show" or f"grade book {name}" in page
    assert re.fullmatch(r"[A-Z][^.]*\.", book.commands[name].help or "")


def test_readme_knows_no_other_command():
    """The README's table of commands holds no command that there is not."""
    named = set(
        re.findall(r"^\| `grade (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert named == set(app.commands)


def test_exit_codes_are_in_the_help(capsys):
    """`grade --help` says what the exit codes mean."""
    from grader.cli.entry import run

    run(["--help"])

    assert "130 interrupted" in capsys.readouterr().out
