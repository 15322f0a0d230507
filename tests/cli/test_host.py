"""A host that lacks something: the true verdict, or exit 3 with a line that says what and what to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.broken_host import SMALL_KIB
from tests.cli.disturbed import ROOT, Place, Run, one_line
from tests.cli.tiny import RIGHT

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
HOST = (sys.executable, "-P", "-m", "tests.cli.broken_host")


def slow(*values: int) -> list[Any]:
    """Parameters for `make verify`."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """(state with the secret and no gradebook, how the submission ends on a whole host)."""
    made = tmp_path_factory.mktemp("undisturbed")
    (made / "double.py").write_text(RIGHT)
    place = Place(made / "state", made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_COURSE", str(Path(__file__).parents[1] / "course"))
        run = place.submit(made / "double.py")
    assert run.code == 0, run.err
    for path in place.state.glob("gradebook*"):
        path.unlink()
    return place.state, run


@pytest.fixture
def place(tmp_path: Path, undisturbed: tuple[Path, Run]) -> Place:
    """State with the same secret, and an empty temporary folder."""
    shutil.copytree(undisturbed[0], tmp_path / "own")
    (tmp_path / "tmp").mkdir()
    return Place(tmp_path / "own", tmp_path / "tmp")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A right submission."""
    path = tmp_path / "double.py"
    path.write_text(RIGHT)
    return path


def graded_or_told(run: Run, due: Run, *words: str) -> None:
    """The undisturbed record; or exit 3, no score and a line with one of `words`."""
    assert run.code in (0, 3), run.err
    assert "Traceback" not in run.err
    if run.code == 0:
        assert run.timeless == due.timeless
    elif run.out:
        assert (run.record["outcome"], run.record["score"]) == ("not_graded", None)
    else:
        assert one_line(run.err), run.err
        assert any(word in run.err for word in words), run.err
        assert "please report" not in run.err


def then_as_ever(place: Place, file: Path, run: Run, due: Run) -> None:
    """The next submission on a whole host, and what is left."""
    assert {score for outcome, score in place.book_is_whole() if outcome == "graded"} <= {20.0}

    again = place.submit(file)

    assert (again.code, again.timeless) == (0, due.timeless)
    place.nothing_is_left(run, again)


@as_root
@pytest.mark.parametrize(
    "free_kib",
    [0, 64, *slow(4, 8, 16, 32, 48, 80, 128, 160, 320, 340, 360, 380, 400, 800)],
)
def test_a_full_disk(tmp_path, place, undisturbed, file, free_kib):
    """It is said; the book is whole; with room again the same file gets its record."""
    due = undisturbed[1]
    disk = tmp_path / "disk"
    disk.mkdir()
    ended = subprocess.run(
        [
            *HOST, "--small", str(disk), sys.executable, "-P", "-m", "tests.cli.full_disk",
            str(disk), str(place.temporary), str(place.state / "secret"), str(file), str(free_kib),
        ],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told, told_again, rows, rows_again, drafts = json.loads(ended.stdout)
    first, again = (Run(**{**one, "sessions": set(), "judges": set()}) for one in (told, told_again))

    if first.code == 3 and [tuple(row) for row in rows] == [("graded", 20.0)]:
        assert "is recorded, but its report" in first.err
        assert one_line(first.err)
    else:
        graded_or_told(first, due, "room", "GRADE_STATE")
        assert all(row == ["graded", 20.0] for row in rows)
    assert (again.code, again.timeless) == (0, due.timeless)
    assert rows_again == [["graded", 20.0]]
    assert drafts == []
    assert free_kib < SMALL_KIB


@pytest.mark.parametrize("kib", [0, *slow(4, 40, 100, 1000)])
def test_files_may_not_grow(place, undisturbed, file, kib):
    """As where a quota is used up, for users who cannot mount: RLIMIT_FSIZE."""
    limited = ("bash", "-c", f'ulimit -S -f {kib}; exec "$@"', "bash")

    run = place.submit(file, prefix=limited)

    if "is recorded, but its report" not in run.err:
        graded_or_told(run, undisturbed[1], "room", "ulimit -f", "TMPDIR", "GRADE_STATE", "disk")
    then_as_ever(place, file, run, undisturbed[1])


@as_root
def test_no_temporary_folder(tmp_path, place, undisturbed, file):
    """Nowhere: the line names TMPDIR."""
    work = tmp_path / "work"
    prefix = (*HOST, "--read-only", "/tmp", "--read-only", "/var/tmp", "--read-only", str(work))
    prefix = (*prefix, "--keep", str(place.state))

    run = place.submit(file, prefix=prefix)

    assert run.code == 3
    graded_or_told(run, undisturbed[1], "set TMPDIR")
    then_as_ever(place, file, run, undisturbed[1])


def test_a_temporary_folder_that_is_not_there(tmp_path, place, undisturbed, file):
    """Python takes another one."""
    run = place.submit(file, TMPDIR=str(tmp_path / "nowhere"))

    assert (run.code, run.timeless) == (0, undisturbed[1].timeless)
    place.nothing_is_left(run)


@as_root
def test_no_shared_memory(place, undisturbed, file):
    """Without /dev/shm, or anything but devices in /dev, the record is the same."""
    run = place.submit(file, prefix=(*HOST, "--no-shm"))

    assert (run.code, run.timeless) == (0, undisturbed[1].timeless)
    place.nothing_is_left(run)


@pytest.mark.parametrize("count", [12, 40, *slow(*range(8, 12), *range(13, 17), 18, 20, 22, 26, 30, 64, 127)])
def test_few_descriptors(place, undisturbed, file, count):
    """RLIMIT_NOFILE for `grade` and all that it starts: a line that names the limit, and no traceback."""
    run = place.submit(file, prefix=("bash", "-c", f'ulimit -n {count}; exec "$@"', "bash"))

    graded_or_told(run, undisturbed[1], "ulimit")
    assert run.code == 3
    then_as_ever(place, file, run, undisturbed[1])


@pytest.mark.slow
@pytest.mark.parametrize("count", [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 36, 40, 48])
def test_few_descriptors_that_may_be_raised(place, undisturbed, file, count):
    """The soft limit alone: workers raise their own."""
    run = place.submit(file, prefix=("bash", "-c", f'ulimit -S -n {count}; exec "$@"', "bash"))

    graded_or_told(run, undisturbed[1], "ulimit")
    then_as_ever(place, file, run, undisturbed[1])
