"""`equivalent.toml`: names of changes that survive moved lines, and clear errors."""

from pathlib import Path

import pytest

from grader.errors import CourseError
from grader.judge import equivalent
from grader.judge.mutants import mutants

ENTRY = """\
[[mutant]]
function = "f"
before = "return x > 0"
after = ["return x >= 0", "return x != 0"]
reason = "so"
"""


def listed(folder: Path, text: str) -> dict[equivalent.Key, equivalent.Equivalent]:
    """What a folder with this file lists."""
    (folder / equivalent.FILE).write_text(text, encoding="utf-8")
    return equivalent.load(folder)


def test_no_file(tmp_path):
    """Then nothing is listed."""
    assert equivalent.load(tmp_path) == {}


def test_an_entry_names_its_mutants_wherever_they_stand(tmp_path):
    """By function and by the lines before and after, whatever their blanks."""
    entries = listed(tmp_path, ENTRY.replace("x >= 0", "x>=0"))
    source = "# moved\n\ndef f(x):\n    # BEGIN SOLUTION\n    return x > 0\n    # END SOLUTION\n"

    found = {m.after for m in mutants(source, "f.py") if equivalent.key(m) in entries}

    assert found == {"return x >= 0", "return x != 0"}
    assert {entry.reason for entry in entries.values()} == {"so"}


def test_another_functions_line_is_another(tmp_path):
    """The same line in a function that is not named."""
    entries = listed(tmp_path, ENTRY)
    source = "def g(x):\n    # BEGIN SOLUTION\n    return x > 0\n    # END SOLUTION\n"

    assert not any(equivalent.key(mutant) in entries for mutant in mutants(source, "g.py"))


BROKEN = {
    "no_toml": ("[[mutant", "is not TOML"),
    "no_list": ("mutant = 3\n", r"mutant: expected entries that each begin with \[\[mutant\]\], got 3"),
    "other_list": (
        ENTRY.replace("[[mutant]]", "[[mutants]]"),
        "unknown key 'mutants' .* did you mean 'mutant'",
    ),
    "other_key": (ENTRY.replace("reason", "because"), r"unknown key 'because' in \[mutant 1\]"),
    "no_reason": (ENTRY.replace('reason = "so"', 'reason = " "'), "mutant 1.reason: expected why the mutant"),
    "no_function": (ENTRY.replace('function = "f"', ""), "mutant 1.function: expected the function around"),
    "no_before": (ENTRY.replace('before = "return x > 0"', ""), "mutant 1.before: expected the lines of the"),
    "no_after": (
        ENTRY.replace(', "return x != 0"', ", 3"),
        "mutant 1.after: expected the lines of the mutant",
    ),
    "twice": (ENTRY + ENTRY, "mutant 2.after: expected a change that is not listed before, got 'return x >="),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file(tmp_path, text, says):
    """Says the file, the entry and what was expected there."""
    with pytest.raises(CourseError, match=says) as caught:
        listed(tmp_path, text)

    assert equivalent.FILE in str(caught.value)


def test_a_file_that_is_not_utf8(tmp_path):
    """Says so."""
    (tmp_path / equivalent.FILE).write_bytes(b"# \xff")

    with pytest.raises(CourseError, match="is not UTF-8"):
        equivalent.load(tmp_path)
