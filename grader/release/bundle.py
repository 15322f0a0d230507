"""What students receive of a course: all that is public, as paths and bytes, in one order."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from grader.core.course import COURSE_FILE, Course, Exercise
from grader.core.stub import stub
from grader.errors import CourseError

Bundle = dict[PurePosixPath, bytes]
"""Files by their paths in the bundle, sorted."""

_JUNK_FOLDERS: Final = frozenset({"__pycache__", "node_modules"})
_JUNK_SUFFIXES: Final = frozenset({".pyc", ".pyo", ".swp", ".orig", ".rej", ".bak", ".tmp"})
_WELCOME: Final = {
    "en": """\
# {title}

You need the command `grade`: install it as your instructor says. Then, in this folder:

```
grade list             # the exercises; the tasks are in exercises/
grade start {number}       # puts the file to work on into the folder you are in
grade check {number}       # public checks, in a second
grade submit {number}      # checks again, and writes a hand-in file to upload; --student ID says whose it is
```

The same as a notebook is in `notebooks/`, or comes with `grade start {number} --notebook`.
In other folders: `export GRADE_COURSE=` and the path of this one.
""",
    "ko": """\
# {title}

`grade` 명령이 필요합니다. 강의자가 안내하는 대로 설치한 뒤 이 폴더에서 실행하세요.

```
grade list             # 과제 목록, 설명은 exercises/ 안에 있습니다
grade start {number}       # 풀이를 작성할 파일을 현재 폴더에 만듭니다
grade check {number}       # 공개 검사를 실행합니다
grade submit {number}      # 다시 검사하고, 올릴 제출 파일을 만듭니다. 학번은 --student로 지정합니다
```

같은 과제의 노트북은 `notebooks/`에 있으며, `grade start {number} --notebook`으로도 만들 수 있습니다.
다른 폴더에서 작업하려면 `export GRADE_COURSE=`에 이 폴더의 경로를 지정하세요.
""",
}
_IGNORED: Final = b".grade/\n__pycache__/\n.ipynb_checkpoints/\n*.handin.json\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A bundle, and what lies in `exercises/` and is not in it."""

    files: Bundle
    left_out: list[str]


def gather(course: Course, notebooks: Bundle | None = None) -> Gathered:
    """All public files of the course, with `notebooks` that were made for it.

    Raises CourseError for a stub that is not the one of its reference, and for what is no regular file.
    """
    public = course.root / COURSE_FILE.parent
    files: Bundle = {PurePosixPath(".gitignore"): _IGNORED, **_welcome(course)}
    left_out: list[str] = []
    for path in sorted(public.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        below = PurePosixPath(path.relative_to(course.root).as_posix())
        if _is_junk(below):
            continue
        if len(below.parts) > 2 and below.parts[1] not in course.exercises:
            left_out.append(str(below))  # a draft that course.toml does not list
            continue
        if path.is_symlink() or not path.is_file():
            raise CourseError(f"{str(below)!r} is no regular file: put the file itself there")
        try:
            files[below] = path.read_bytes()
        except OSError as e:
            raise CourseError(f"{str(path)!r} cannot be read: {e.strerror or e}") from e
    for exercise in course.exercises.values():
        _require_whole(course, exercise, files)
    files |= notebooks or {}
    return Gathered(files=dict(sorted(files.items())), left_out=left_out)


def _welcome(course: Course) -> Bundle:
    """What a student reads first, in each of the course's languages."""
    first = next((exercise.number for exercise in course.exercises.values()), "ex01")
    titles = {"en": course.title.en, "ko": course.title.ko}
    return {
        PurePosixPath("README.md" if language == "en" else f"README.{language}.md"): _WELCOME[language]
        .format(title=titles[language], number=first)
        .encode()
        for language in course.languages
    }


def _is_junk(path: PurePosixPath) -> bool:
    """Whether editors and interpreters leave such files."""
    *folders, name = path.parts
    return (
        any(folder in _JUNK_FOLDERS or folder.startswith(".") for folder in folders)
        or name.startswith(".")
        or name.endswith("~")
        or PurePosixPath(name).suffix in _JUNK_SUFFIXES
    )


def _require_whole(course: Course, exercise: Exercise, files: Bundle) -> None:
    """CourseError where a file that students need is missing, or a stub is not its reference's."""
    folder = PurePosixPath("exercises") / exercise.id
    for name in (*exercise.files, "test_public.py"):
        if folder / name not in files:
            raise CourseError(f"{str(folder / name)!r} is missing: students could not work on {exercise.id}")
    for name, reference in _references(exercise):
        expected = stub(reference.read_text(encoding="utf-8"), str(reference.relative_to(course.root)))
        if files[folder / name].decode("utf-8", "replace").replace("\r\n", "\n") != expected:
            raise CourseError(
                f"{str(folder / name)!r} is not the stub of its reference: run 'python -m grader.core.stub', "
                "and look at what changed"
            )


def _references(exercise: Exercise) -> Iterator[tuple[str, Path]]:
    """Each file of the exercise that has a reference, with it."""
    if exercise.solution_dir is not None:
        for name in exercise.files:
            if (path := exercise.solution_dir / name).is_file():
                yield name, path
