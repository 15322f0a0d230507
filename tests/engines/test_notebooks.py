"""The same solution as a file and as a notebook is judged the same."""

import ast
import contextlib
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.core import course as courses
from grader.core import record as records
from grader.core.course import Exercise
from grader.core.record import Digests, Record
from grader.core.submission import Submission, read
from grader.judge.collect import collect
from grader.judge.session import Judge, Reports
from grader.judge.transport import Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config

ROOT = Path(__file__).parents[2]
UTC = "2026-03-01T09:00:00Z"
QUICK = {"ex10": ("convolution", "flips_kernel", "im2col")}


def split(source: str) -> bytes:
    """A notebook with a cell for each statement of the module, texts between them, as Jupyter saves it."""
    v4: Any = nbformat.v4
    lines, last, cells = source.split("\n"), 0, []
    for number, statement in enumerate(ast.parse(source).body):
        assert statement.end_lineno is not None
        cells += [
            v4.new_markdown_cell(f"## Part {number}"),
            v4.new_code_cell("\n".join(lines[last : statement.end_lineno])),
        ]
        last = statement.end_lineno
    return str(nbformat.writes(v4.new_notebook(cells=cells))).encode()


def pairs(exercise: Exercise, folder: Path, names: tuple[str, ...] | None) -> Iterator[tuple[str, Path]]:
    """The reference and each known solution of one file: its name, and where it is."""
    assert exercise.solution_dir is not None
    paths = [exercise.solution_dir / exercise.files[0]]
    paths += [*exercise.solution_dir.glob("accepted/*.py"), *exercise.solution_dir.glob("wrong/*.py")]
    for path in paths:
        if names is None or path.stem in names:
            (folder / path.stem).with_suffix(".ipynb").write_bytes(split(path.read_text(encoding="utf-8")))
            yield path.stem, path


def handed(exercise: Exercise, path: Path, name: str) -> Submission:
    """The file as it is handed in, by the same student."""
    others = [path.parent / other for other in exercise.files[1:]]
    return read(exercise, [path, *others], name, UTC, stub_refused=True)


def bare(record: Record, timed: frozenset[str]) -> bytes:
    """The record without digests, locations and times; nor checks of speed, which tell what a clock said."""
    checks = [
        dataclasses.replace(check, seconds=0.0, traceback=[])
        for check in record.checks
        if check.id not in timed
    ]
    by_clock = {check.group for check in record.checks if check.id in timed}
    groups = [dataclasses.replace(g, points=0.0) if g.name in by_clock else g for g in record.groups]
    flags = [dataclasses.replace(flag, file=None, line=None, cell=None) for flag in record.flags]
    score = sum(group.points or 0.0 for group in groups)
    digests = Digests(submission="", suite="")
    # Where NumPy's warnings say that they come from is a location, too.
    printed = re.sub(r"\w+\.(?:py|ipynb):\d+", "…", record.stdout.text)
    return records.encode(
        dataclasses.replace(
            record,
            checks=checks,
            groups=groups,
            flags=flags,
            score=score,
            digests=digests,
            stdout=dataclasses.replace(record.stdout, text=printed),
            seed="",
            seconds=0.0,
        )
    )


def texts(record: Record) -> list[list[str]]:
    """The lines that the tracebacks of each check pass through."""
    return [[frame.text for frame in check.traceback] for check in record.checks]


def compared(
    number: str, folder: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...] | None
) -> int:
    """Judge each solution both ways with the same draw of inputs; how many there were.

    Seeds hang on the digest of what was handed in, and those of a file and of a notebook differ.
    """
    monkeypatch.setenv("GRADE_STATE", str(folder / "state"))
    monkeypatch.setattr(Judge, "_handed_digest", lambda self, handed: "sha256:same")
    exercise = courses.load(ROOT / courses.COURSE_FILE).exercise(number)
    sandbox = LinuxSandbox(
        Config(packages=tuple(courses.PACKAGES[p] for p in exercise.packages), limits=exercise.limits)
    )
    probe = exercise.probe_path
    pool = Pool(sandbox, exercise.limits, exercise.forbidden, None if probe is None else probe.read_bytes())
    reports = Reports()
    done: list[tuple[str, Record, Record]] = []
    timed: frozenset[str] = frozenset()

    def then(session: pytest.Session) -> None:
        nonlocal timed
        judge = Judge.of(
            session, exercise, pool, bytes(32), hidden=True, cache=folder / "cache", reports=reports
        )
        timed = frozenset(check.id for check in judge.suite.checks if check.timed)
        for name, path in pairs(exercise, folder, names):
            source = handed(exercise, path, "s001")
            cells = handed(exercise, folder / f"{name}.ipynb", "s001")
            as_file, as_cells = judge.judge(source, "en"), judge.judge(cells, "en")
            done.append((name, as_file, as_cells))
        judge.close()

    with contextlib.closing(pool):
        collect(exercise, then, hidden=True, plugins=[reports])

    for name, as_file, as_cells in done:
        assert bare(as_cells, timed) == bare(as_file, timed), name
        assert as_cells.digests.submission != as_file.digests.submission
        assert texts(as_cells) == texts(as_file), name
        assert all(frame.cell for check in as_cells.checks for frame in check.traceback)
    return len(done)


def test_a_notebook_is_judged_as_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A right, a wrong and another right solution of ex10: equal records but for digests and locations."""
    assert compared("ex10", tmp_path, monkeypatch, QUICK["ex10"]) == 3


@pytest.mark.slow
@pytest.mark.parametrize("number", ["ex05", "ex10", "ex11", "ex12"])
def test_every_known_solution_is_judged_as_the_file(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All accepted and wrong solutions."""
    assert compared(number, tmp_path, monkeypatch, None) > 10
