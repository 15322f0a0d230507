"""How submissions lie in a folder, recognised by names: downloads of learning platforms, and plain ones.

What platforms write (Canvas and Gradescope as of 2026; Moodle since 2.4; nbgrader since 0.5):

    Canvas       doejane_LATE_40213_9017_convolution-1.py      sortable name, user, attachment, file
    Moodle       Jane Doe_657737_assignsubmission_file_/…       full name, participant, kind
    Gradescope   submission_217/… beside submission_metadata.yml
    nbgrader     submitted/jdoe/ps1/… and …/timestamp.txt
    plain        jdoe.py, jdoe.zip, jdoe/…; hand-in files, which say whose they are
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, Literal

from grader.collect import gradescope, moments
from grader.collect.roster import Author
from grader.collect.tree import Leaf, is_junk
from grader.core import handin, notebook
from grader.core.course import Course, Exercise
from grader.core.submission import own_name
from grader.core.text import as_name
from grader.errors import InputError, SubmissionError

Layout = Literal["canvas", "moodle", "gradescope", "nbgrader", "plain"]

TIMESTAMP: Final = "timestamp.txt"
SUBMITTED: Final = "submitted"

_CANVAS: Final = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<user>[0-9]{1,20})_(?P<attachment>[0-9]{1,20})_(?P<file>.+)", re.DOTALL
)
_ANONYMOUS: Final = re.compile(
    r"anon_(?P<name>[A-Za-z0-9]{1,20})(?P<late>_LATE)?_(?P<attachment>[0-9]{1,20})_(?P<file>.+)", re.DOTALL
)
_CANVAS_TEXT: Final = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<user>[0-9]{1,20})_(text|url|link)\.html")
_AGAIN: Final = re.compile(r"(?P<stem>.+?)(-[0-9]{1,4}| ?\([0-9]{1,4}\))")
_MOODLE: Final = re.compile(
    r"(?P<name>.+)_(?P<id>[0-9]{1,20})_assignsubmission_(?P<kind>[a-z]+)(_(?P<file>.*))?", re.DOTALL
)
_OURS: Final = frozenset({"roster.csv", "submission_metadata.yml", "submission_metadata.yaml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What one person handed in, as it lies there."""

    author: Author
    label: str
    """Where it lies, for people."""
    leaves: tuple[Leaf, ...]
    """Its files, with the names that the person gave them."""
    submitted: datetime | None = None
    """As the platform says."""
    marked_late: bool = False
    """By the platform."""
    order: int = 0
    """Of several by one person, the later one has the larger number."""
    fault: str | None = None
    """Why it cannot be graded, where that is known already."""


def recognise(
    leaves: Sequence[Leaf], root: str, course: Course, exercise: Exercise
) -> tuple[Layout, list[Handed]]:
    """The layout, and what was handed in: each of `leaves` is in one of them, but for what programs leave."""
    layout, handed = _recognise(leaves, root, course, exercise)
    return layout, [
        replace(one, leaves=tuple(leaf for leaf in one.leaves if not is_junk(leaf.path))) for one in handed
    ]


def _recognise(
    leaves: Sequence[Leaf], root: str, course: Course, exercise: Exercise
) -> tuple[Layout, list[Handed]]:
    leaves, root = _descended(leaves, root)
    leaves = [leaf for leaf in leaves if not _is_junk_on_top(leaf.path)]
    metadata = next((leaf for leaf in leaves if leaf.path.name in gradescope.NAMES), None)
    if metadata is not None and len(metadata.path.parts) == 1:
        return "gradescope", _gradescope(leaves, metadata)
    leaves = [leaf for leaf in leaves if not (len(leaf.path.parts) == 1 and leaf.path.name.lower() in _OURS)]
    if any(_MOODLE.fullmatch(leaf.path.parts[0]) for leaf in leaves):
        return "moodle", _moodle(leaves)
    if _is_canvas(leaves):
        return "canvas", _canvas(leaves, exercise)
    under = root == SUBMITTED and any(len(leaf.path.parts) >= 3 for leaf in leaves)
    if under or any(len(leaf.path.parts) == 3 and leaf.path.name == TIMESTAMP for leaf in leaves):
        return "nbgrader", _nbgrader(leaves, course, exercise)
    return "plain", _plain(leaves, exercise)


def _is_junk_on_top(path: PurePosixPath) -> bool:
    """Whether what it lies in (or is) is junk; a folder with nothing else in it is an empty submission."""
    return is_junk(path) if len(path.parts) == 1 else is_junk(PurePosixPath(path.parts[0], "x"))


def _descended(leaves: Sequence[Leaf], root: str) -> tuple[Sequence[Leaf], str]:
    """What lies in the one folder that a platform packs all in, or in `submitted` of a course."""
    inner = [leaf for leaf in leaves if leaf.path.parts[0] == SUBMITTED and len(leaf.path.parts) > 3]
    if inner:
        return [_below(leaf, 1) for leaf in inner], SUBMITTED
    seen = [leaf for leaf in leaves if not is_junk(leaf.path)]
    tops = {leaf.path.parts[0] for leaf in seen}
    if len(tops) != 1 or any(len(leaf.path.parts) == 1 for leaf in seen):
        return leaves, root
    below = [_below(leaf, 1) for leaf in seen]
    (top,) = tops
    platform = _is_canvas(below) or any(
        (leaf.path.name in gradescope.NAMES and len(leaf.path.parts) == 1)
        or _MOODLE.fullmatch(leaf.path.parts[0])
        for leaf in below
    )
    return (below, top) if platform and not _MOODLE.fullmatch(top) else (leaves, root)


def _below(leaf: Leaf, depth: int) -> Leaf:
    return replace(leaf, path=PurePosixPath(*leaf.path.parts[depth:]))


def _tops(leaves: Iterable[Leaf]) -> dict[str, list[Leaf]]:
    """Leaves by the first part of their path."""
    tops: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        tops.setdefault(leaf.path.parts[0], []).append(leaf)
    return tops


def _inside(leaves: Sequence[Leaf]) -> tuple[Leaf, ...]:
    """The files of a top folder without it; a file as it is."""
    return tuple(_below(leaf, 1) if len(leaf.path.parts) > 1 else leaf for leaf in leaves)


def _renamed(leaf: Leaf, name: str) -> Leaf:
    """A file with the name that its author gave it."""
    return replace(leaf, path=PurePosixPath(name.replace("/", "_") or "_"))


def _gradescope(leaves: Sequence[Leaf], metadata: Leaf) -> list[Handed]:
    """One a submission of the metadata; a group's work is that of each of its members."""
    known = gradescope.read(metadata)
    handed: list[Handed] = []
    for top, files in _tops(leaf for leaf in leaves if leaf is not metadata).items():
        inside = _inside(files)
        if top not in known:
            if top.lower() not in _OURS:
                fault = f"{top!r} is not in {metadata.path.name}: name it there, or take it away"
                handed.append(Handed(author=Author(key=top), label=top, leaves=inside, fault=fault))
            continue
        entry = known.pop(top)
        nobody = None if entry.authors else f"{top!r} has no submitter in {metadata.path.name}"
        handed += [
            Handed(author=author, label=top, leaves=inside, submitted=entry.submitted, fault=nobody)
            for author in entry.authors or (Author(key=top),)
        ]
    for top, entry in known.items():  # without files: listed as empty
        handed += [
            Handed(author=author, label=top, leaves=(), submitted=entry.submitted) for author in entry.authors
        ]
    return handed


def _moodle(leaves: Sequence[Leaf]) -> list[Handed]:
    people: dict[tuple[str, str], list[Leaf]] = {}
    handed: list[Handed] = []
    for top, files in _tops(leaves).items():
        match = _MOODLE.fullmatch(top)
        if match is None:
            handed.append(_stranger(top, files, "Moodle"))
            continue
        own = people.setdefault((match["name"], match["id"]), [])
        if match["kind"] != "file":
            continue  # text typed on the page, or a comment: what is graded are files
        for leaf in files:
            flat = len(leaf.path.parts) == 1
            own.append(_renamed(leaf, match["file"] or "") if flat else _below(leaf, 1))
    names = [name for name, _ in people]
    for (name, id), own in people.items():
        fault = None
        if names.count(name) > 1:
            fault = f"{names.count(name)} participants are called {name!r}: rename their folders to their ids"
        author = Author(name=name, platform_id=id)
        handed.append(Handed(author=author, label=f"{name}_{id}", leaves=tuple(own), fault=fault))
    return handed


def _canvas_match(leaf: Leaf) -> re.Match[str] | None:
    name = leaf.path.name
    if len(leaf.path.parts) != 1:
        return None
    return _CANVAS.fullmatch(name) or _ANONYMOUS.fullmatch(name)


def _is_canvas(leaves: Sequence[Leaf]) -> bool:
    """Whether most files are named so, and no user is two people: `kim_2026_1_x.py` is not Canvas's."""
    files = [leaf for leaf in leaves if len(leaf.path.parts) == 1]
    matches = [match for leaf in files if (match := _canvas_match(leaf)) is not None]
    names: dict[str, str] = {}
    for match in matches:
        user = match.groupdict().get("user")
        if user and names.setdefault(user, match["name"]) != match["name"]:
            return False
    return 0 < len(matches) >= len(files) / 2


def _canvas(leaves: Sequence[Leaf], exercise: Exercise) -> list[Handed]:
    """Files of one user are one submission; but of one file in several versions, each is an attempt."""
    people: dict[str, list[tuple[int, str, Leaf]]] = {}
    authors: dict[str, Author] = {}
    late: set[str] = set()
    handed: list[Handed] = []
    for top, files in _tops(leaves).items():
        match = _canvas_match(files[0])
        if match is None:
            text = _CANVAS_TEXT.fullmatch(top)
            if text is not None and len(files[0].path.parts) == 1:
                author = Author(name=text["name"], platform_id=text["user"])
                fault = f"{top!r} is text typed on the page: ask for the file"
                handed.append(Handed(author=author, label=top, leaves=tuple(files), fault=fault))
            else:
                handed.append(_stranger(top, files, "Canvas"))
            continue
        groups = match.groupdict()
        user = groups.get("user") or f"anon_{groups['name']}"
        authors[user] = Author(name=groups["name"], platform_id=user)
        if groups["late"]:
            late.add(user)
        people.setdefault(user, []).append((int(groups["attachment"]), groups["file"], files[0]))
    for user, own in people.items():
        in_time = sorted(own, key=lambda one: one[0])
        handed += [
            Handed(
                author=authors[user],
                label=version[-1][1].path.name,
                leaves=tuple(_renamed(leaf, name) for name, leaf in version),
                marked_late=user in late,
                order=order,
            )
            for order, version in enumerate(_versions(in_time, exercise))
        ]
    return handed


def _versions(files: list[tuple[int, str, Leaf]], exercise: Exercise) -> list[list[tuple[str, Leaf]]]:
    """The versions of a submission, oldest first, each as files by the names before Canvas numbered them."""
    named = [(_unnumbered(name, exercise), leaf) for _, name, leaf in files]
    if len(exercise.files) == 1:
        wanted = [(name, leaf) for name, leaf in named if _is_work(name, exercise.files)]
        others = dict(one for one in named if one not in wanted)
        if len(wanted) > 1:
            return [[*others.items(), one] for one in wanted]
    newest = dict(named)  # the last one of a name wins
    return [list(newest.items())]


def _unnumbered(name: str, exercise: Exercise) -> str:
    """`convolution.py` for `convolution-1.py`, if that may be a file of the exercise."""
    stem, dot, suffix = name.rpartition(".")
    match = _AGAIN.fullmatch(stem)
    bare = f"{match['stem']}{dot}{suffix}" if match else name
    return bare if _is_work(bare, exercise.names) else name


def _is_work(name: str, files: Sequence[str]) -> bool:
    """Whether a file is called as one of `files`, as a notebook that stands for one, or as a hand-in file."""
    return own_name(PurePosixPath(name)) in files or handin.is_name(name)


def _nbgrader(leaves: Sequence[Leaf], course: Course, exercise: Exercise) -> list[Handed]:
    """`STUDENT/ASSIGNMENT/…`: those of this exercise; all, where there is only one assignment."""
    assignments = {leaf.path.parts[1] for leaf in leaves if len(leaf.path.parts) > 2}
    ours = {name for name in assignments if _is_of(exercise, name) or _names(course, name) is exercise}
    if not ours:
        others = sorted(name for name in assignments if _names(course, name) is not None)
        if len(assignments) != 1 or others:
            found = ", ".join(map(repr, sorted(assignments)[:8])) or "none"
            raise InputError(
                f"no assignment is called as {exercise.id} (found {found}): "
                f"rename its folders to {exercise.number!r}"
            )
        ours = assignments
    handed = []
    for student, files in _tops(leaves).items():
        inside = [leaf for leaf in files if len(leaf.path.parts) > 2 and leaf.path.parts[1] in ours]
        own = [_called(_below(leaf, 2), exercise) for leaf in inside]
        stray = [leaf for leaf in files if len(leaf.path.parts) <= 2 and not is_junk(leaf.path)]
        if stray and not own:
            handed.append(_stranger(student, stray, "nbgrader"))
        else:  # without files of ours it is listed as empty
            author = Author(key=student)
            handed.append(Handed(author=author, label=student, leaves=tuple(own)))
    return handed


def _is_of(exercise: Exercise, assignment: str) -> bool:
    """Whether the exercise is that assignment, or one of its notebooks, as `grade import` calls them."""
    name = as_name(assignment)
    return exercise.name in (name, f"{name}_{exercise.module}")


def _called(leaf: Leaf, exercise: Exercise) -> Leaf:
    """A notebook by the name of the file that it was imported as: `Problem 1.ipynb` is `problem_1.ipynb`."""
    path = leaf.path
    if path.suffix == notebook.SUFFIX and exercise.module in (as_name(path.stem), f"{as_name(path.stem)}_nb"):
        return replace(leaf, path=path.with_name(f"{exercise.module}{notebook.SUFFIX}"))
    return leaf


def _names(course: Course, name: str) -> Exercise | None:
    """The exercise that a folder is called after."""
    try:
        return course.exercise(name)
    except InputError:
        return None


def _stranger(top: str, leaves: Sequence[Leaf], platform: str) -> Handed:
    return Handed(
        author=Author(key=top),
        label=top,
        leaves=tuple(leaves),
        fault=f"{top!r} is not named as {platform} names submissions: take it away, or grade it by itself",
    )


def _plain(leaves: Sequence[Leaf], exercise: Exercise) -> list[Handed]:
    handed = []
    tops = _tops(leaves)
    for top, files in tops.items():
        if len(files[0].path.parts) > 1:
            handed.append(Handed(author=Author(key=top), label=top, leaves=_inside(files)))
            continue
        (leaf,) = files
        key, order = _owner(PurePosixPath(top), tops, exercise)
        fault = None
        if handin.is_name(top):  # nothing else says whose it is
            key, fault = _signed(leaf)
        elif not key:
            fault = f"{top!r} says nobody's name: put it into a folder that is called as its student"
        handed.append(Handed(author=Author(key=key), label=top, leaves=(leaf,), order=order, fault=fault))
    return handed


def _signed(leaf: Leaf) -> tuple[str, str | None]:
    """Whose a hand-in file is, as it says itself; else why it cannot be told."""
    try:
        return handin.read(leaf.read(handin.MAX_BYTES), repr(str(leaf.path))).student, None
    except SubmissionError as e:
        return "", str(e)


def _owner(path: PurePosixPath, tops: Iterable[str], exercise: Exercise) -> tuple[str, int]:
    """Whose a file is by its name, and which copy: `s1.py`, `s1_convolution.py`, `s1 (2).py`."""
    stem, order = path.stem, 0
    match = _AGAIN.fullmatch(stem)
    if match and f"{match['stem']}{path.suffix}" in tops:
        order, stem = int(re.sub(r"\D", "", stem[len(match["stem"]) :])), match["stem"]
    for name in exercise.files:
        module = name.removesuffix(".py")
        if stem == module:
            return "", order
        for joint in ("_", "-", " "):
            if stem.endswith(joint + module) and len(stem) > len(module) + 1:
                return stem[: -len(module) - 1], order
    return stem, order


def key_of(author: Author, layout: Layout) -> str:
    """The student id where there is no roster: what stays the same for a person from exercise to exercise."""
    if layout == "canvas":
        return author.platform_id
    return author.key or author.email or author.name


def time_of(handed: Handed, layout: Layout) -> datetime | None:
    """What a `timestamp.txt` says that lies on top; on a learning platform anybody can upload one."""
    if layout not in ("nbgrader", "plain"):
        return None
    for leaf in handed.leaves:
        if leaf.path == PurePosixPath(TIMESTAMP):
            try:
                return moments.parse(leaf.read())
            except SubmissionError:
                return None
    return None
