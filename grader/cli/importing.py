"""`grade import nbgrader`: notebooks of an nbgrader course become exercises here, and what cannot is listed.

Each exercise is tried before it is written: a check that the notebook's own solution does not pass is taken
out and told. That runs the author's code, in this user's name, as `nbgrader generate_assignment` does.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.cli import creating, output
from grader.cli.request import short
from grader.cli.trees import write_trees
from grader.core import course as courses
from grader.core.course import COURSE_FILE, Course
from grader.core.text import as_name, visible
from grader.errors import CourseError, InputError
from grader.importing import cells, exercise
from grader.importing.cells import Finding
from grader.importing.exercise import Draft

SOURCE: Final = "source"
MAX_PICTURE: Final = 8 * 2**20
TRY_S: Final = 300.0

_PICTURE: Final = re.compile(r"\.(png|jpe?g|gif|svg|webp)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What `nbgrader` has written, and what it has not."""

    root: Path
    new_course: bool
    drafts: list[Draft]
    findings: list[Finding]
    """By notebook and cell."""


def nbgrader(source: Path, folder: Path | None) -> Imported:
    """Import the course at `source` into the one at `folder`, else the nearest upward, else a new one here.

    Raises InputError, and nothing is written, where nothing can be imported or something is there already.
    """
    root = (folder or creating.nearest()).absolute()
    path = root / COURSE_FILE
    course = courses.load(path) if path.exists() else None
    drafts: list[Draft] = []
    findings: list[Finding] = []
    pictures: dict[str, dict[str, bytes]] = {}
    for notebook, shown, alone in _notebooks(source, findings):
        id, file = _called(notebook, alone, course, drafts)
        _refuse_there(root, id)  # before the work of trying it
        found = cells.read(notebook, shown)
        try:
            draft = exercise.draft(id, file, _title(notebook, alone), shown, found)
        except RecursionError:  # the parser takes deeper nesting than what walks and writes its trees
            why = "not imported: an expression in it is nested too deeply"
            findings.append(Finding(notebook=shown, cell=0, what=why))
            continue
        try:
            exercise.require_stub(draft)
            draft = _tried(draft)
        except CourseError as e:
            findings += [*draft.findings, Finding(notebook=shown, cell=0, what=f"not imported: {e}")]
            continue
        findings += draft.findings
        if not draft.points:
            why = "not imported: no cell of it is graded by running it"
            findings.append(Finding(notebook=shown, cell=0, what=why))
            continue
        if draft.scale > 1:
            what = f"points are multiplied by {draft.scale}, so that they add up to a whole number"
            findings.append(Finding(notebook=shown, cell=0, what=what))
        pictures[draft.id] = dict(_pictures(notebook.parent, draft, findings))
        drafts.append(draft)
    findings.sort(key=lambda one: (one.notebook, one.cell))
    if not drafts:
        told = "\n".join(f"  {visible(str(one), 300, one_line=True)}" for one in findings[:30])
        raise InputError(f"nothing of {str(source)!r} can be imported\n{told}".rstrip())
    _write(root, path, drafts, pictures, _head(source))
    return Imported(root=root, new_course=course is None, drafts=drafts, findings=findings)


def _notebooks(source: Path, findings: list[Finding]) -> Iterator[tuple[Path, str, bool]]:
    """Each notebook of `source/ASSIGNMENT/`, what it is called, and whether the assignment has no other."""
    folder = source / SOURCE
    if not folder.is_dir():
        raise InputError(
            f"no folder {str(folder)!r}: name the folder of an nbgrader course, which holds source/"
        )
    for path in sorted(folder.rglob("*.ipynb")):
        below = path.relative_to(folder)
        if any(part.startswith(".") for part in below.parts):
            continue
        shown = (Path(SOURCE) / below).as_posix()
        if len(below.parts) != 2:
            what = "left out: it is no notebook of an assignment (source/ASSIGNMENT/NOTEBOOK.ipynb)"
            findings.append(Finding(notebook=shown, cell=0, what=what))
            continue
        yield path, shown, len(list(path.parent.glob("*.ipynb"))) == 1


def _called(notebook: Path, alone: bool, course: Course | None, drafts: list[Draft]) -> tuple[str, str]:
    """Id and file of the exercise that a notebook becomes; names that mean something else are avoided."""
    stem = as_name(notebook.stem) or "notebook"
    if stem in sys.stdlib_module_names or stem in creating.TAKEN or re.fullmatch(r"test_.*|.*_test", stem):
        stem += "_nb"
    assignment = as_name(notebook.parent.name)
    name = (assignment or stem) if alone else f"{assignment}_{stem}".strip("_")
    there = [*(course.exercises if course else ()), *(draft.id for draft in drafts)]
    names = {id.partition("_")[2] for id in there}
    while name in names or name in sys.stdlib_module_names or name in creating.TAKEN:
        name += "_nb"
    free = 1 + max((int(id.partition("_")[0][2:]) for id in there), default=0)
    return f"ex{free:02d}_{name}", f"{stem}.py"


def _title(notebook: Path, alone: bool) -> str:
    """What the exercise is called: as its notebook, with the assignment before it where there are several."""
    if alone:
        return notebook.stem
    words = re.split(r"[\W_]+", f"{notebook.parent.name} {notebook.stem}")
    return " ".join(word.capitalize() for word in words)


def _refuse_there(root: Path, id: str) -> None:
    for target in (root / "exercises" / id, root / "solutions" / id):
        if target.exists() or target.is_symlink():
            raise InputError(f"{str(target)!r} is there already, and is never overwritten: move it away")


def _tried(draft: Draft) -> Draft:
    """The draft without the checks that its own reference does not pass."""
    if not draft.points:
        return draft
    with (
        tempfile.TemporaryDirectory(prefix="grade-import-") as name,
        output.Status(f"trying {draft.id} …", quiet=False),
    ):
        root = Path(name)
        for part, files in (("exercises", draft.public()), ("solutions", draft.hidden())):
            for file, text in files.items():
                path = root / part / draft.id / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        course = creating.added(root / COURSE_FILE, None, draft.id, draft.entry())
        (root / COURSE_FILE).write_text(course, encoding="utf-8")
        return draft.without(_failed(root, draft))


def _failed(root: Path, draft: Draft) -> dict[str, str]:
    """Why each check failed that the reference does not pass, by id."""
    report = root / "report.xml"
    suites = [root / "solutions" / draft.id / "hidden", root / "exercises" / draft.id / "test_public.py"]
    command = [
        *(sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider"),
        *("-c", os.devnull, f"--rootdir={root}", f"--junit-xml={report}", "-o", "junit_family=xunit2"),
        *map(str, suites),
        *("--submission", str(root / "solutions" / draft.id / draft.file)),
    ]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, errors="replace", timeout=TRY_S, check=False
        )
    except subprocess.TimeoutExpired as e:
        raise CourseError(f"its solution does not finish its own tests within {TRY_S:.0f} s") from e
    ran: set[str] = set()
    failed: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase") if report.exists() else ():  # noqa: S314 - pytest's own
        name = case.get("name", "")
        id = f"public/{name}" if case.get("classname", "").endswith("test_public") else name
        ran.add(id)
        for wrong in case:
            if wrong.tag in ("failure", "error", "skipped"):
                failed[id] = visible(wrong.get("message", "").strip(), 200, one_line=True) or wrong.tag
    missing = {check.name for check in draft.graded} - ran
    if missing:
        last = [line for line in done.stdout.splitlines() if line.strip()][-12:]
        errors = [line for line in last if "Error" in line] or last
        raise CourseError(
            f"its solution cannot be run here: {visible(errors[-1] if errors else '?', 300, one_line=True)}"
        )
    return failed


def _pictures(folder: Path, draft: Draft, findings: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """Pictures beside the notebook that its texts show; other files are told."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".ipynb" or path.name.startswith("."):
            continue
        is_shown = path.name in draft.readme and _PICTURE.search(path.name) is not None
        if is_shown and path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_PICTURE:
            yield path.name, path.read_bytes()
        else:
            what = f"{path.name!r} beside it is not carried over"
            findings.append(Finding(notebook=draft.source, cell=0, what=what))


def _head(source: Path) -> str:
    """How course.toml begins in a new course."""
    name = json.dumps(visible(source.resolve().name, 80, one_line=True) or "Course", ensure_ascii=False)
    return (
        "# The course: what is in exercises/ is what students receive; `grade list` shows it.\n\n"
        f'title = {{ en = {name}, ko = {name} }}\nlanguages = ["en", "ko"]\n'
    )


def _write(
    root: Path, path: Path, drafts: list[Draft], pictures: dict[str, dict[str, bytes]], head: str
) -> None:
    """All exercises, or none of them."""
    trees: dict[Path, dict[str, str | bytes]] = {}
    for draft in drafts:
        trees[root / "exercises" / draft.id] = {**draft.public(), **pictures[draft.id]}
        trees[root / "solutions" / draft.id] = {**draft.hidden()}
    for draft in drafts:
        _refuse_there(root, draft.id)
    old = path.read_bytes().decode() if path.exists() else None
    entries = "\n".join(draft.entry() for draft in drafts)
    addition = creating.added(path, old, drafts[0].id, entries, head)
    ignored = creating.ignored_in(root) if old is None else {}
    write_trees(root, trees, {path: addition, **ignored})


def summary(imported: Imported) -> str:
    """What was made of what, and all that was not carried over, cell by cell."""
    lines = [f"a new course in {str(imported.root)!r}"] if imported.new_course else []
    for draft in imported.drafts:
        count = len(draft.graded)
        lines.append(
            f"{draft.id}: {count} check{'' if count == 1 else 's'}, {draft.points} points, "
            f"from {visible(draft.source, one_line=True)}"
        )
    if imported.findings:
        lines += ["", f"Not carried over as it stood: {len(imported.findings)}"]
        lines += [f"  - {visible(str(one), 400, one_line=True)}" for one in imported.findings]
    first = imported.drafts[0].id.partition("_")[0]
    where = short(imported.root / "solutions")
    lines += [
        "",
        f"Read what was written, in exercises/ and {where}; on the way:",
        f"  grade audit {first}{'':<16}is the suite fair? It asks for wrong and other right solutions, too",
        f"  grade batch {first} DIR{'':<12}grades a submitted/ tree",
        "",
    ]
    return "\n".join(lines)
