"""Which files of what somebody handed in are those of the exercise, and whether it is another exercise's.

Source is looked at as text, never parsed: a parser can be made to fall over.
"""

import contextlib
import functools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from grader.collect.tree import Leaf, is_junk
from grader.core import notebook
from grader.core.course import Course, Exercise
from grader.core.submission import SourceFile, kept, kept_name, limit_of, notebook_for, own_name
from grader.errors import SubmissionError

_DEFINED: Final = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
_TEST: Final = re.compile(r"conftest\.py|test_.*\.py|.*_test\.py|setup\.py|__init__\.py")
_ARCHIVES: Final = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".egg", ".zipx")
LIKE: Final = 0.5  # of another exercise's names, for work to look like it


class Empty(SubmissionError):
    """There is nothing of the exercise in it."""


class OfAnother(SubmissionError):
    """It looks like another exercise's."""


def packed(leaves: Sequence[Leaf]) -> Leaf | None:
    """The one archive that all is in, if that is how it was handed in."""
    if any(leaf.path.suffix in {".py", ".ipynb"} and not is_junk(leaf.path) for leaf in leaves):
        return None
    zips = [leaf for leaf in leaves if leaf.path.suffix.lower() == ".zip"]
    return zips[0] if len(zips) == 1 else None


def choose(exercise: Exercise, course: Course, leaves: Sequence[Leaf], label: str) -> dict[str, Leaf]:
    """The file that each of the exercise's is; SubmissionError where that cannot be told.

    By its name wherever it lies; a single file may have any name, if it is the only one there is. A notebook
    counts where there is no .py file that does.
    """
    leaves = [leaf for leaf in leaves if not is_junk(leaf.path)]
    found = {name: _named(leaves, name, label) or _notebook(leaves, name, label) for name in exercise.names}
    chosen = {name: leaf for name, leaf in found.items() if leaf is not None}
    if set(exercise.files) <= set(chosen):
        return chosen
    sources = [leaf for leaf in leaves if leaf.path.suffix == ".py" and not _TEST.fullmatch(leaf.path.name)]
    sources = sources or [leaf for leaf in leaves if leaf.path.suffix == notebook.SUFFIX]
    if len(exercise.files) == 1 and len(sources) == 1 and not chosen:
        _refuse_name_of_another(course, exercise, sources[0], label)
        return {exercise.files[0]: sources[0]}
    if not sources and not chosen:
        raise _nothing(exercise, leaves, label)
    for leaf in sources:
        _refuse_name_of_another(course, exercise, leaf, label)
    lacking = " and ".join(repr(name) for name in exercise.files if name not in chosen)
    got = ", ".join(repr(leaf.path.name[:60]) for leaf in sources[:6])
    raise SubmissionError(f"{label!r} holds no {lacking}, but {got}: give the file its name")


def _named(leaves: Iterable[Leaf], name: str, label: str) -> Leaf | None:
    """The file of this name that lies least deep."""
    found = sorted(
        (leaf for leaf in leaves if leaf.path.name.lower() == name), key=lambda leaf: len(leaf.path.parts)
    )
    if len(found) > 1 and len(found[0].path.parts) == len(found[1].path.parts):
        paths = " and ".join(repr(str(leaf.path)[:100]) for leaf in found[:2])
        raise SubmissionError(f"{label!r} holds {name!r} twice, {paths}: take one away")
    return found[0] if found else None


def _notebook(leaves: Iterable[Leaf], name: str, label: str) -> Leaf | None:
    """The notebook that stands for the file of this name."""
    return _named(leaves, notebook_for(name), label)


def _nothing(exercise: Exercise, leaves: Sequence[Leaf], label: str) -> SubmissionError:
    wanted = " and ".join(map(repr, exercise.files))
    if faulty := next((leaf.fault for leaf in leaves if leaf.fault is not None), None):
        return SubmissionError(faulty)
    names = [leaf.path.name[:60] for leaf in leaves if leaf.path.name != "timestamp.txt"]
    if any(name.lower().endswith((".zip", *_ARCHIVES)) for name in names):
        return SubmissionError(
            f"{label!r} holds {names[0]!r}: ask for {wanted}, or for one zip with it and no archive inside"
        )
    if not names:
        return Empty(f"{label!r} is empty: ask for {wanted}")
    return Empty(f"{label!r} holds no Python file, but {names[0]!r}: ask for {wanted}")


def _refuse_name_of_another(course: Course, exercise: Exercise, leaf: Leaf, label: str) -> None:
    if own_name(leaf.path) in exercise.names:
        return
    for other in course.exercises.values():
        if own_name(leaf.path) in other.files:
            raise OfAnother(f"{label!r} looks like {other.id}: it holds {leaf.path.name!r}")


def source_file(name: str, leaf: Leaf, label: str) -> SourceFile:
    """The file's bytes under the exercise's name; SubmissionError if they cannot be taken."""
    shown = PurePosixPath(label)
    if shown.suffix != leaf.path.suffix:  # it is a folder or an archive
        shown /= leaf.path
    data = kept(shown, leaf.read(limit_of(shown)))
    return SourceFile(name=kept_name(name, shown), data=data)


def refuse_work_of_another(
    course: Course, exercise: Exercise, files: Sequence[SourceFile], label: str
) -> None:
    """OfAnother for source that defines no name of this exercise, and most names of another one."""
    # Not its parts: they are of other exercises.
    own = [file for file in files if own_name(PurePosixPath(file.name)) in exercise.files]
    defined = {name for file in own for name in _names(file.code)}
    if not defined or defined & names_of(exercise):
        return
    shares = {
        other.id: len(defined & names) / len(names)
        for other in course.exercises.values()
        if other.id != exercise.id and (names := names_of(other))
    }
    best = max(shares, key=shares.__getitem__, default=None)
    if best is not None and shares[best] >= LIKE:
        shown = ", ".join(sorted(defined & names_of(course.exercises[best]))[:5])
        raise OfAnother(f"{label!r} looks like {best}: it defines {shown}, and nothing of {exercise.id}")


def names_of(exercise: Exercise) -> frozenset[str]:
    """Functions and classes that the exercise's stubs define; none where there are no stubs."""
    return _names_in(exercise.public_dir, exercise.files)


@functools.lru_cache(maxsize=256)
def _names_in(folder: Path, files: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for name in files:
        with contextlib.suppress(OSError):
            found |= _names((folder / name).read_bytes().decode("utf-8", "replace"))
    return frozenset(found)


def _names(source: str) -> set[str]:
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    return {match[1] for match in _DEFINED.finditer(text) if not match[1].startswith("__")}
