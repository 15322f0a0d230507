"""The course: its exercises, their limits, and where its state lives.

Read from `exercises/course.toml` by every command; on our side of the wall. A broken file is a
`CourseError` that names the file and the line or key, and what was expected there.
"""

import difflib
import os
import re
import secrets
import tomllib
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from grader.core.forbidden import FAMILIES, Forbidden, expand
from grader.core.policy import Policy, read_policy
from grader.core.record import Text
from grader.core.table import Table
from grader.errors import CourseError, InputError, MachineError

COURSE_FILE = Path("exercises") / "course.toml"
PROBE_FILE = "probe.py"
SECRET_BYTES = 32
PACKAGES = {"numpy": "numpy", "torch": "torch", "lightning": "pytorch_lightning"}
"""What a worker can hold, and the module that it is; other packages of the interpreter do not exist there.

Those but numpy are extras of ours as well.
"""

Reveal = Literal["all", "message", "name"]
Language = Literal["en", "ko"]
Device = Literal["cpu", "cuda"]
Means = Literal["flag", "zero"]

_ID = re.compile(r"(?P<number>ex[0-9]{2,3})_(?P<name>[a-z][a-z0-9_]{0,63})")
_FILE = re.compile(r"[a-z][a-z0-9_]{0,63}\.py")
_NOT_SUBMITTED = re.compile(r"conftest\.py|test_.*|.*_test\.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use: seconds of wall clock, and sizes in binary units."""

    call_s: float = 5.0
    check_s: float = 10.0
    import_s: float = 10.0
    total_s: float = 60.0
    cpu_s: float = 75.0
    memory_mib: int = 1024
    output_kib: int = 1024
    reply_mib: int = 64
    disk_mib: int = 16
    inodes: int = 1000
    processes: int = 64
    open_files: int = 128

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not 0 < value < float("inf"):
                raise ValueError(f"{one.name}: expected a positive number, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise as the course lists it; its folders may not be there (students have no solutions)."""

    id: str
    title: Text
    files: tuple[str, ...]
    """Names of the files that are submitted; the first is loaded, and may import the others."""
    optional: tuple[str, ...] = ()
    """Names of files that may be handed in beside them: parts from earlier exercises, say."""
    packages: tuple[str, ...]
    points: int
    due_utc: datetime | None
    limits: Limits
    reveal: Reveal
    """What the student's view holds of inputs: all, the message only, or the check's name only."""
    devices: tuple[Device, ...]
    forbidden: Forbidden = field(default_factory=Forbidden)
    """What the student is to write, and so may not use ready-made."""
    forbidden_means: Means = "flag"
    """What follows where it was used: a note for staff, or no points for the checks that it touches."""
    policy: Policy = field(default_factory=Policy)
    """How attempts become a grade."""
    public_dir: Path
    solution_dir: Path | None
    """None where the instructors' folder is not beside the course."""

    @property
    def number(self) -> str:
        """`ex10` of `ex10_convolution`."""
        return self.id.partition("_")[0]

    @property
    def name(self) -> str:
        """`convolution` of `ex10_convolution`."""
        return self.id.partition("_")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """All names that a file of a submission may have, the one that is loaded first."""
        return (*self.files, *self.optional)

    @property
    def module(self) -> str:
        """Name of the module that the first file becomes."""
        return self.files[0].removesuffix(".py")

    @property
    def probe_path(self) -> Path | None:
        """The author's code that runs beside the student's: with the solutions, or public; mostly None."""
        for folder in (self.solution_dir, self.public_dir):
            if folder is not None and (path := folder / PROBE_FILE).is_file():
                return path
        return None

    @property
    def stub_path(self) -> Path:
        """What students start from."""
        return self.public_dir / self.files[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course: exercises in order, and a folder for its state."""

    root: Path
    title: Text
    languages: tuple[Language, ...]
    exercises: dict[str, Exercise]
    state_dir: Path
    """Gradebook, reports and secret: `GRADE_STATE` if that is set, else `.grade` in the course."""
    drop_lowest: int = 0
    """How many exercises a student's total leaves out."""

    @property
    def gradebook(self) -> str | Path:
        """Where the gradebook is: the path or URL that GRADE_BOOK names, else a file in `state_dir`.

        Not in course.toml, which students read: a URL may hold a password.
        """
        return os.environ.get("GRADE_BOOK") or self.state_dir / "gradebook.sqlite3"

    def exercise(self, name: str) -> Exercise:
        """The exercise called `ex10`, `ex10_convolution` or `convolution`; also `ex5`; else InputError."""
        names = {n: e for e in self.exercises.values() for n in (e.name, e.number, e.id)}
        wanted = name.strip().lower().rstrip("/")
        if wanted not in names and (short := re.fullmatch(r"ex([0-9]{1,9})", wanted)):
            same = [n for n in names if re.fullmatch(r"ex[0-9]+", n) and int(n[2:]) == int(short[1])]
            wanted = same[0] if len(same) == 1 else wanted
        if wanted in names:
            return names[wanted]
        if close := difflib.get_close_matches(wanted, names, n=1, cutoff=0.5):
            raise InputError(f"no exercise {name!r}: did you mean {close[0]!r}?")
        raise InputError(f"no exercise {name!r}: choose one of {', '.join(self.exercises) or '(none)'}")

    def secret(self) -> bytes:
        """The course's secret, made at the first call: whoever has it can compute every seed."""
        path = self.state_dir / "secret"
        try:
            if not path.exists():
                _make_secret(path)
            if os.name == "posix" and path.stat().st_mode & 0o077:
                path.chmod(0o600)
            secret = path.read_bytes()
        except OSError as e:
            raise MachineError(
                f"course secret {str(path)!r} cannot be made or read: {e.strerror or e}; "
                "check the folder's owner and mode, or set GRADE_STATE to a folder of your own"
            ) from e
        if len(secret) != SECRET_BYTES:
            raise CourseError(
                f"course secret {str(path)!r} is damaged: {len(secret)} bytes, expected {SECRET_BYTES}; "
                "restore it from a backup (deleting it changes the inputs of every check)"
            )
        return secret


def _make_secret(path: Path) -> None:
    """A new secret at `path`, unless another process was first: then its secret stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".secret-{secrets.token_hex(8)}")
    try:
        _write_secret(draft)
        try:
            os.link(draft, path)  # a link never replaces: the first process wins, whole
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links, such as FAT
            _write_secret(path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _write_secret(path: Path) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())


def is_id(text: str) -> bool:
    """Whether an exercise may be called so: `ex10_convolution`."""
    return _ID.fullmatch(text) is not None


def locate(start: Path, override: Path | None = None) -> Course:
    """The course of the nearest folder from `start` upward; `override` or `GRADE_COURSE` names it instead."""
    if override is None and (named := os.environ.get("GRADE_COURSE")):
        override = Path(named)
    if override is not None:
        file = override / COURSE_FILE
        if not file.is_file():
            raise InputError(
                f"no course at {str(override)!r}: expected the folder that holds {str(COURSE_FILE)!r}"
            )
        return load(file)
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / COURSE_FILE).is_file():
            return load(folder / COURSE_FILE)
    raise InputError(
        f"no course at {str(start)!r} or above it: go to the folder that holds {str(COURSE_FILE)!r}, "
        "or name it with --course DIR or GRADE_COURSE"
    )


def load(path: Path) -> Course:
    """The course that the file `path` (`…/exercises/course.toml`) describes."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as e:
        raise CourseError(f"{str(path)!r} cannot be read: {e.strerror or e}") from e
    except UnicodeDecodeError as e:
        raise CourseError(f"{str(path)!r} is not UTF-8 (byte {e.start}): save it as UTF-8") from e
    return parse(text, path)


def parse(text: str, path: Path) -> Course:
    """The course that `text` describes, as if it stood in the file `path`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise CourseError(f"{str(path)!r} is not TOML: {e}") from e

    root = path.resolve().parent.parent
    table = Table(str(path), "", data)
    table.only("title", "languages", "limits", "policy", "exercises")
    title = table.text("title")
    languages = table.choices("languages", get_args(Language), default=("en", "ko"))
    limits = _limits(table.table("limits"), Limits())
    rules = table.table("policy")
    rules.only("counts", "attempts", "late", "drop_lowest")
    policy = read_policy(rules, Policy())
    listed = table.table("exercises")
    exercises = {id: _exercise(id, listed.table(id), root, limits, policy) for id in listed.data}
    _refuse_twins(str(path), exercises)
    state = os.environ.get("GRADE_STATE")
    return Course(
        root=root,
        title=title,
        languages=languages,
        exercises=exercises,
        state_dir=Path(state).absolute() if state else root / ".grade",
        drop_lowest=rules.count("drop_lowest", default=0),
    )


def _exercise(id: str, table: Table, root: Path, limits: Limits, policy: Policy) -> Exercise:
    if not _ID.fullmatch(id):
        raise table.error(None, "a name like 'ex10_convolution'", id)
    table.only(
        "title",
        "files",
        "optional",
        "packages",
        "points",
        "due",
        "limits",
        "reveal",
        "devices",
        "forbidden",
        "forbidden_means",
        "policy",
    )
    rules = table.table("policy")
    rules.only("counts", "attempts", "late")
    files, optional = table.strings("files"), table.strings("optional")
    for key, names in (("files", files), ("optional", optional)):
        for file in names:
            if not _FILE.fullmatch(file) or _NOT_SUBMITTED.fullmatch(file):
                raise table.error(key, "names of modules such as 'convolution.py'", file)
    if not files or len(set(files)) != len(files):
        raise table.error("files", "at least one name, each once", list(files))
    if len({*files, *optional}) != len(files) + len(optional):
        raise table.error("optional", "names that are not in files, each once", list(optional))
    solution_dir = root / "solutions" / id
    return Exercise(
        id=id,
        title=table.text("title"),
        files=files,
        optional=optional,
        packages=_packages(table),
        points=table.whole("points", default=100),
        due_utc=table.moment("due"),
        limits=_limits(table.table("limits"), limits),
        reveal=table.choice("reveal", get_args(Reveal), default="all"),
        devices=table.choices("devices", get_args(Device), default=("cpu",)),
        forbidden=_forbidden(table),
        forbidden_means=table.choice("forbidden_means", get_args(Means), default="flag"),
        policy=read_policy(rules, policy),
        public_dir=root / "exercises" / id,
        solution_dir=solution_dir if solution_dir.is_dir() else None,
    )


def _packages(table: Table) -> tuple[str, ...]:
    packages: tuple[str, ...] = table.choices("packages", tuple(PACKAGES), default=("numpy",))
    if "lightning" in packages and "torch" not in packages:
        raise table.error("packages", "'torch' beside 'lightning', which stands on it", list(packages))
    return packages


def _forbidden(table: Table) -> Forbidden:
    try:
        torch = "torch" in table.strings("packages")
        return expand(table.strings("forbidden"), torch=torch)
    except ValueError as e:
        expected = f"families ({', '.join(FAMILIES)}) or names such as 'aten.convolution', 'numpy.convolve'"
        raise table.error("forbidden", expected, str(e)) from None


def _limits(table: Table, base: Limits) -> Limits:
    """`base` with what `table` says otherwise."""
    table.only(*(one.name for one in fields(Limits)))
    values: dict[str, Any] = {}
    for one in fields(Limits):
        default = getattr(base, one.name)
        read = table.whole if isinstance(one.default, int) else table.positive
        values[one.name] = read(one.name, default=default)
    return Limits(**values)


def _refuse_twins(file: str, exercises: dict[str, Exercise]) -> None:
    """Two exercises that one word names would be confused."""
    seen: dict[str, str] = {}
    for exercise in exercises.values():
        for word in (exercise.number, exercise.name):
            if word in seen:
                raise CourseError(f"{file!r}: {exercise.id!r} and {seen[word]!r} are both called {word!r}")
            seen[word] = exercise.id
