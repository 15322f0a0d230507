"""`grade new`: a whole exercise to start from, and a course around it where there is none.

All of it or nothing (trees.py).
"""

import importlib.resources
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import jinja2

from grader.cli.request import short
from grader.cli.trees import write_trees
from grader.core import course as courses
from grader.core.course import COURSE_FILE, PACKAGES, Course
from grader.core.record import Text
from grader.core.stub import stub
from grader.errors import CourseError, InputError

MAX_TITLE: Final = 100

TAKEN: Final = frozenset((*PACKAGES.values(), "conftest", "grader", "lightning", "probe", "pytest"))
"""Names of modules that a student's file would hide, or be taken for; those of Python itself as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What `new` has written."""

    root: Path
    id: str
    new_course: bool
    written: list[Path]
    """First the course's file, which was made or added to; then the others, all new."""


def new(folder: Path | None, id: str, *, title: str | None, title_ko: str | None, torch: bool) -> Created:
    """Write the exercise `id` into the course at `folder`, else the nearest upward, else a new one here.

    Raises:
        InputError: it cannot be called so, or is there already; nothing was written.
        CourseError: the course is broken, or the exercise cannot be added to its file.
        MachineError: the disk is full, or the like; nothing is left.
    """
    root = (folder or nearest()).absolute()
    path = root / COURSE_FILE
    if not path.exists() and path.parent.is_dir() and any(path.parent.glob("ex[0-9]*")):
        raise CourseError(f"{str(path.parent)!r} holds exercises and no {path.name!r}: put it back first")
    course = courses.load(path) if path.exists() else None
    old = None if course is None else path.read_bytes().decode()
    _refuse_name(id, course)
    words = _title(id, title, title_ko)
    values = {
        "id": id,
        "number": id.partition("_")[0],
        "module": id.partition("_")[2],
        "title": words,
        "packages": ["numpy", "torch"] if torch else ["numpy"],
    }
    trees = {part: root / part / id for part in ("exercises", "solutions")}
    for target in trees.values():
        if os.path.lexists(target):
            raise InputError(
                f"{str(target)!r} is there already, and is never overwritten: move it away first"
            )
    files = _files("torch" if torch else "numpy", values)
    addition = added(path, old, id, entry(values))
    ignored = ignored_in(root) if old is None else {}
    write_trees(root, {trees[part]: made for part, made in files.items()}, {path: addition, **ignored})
    written = [path, *ignored, *(trees[part] / name for part, made in files.items() for name in sorted(made))]
    return Created(root=root, id=id, new_course=old is None, written=written)


def summary(created: Created) -> str:
    """What was written, and what to do next."""
    number, _, module = created.id.partition("_")
    wrote = "wrote" if created.new_course else "added to"
    hints = {
        f"grade try {number} FILE": "runs the suite on a file, with pytest's output",
        "python -m grader.core.stub": f"cuts the stub anew out of solutions/{created.id}/{module}.py",
        f"grade audit {number}": "proves that the suite is fair",
    }
    return "\n".join(
        [
            *([f"a new course in {str(created.root)!r}"] if created.new_course else []),
            f"{wrote} {short(created.written[0])}",
            *(f"wrote {short(path)}" for path in created.written[1:]),
            "",
            f"{created.id} is small and complete, to be changed into yours. On the way:",
            *(f"  {command:<28}{what}" for command, what in hints.items()),
            "",
        ]
    )


def nearest() -> Path:
    """GRADE_COURSE, else the nearest folder upward that holds a course, else the one that we are in."""
    if named := os.environ.get("GRADE_COURSE"):
        return Path(named)
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / COURSE_FILE).is_file()), here)


def _refuse_name(id: str, course: Course | None) -> None:
    """InputError for what no exercise can be called, or what another one is called."""
    there = list(course.exercises.values()) if course else []
    free = max((int(e.number[2:]) for e in there), default=0) + 1
    if not courses.is_id(id):
        head = re.match(r"ex([0-9]{1,3})(?![0-9])|ex(?=[^a-z0-9])|", id.lower())
        assert head is not None
        name = re.sub(r"[^a-z0-9]+", "_", id.lower()[head.end() :]).strip("_0123456789")
        like = f"ex{int(head[1] or free):02d}_{name[:40] or 'attention'}"
        raise InputError(f"an exercise cannot be called {id[:100]!r}: choose a name like {like!r}")
    number, _, name = id.partition("_")
    for other in there:
        if number == other.number or name == other.name:
            what = number if number == other.number else name
            raise InputError(
                f"{what!r} is {other.id} already: choose another {'number' if what == number else 'name'}, "
                f"such as 'ex{free:02d}_{name if what == number else name + '_2'}'"
            )
    if name in sys.stdlib_module_names or name in TAKEN or re.fullmatch(r"test_.*|.*_test", name):
        raise InputError(
            f"the file of {id!r} would be '{name}.py', which means something else to Python or pytest: "
            "choose another name"
        )


def _title(id: str, en: str | None, ko: str | None) -> Text:
    """The title asked for, else one of the exercise's name."""
    en = en or id.partition("_")[2].replace("_", " ").capitalize()
    for title in (en, ko or en):
        if not title.isprintable() or not title.strip() or len(title) > MAX_TITLE:
            raise InputError(
                f"a title is one line of 1 to {MAX_TITLE} printable characters, not {title[:200]!r}"
            )
    return Text(en=en, ko=ko or en)


def _files(kind: str, values: dict[str, object]) -> dict[str, dict[str, str]]:
    """Texts of the exercise by name, for its folder of `exercises` and of `solutions`."""
    module = str(values["module"])
    source = importlib.resources.files("grader.cli") / "templates" / kind
    made = {
        part: {
            name.replace("module.py", f"{module}.py"): _render(text, values)
            for name, text in _texts(source / folder)
        }
        for part, folder in (("exercises", "exercise"), ("solutions", "solution"))
    }
    reference = f"{module}.py"
    made["exercises"][reference] = stub(made["solutions"][reference], reference)
    return made


def _texts(folder: Traversable, before: str = "") -> Iterator[tuple[str, str]]:
    """Path in the folder and text of every file below it."""
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _texts(entry, f"{before}{entry.name}/")
        elif entry.is_file():
            yield before + entry.name, entry.read_text(encoding="utf-8")


def _render(text: str, values: dict[str, object]) -> str:
    environment = jinja2.Environment(  # noqa: S701 - Python, TOML and Markdown of the author's own
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    # Printable text in quotes is the same in TOML and JSON.
    environment.filters["toml"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(text).render(values)


def entry(values: dict[str, object]) -> str:
    """The table of a new exercise."""
    template = importlib.resources.files("grader.cli") / "templates" / "entry.toml"
    return _render(template.read_text(encoding="utf-8"), values)


def added(path: Path, old: str | None, id: str, entry: str, head: str | None = None) -> str:
    """What goes to the end of the course's file for a new table: nothing that stands there is touched.

    `head`: how a new file begins; that of `grade new` if it is left out.
    """
    if old is None:
        template = importlib.resources.files("grader.cli") / "templates" / "course.toml"
        text = f"{head or template.read_text(encoding='utf-8')}\n{entry}"
    else:
        gap = "" if old.endswith("\n\n") else "\n" if old.endswith("\n") else "\n\n"
        text = gap + entry
        if "\r\n" in old:
            text = text.replace("\n", "\r\n")
    try:
        courses.parse((old or "") + text, path)
    except CourseError as e:
        raise CourseError(
            f"{str(path)!r}: a table [exercises.{id}] cannot be added at its end: "
            f"write the exercises as such tables first ({e})"
        ) from e
    return text


def ignored_in(root: Path) -> dict[Path, str]:
    """What git is to leave alone in a new course, where it does not yet."""
    wanted = (importlib.resources.files("grader.cli") / "templates" / "gitignore").read_text(encoding="utf-8")
    path = root / ".gitignore"
    if not path.exists():
        return {path: wanted}
    there = path.read_text(encoding="utf-8", errors="replace")
    if {line.strip().strip("/") for line in there.splitlines()} & {".grade"}:
        return {}
    return {path: ("" if there.endswith("\n") or not there else "\n") + wanted}
