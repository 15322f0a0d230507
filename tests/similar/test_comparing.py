"""Submissions compared with each other: what is alike is found, and no file stops the comparison."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.core.similar import Similar
from grader.errors import EngineError, MachineError
from grader.similar import comparing
from grader.similar.comparing import MAX_TEXT, Document, compare


def program(seed: int, lines: int = 40) -> str:
    """A program that no other seed writes: statements in random order and form."""
    rng = random.Random(seed)
    forms = (
        "{a} = {b} + {c} * {n}",
        "for {a} in range({n}):\n    {b} += {c}[{a}]",
        "if {a} > {n}:\n    {b} = -{c}",
        "{a} = [{b} // {n} for {c} in {a}]",
        "while {b} < {n}:\n    {b} *= {c} - {n}",
        "{a}[{n}], {b} = {c}, {a}",
        "assert {a} != {b}, {n}",
        "{a} = max({b}, {c} % {n})",
        "{a} = {b}({c}, {n}) ** {n}",
        "del {a}[{n}:{b}]",
    )
    body = [
        rng.choice(forms).format(**{k: rng.choice("abcxyz") for k in "abc"}, n=rng.randrange(99))
        for _ in range(lines)
    ]
    return "\n".join(body) + "\n"


def found(tmp_path: Path, files: dict[str, str], given: Sequence[str] = ()) -> Similar:
    """What is alike in a file of each student."""
    documents = [Document(student=s, file="conv.py", text=text) for s, text in files.items()]
    return compare(documents, given, cache=tmp_path)


def renamed(text: str) -> str:
    """The same under other names, with comments."""
    for old, new in zip("abcxyz", ("alpha", "beta", "count", "ecks", "why", "zed"), strict=True):
        text = " ".join(text.split(" ")).replace(f"{old} ", f"{new} ").replace(f"{old}[", f"{new}[")
    return "# my own work\n" + text.replace("\n", "  # so\n", 5)


def test_a_copy_under_other_names_is_found(tmp_path):
    """Names, comments and line ends do not hide a copy; work of one's own is left alone."""
    files = {f"s{k}": program(k) for k in range(12)}
    files["thief"] = renamed(files["s3"]).replace("\n", "\r\n")

    result = found(tmp_path, files)

    (pair,) = result.pairs
    assert {pair.one.student, pair.other.student} == {"s3", "thief"}
    assert min(pair.one.share, pair.other.share) > 0.8
    assert result.left_out == 0


def test_a_part_that_was_copied_is_marked(tmp_path):
    """What both hold is marked in both, and what each wrote is not."""
    part = program(100, 60)
    files = {"s1": program(1, 8) + part, "s2": part + program(2, 60), "s3": program(3)}

    (pair,) = found(tmp_path, files).pairs

    by_student = {side.student: side for side in (pair.one, pair.other)}
    one, other = by_student["s1"], by_student["s2"]
    assert one.share > 0.8
    assert other.share < 0.65
    marked = "".join(one.text[start:stop] for start, stop in one.marked)
    assert len(marked) > 0.8 * len(part)
    assert all(0 <= start < stop <= len(one.text) for start, stop in one.marked)
    assert max(stop for _, stop in other.marked) < len(part) + 60


def test_the_same_class_gives_the_same_answer(tmp_path):
    """Nothing hangs on the seed of a process."""
    files = {f"s{k}": program(k % 5) + program(90 + k, 9) for k in range(9)}

    assert found(tmp_path, files) == found(tmp_path, files)


def test_the_stub_is_nobodys(tmp_path):
    """What everybody was given makes nobody alike."""
    stub = program(77, 120)
    files = {f"s{k}": stub + program(k) for k in range(4)}

    assert found(tmp_path, files, [stub]).pairs == []
    assert found(tmp_path, files).pairs != []


def test_what_a_class_shares_is_nobodys(tmp_path):
    """Where more than ten, and more than a quarter, write the same, it tells of nobody."""
    idiom = program(100)
    files = {f"s{k:02d}": idiom + program(k) for k in range(16)}

    assert found(tmp_path, files).pairs == []


def test_files_of_one_student_are_not_compared(tmp_path):
    """Several files of a submission may repeat each other."""
    documents = [Document(student="s1", file=name, text=program(1)) for name in ("a.py", "b.py")]

    assert compare(documents, [], cache=tmp_path).pairs == []


ODD = (
    *("", "\n\n", "\ufeff", "x", "(" * 90_000, "'''" + "a" * 90_000, "\\" * 90_000, "x = 1\n" * 15_000),
    *("f'" + "{" * 50_000, "\u202e\x00\x1b[2J" * 9_000, "def " * 20_000, '"' * 90_001, "y" * (MAX_TEXT + 1)),
    *("0" * 90_000, "class A:\n" * 9_000, "r'" + "\\'" * 40_000),
)


@pytest.mark.slow
def test_no_file_stops_the_comparison(tmp_path):
    """Whatever some students hand in, the others are compared."""
    files = {f"odd{k}": text for k, text in enumerate(ODD)}
    files |= {"s1": program(1), "s2": program(1), "s3": program(3)}

    result = found(tmp_path, files)

    pairs = [{pair.one.student, pair.other.student} for pair in result.pairs]
    assert {"s1", "s2"} in pairs
    assert not any("s3" in pair for pair in pairs)
    assert 5 <= result.left_out <= len(ODD)


def test_too_long_a_comparison_ends(tmp_path):
    """Past its time it is killed, and that is said."""
    documents = [Document(student=f"s{k}", file="a.py", text=program(k)) for k in range(3)]

    with pytest.raises(MachineError, match="comparing 3 files"):
        compare(documents, [], cache=tmp_path, time_s=0)


def test_nobody(tmp_path):
    """An empty class has nothing alike."""
    assert found(tmp_path, {}) == Similar(pairs=[], left_out=0)


def test_without_the_extra_it_says_how_to_get_it(tmp_path, monkeypatch):
    """One line, with the command."""
    monkeypatch.setattr(comparing.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(EngineError, match=r"pip install 'dlgrade\[similar\]'"):
        found(tmp_path, {"s1": "x = 1"})
