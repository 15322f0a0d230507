"""`grade release`: gather what is public, prove that nothing else is in it, write it."""

from pathlib import Path, PurePosixPath
from typing import Final

from grader.core.course import Course
from grader.errors import CourseError, InputError
from grader.release import bundle, leaks, writing

SHOWN: Final = 20  # leaks


def release(course: Course, dest: Path, *, git: bool) -> list[str]:
    """Lines that say what was made.

    Raises CourseError, with what and where, for anything that students must not receive.
    """
    dest = dest.absolute()
    for part in ("exercises", "solutions"):
        if dest.resolve().is_relative_to((course.root / part).resolve()):
            raise InputError(f"{str(dest)!r} lies in the course's own {part}/: name a place outside")
    gathered = bundle.gather(course, notebooks(course))
    if found := leaks.leaks(course, gathered.files):
        shown = "\n".join(f"  {leak}" for leak in found[:SHOWN])
        more = f"\n  … and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise CourseError(f"nothing was released: students must not receive this\n{shown}{more}")
    made = writing.write(gathered.files, dest, git=git)
    size = sum(map(len, gathered.files.values())) / 1024
    count = len(course.exercises)
    what = f"released {count} exercise{'' if count == 1 else 's'}"
    unknown = [id for id in course.exercises if not (course.root / "solutions" / id).is_dir()]
    return [
        *(
            f"there is no solutions/{id} here: whether anything of it is in the bundle is not known"
            for id in unknown
        ),
        *(f"left out {name!r}: course.toml does not list its exercise" for name in gathered.left_out),
        f"{what} to {str(dest)!r}: {made}, {len(gathered.files)} files, {size:.0f} KiB; nothing hidden",
    ]


def notebooks(course: Course) -> bundle.Bundle:
    """The notebook of each exercise in each language, as `grade start --notebook` makes it."""
    from grader.notebooks import making  # nbformat takes its time

    return {
        PurePosixPath("notebooks", one.id, language, making.file_name(one)): making.notebook(one, language)
        for one in course.exercises.values()
        for language in course.languages
    }
