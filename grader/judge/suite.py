"""The checks of one exercise as collected by pytest: ids, titles, groups and points.

Frozen before any worker sees a source: a check that is not in this manifest does not exist, and one that
was not recorded as passed has not passed.
"""

import hashlib
import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

import pytest

import grader
from grader.core.course import PROBE_FILE, Device, Exercise, Reveal
from grader.core.globs import matches
from grader.core.record import Text
from grader.errors import CourseError
from grader.judge.plugin import check_id, device_of
from grader.judge.speed import is_timed
from grader.worker.wire import CUDA, DEVICES

PUBLIC = "public"
FIXTURES = frozenset(("submission", "probe", "reference", "rng", "device"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Checks that earn points together."""

    name: str
    title: Text
    points: Fraction
    rule: Literal["shared", "all_or_nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One hidden or public test."""

    id: str
    item: pytest.Item
    group: str
    title: Text
    points: Fraction
    depends: tuple[str, ...]
    """Ids of checks without which this one earns nothing."""
    reveal: Reveal
    device: str | None
    """The device that it is about; None for the one that the suite runs on."""
    runs: bool
    """False if it is about a device that the suite does not run on; then it is worth nothing."""
    function: Callable[..., None]
    fixtures: tuple[str, ...]
    """Fixtures of ours that it asks for."""
    timed: bool
    """Whether it is about speed."""
    direct: Mapping[str, Any] | None
    """Its parameters, if it needs nothing else of pytest; None if it is to be run by pytest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All checks, in order, and their groups."""

    checks: tuple[Check, ...]
    groups: tuple[Group, ...]

    @property
    def points(self) -> Fraction:
        """What a submission that passes everything gets."""
        return sum((group.points for group in self.groups), Fraction(0))

    def part(self, ids: Collection[str]) -> "Suite":
        """The same of which only these checks run: points of the others are theirs, within each group."""
        kept = {check.id for check in self.checks if check.runs and check.id in ids}
        left = Counter(check.group for check in self.checks if check.id in kept)
        points = {group.name: group.points / left[group.name] for group in self.groups if left[group.name]}
        checks = tuple(
            replace(check, points=points[check.group])
            if check.id in kept
            else replace(check, runs=False, points=Fraction(0))
            for check in self.checks
        )
        return Suite(checks=checks, groups=self.groups)


def build(
    items: Sequence[pytest.Item], exercise: Exercise, *, hidden: bool = True, device: Device = "cpu"
) -> Suite:
    """The manifest; raises CourseError where the suite contradicts itself or the course.

    Without `hidden`, the public checks alone, worth nothing. Checks about `cuda` run on that `device` alone:
    on another one their points are the others' of their group.
    """
    groups: dict[str, Group] = {}
    names: list[tuple[pytest.Item, str, str]] = []
    away: set[str] = set()
    for item in items:
        id = check_id(item)
        if "probe" in getattr(item, "fixturenames", ()):
            _require_probe(id, exercise)
        group = _group(item, id)
        known = groups.setdefault(group.name, group)
        if known != group:
            raise CourseError(f"{id}: group {group.name!r} is declared twice, and differently")
        names.append((item, id, group.name))
        if _device(item, id) == CUDA != device:
            away.add(id)
    ids = [id for _, id, _ in names]
    if len(set(ids)) != len(ids):
        twice = sorted({id for id in ids if ids.count(id) > 1})
        raise CourseError(f"{exercise.id}: these checks have one id: {', '.join(twice)}; rename them")
    if not ids:
        raise CourseError(f"{exercise.id} has no checks: expected hidden/test_*.py or test_public.py")
    sizes = {name: sum(1 for _, id, g in names if g == name and id not in away) for name in groups}
    if lost := [name for name, size in sizes.items() if not size and name != PUBLIC]:
        raise CourseError(
            f"{exercise.id}: all checks of group {lost[0]!r} need a GPU, so its points would be lost without "
            "one: add a check that runs on the CPU or on 'meta'"
        )
    checks = tuple(
        Check(
            id=id,
            item=item,
            group=name,
            title=_title(item),
            points=Fraction(0) if id in away else groups[name].points / sizes[name],
            depends=tuple(_depends(item, id, ids)),
            reveal=_reveal(item, id),
            device=_device(item, id),
            runs=id not in away,
            function=getattr(item, "obj", _no_function),
            fixtures=tuple(name for name in getattr(item, "fixturenames", ()) if name in FIXTURES),
            timed=is_timed(getattr(item, "obj", _no_function)),
            direct=_direct(item),
        )
        for item, id, name in names
    )
    suite = Suite(checks=checks, groups=tuple(groups.values()))
    if hidden and suite.points != exercise.points:
        raise CourseError(
            f"{exercise.id}: its groups add up to {float(suite.points):g} points, "
            f"course.toml says {exercise.points}"
        )
    return suite


def _group(item: pytest.Item, id: str) -> Group:
    if id.startswith(f"{PUBLIC}/"):
        title = Text(en="Public checks", ko="공개 검사")
        return Group(name=PUBLIC, title=title, points=Fraction(0), rule="shared")
    mark = item.get_closest_marker("group")
    if mark is None:
        raise CourseError(f"{id} has no group: give it @pytest.mark.group(name, points=…, en=…, ko=…)")

    def read(name: str, points: float, all_or_nothing: bool = False, *, en: str = "", ko: str = "") -> Group:
        rule: Literal["shared", "all_or_nothing"] = "all_or_nothing" if all_or_nothing else "shared"
        if name == PUBLIC or points <= 0:
            raise CourseError(
                f"{id}: group {name!r} with {points!r} points: expected a name of its own and > 0"
            )
        title = Text(en=en or name, ko=ko or en or name)
        return Group(name=name, title=title, points=Fraction(str(points)), rule=rule)

    try:
        return read(*mark.args, **mark.kwargs)
    except TypeError as e:
        raise CourseError(f"{id}: mark 'group': {e}") from e


def _require_probe(id: str, exercise: Exercise) -> None:
    """Raise CourseError where the check's probe is not there, or would not be there for students."""
    public = id.startswith(f"{PUBLIC}/")
    folder = exercise.public_dir if public else exercise.solution_dir or exercise.public_dir
    if exercise.probe_path is None or (public and exercise.probe_path.parent != folder):
        raise CourseError(f"{id} asks for a probe: expected {str(folder / PROBE_FILE)!r}")


def _no_function() -> None:
    raise RuntimeError("not a function")


def _direct(item: pytest.Item) -> Mapping[str, Any] | None:
    """Parameters of a plain function that asks for no fixture but ours, else None."""
    if not isinstance(item, pytest.Function) or item.cls is not None:
        return None
    callspec = getattr(item, "callspec", None)
    params = dict(callspec.params) if callspec is not None else {}
    others = set(item.fixturenames) - FIXTURES - set(params) - {"request"}
    asked = inspect.signature(item.obj).parameters.keys()
    marked = any(mark.name in ("skip", "skipif", "xfail", "usefixtures") for mark in item.iter_markers())
    if others or marked or "request" in asked or not params.keys() <= asked:
        return None
    return params


def _title(item: pytest.Item) -> Text:
    params = getattr(getattr(item, "callspec", None), "params", {})
    mark = item.get_closest_marker("title")
    if mark is None:
        function: Any = getattr(item, "function", None)
        line = (inspect.getdoc(function) or item.name).splitlines()[0]
        return Text(en=line, ko=line)
    try:
        en, ko = (str(mark.kwargs[language]).format_map(params) for language in ("en", "ko"))
    except (KeyError, IndexError, ValueError) as e:
        raise CourseError(f"{check_id(item)}: mark 'title' needs en=, ko= and known parameters: {e!r}") from e
    return Text(en=en, ko=ko)


def _depends(item: pytest.Item, id: str, ids: Sequence[str]) -> Iterator[str]:
    for mark in item.iter_markers("depends"):
        for glob in mark.args:
            found = [other for other in ids if matches(other, glob)]
            if not found or id in found:
                raise CourseError(
                    f"{id}: depends on {glob!r}, which names {'itself' if found else 'no check'}"
                )
            yield from found


def _reveal(item: pytest.Item, id: str) -> Reveal:
    mark = item.get_closest_marker("reveal")
    if mark is None:
        return "all"
    for what in get_args(Reveal):
        if mark.args == (what,):
            reveal: Reveal = what
            return reveal
    raise CourseError(f"{id}: mark 'reveal' takes 'all', 'message' or 'name'")


def _device(item: pytest.Item, id: str) -> str | None:
    device = device_of(item)
    if device is not None and device not in DEVICES:
        raise CourseError(f"{id}: mark 'device' takes one of {', '.join(map(repr, DEVICES))}")
    return device


def digest(exercise: Exercise) -> str:
    """sha256 of all that judges: suite, reference, probe, catalogue, public checks, the grader's version."""
    total = hashlib.sha256(f"dlgrade {grader.__version__}\n".encode())
    for path in files(exercise):
        name = f"{path.parent.name}/{path.name}"
        total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"sha256:{total.hexdigest()}"


def files(exercise: Exercise) -> list[Path]:
    """The files that `digest` covers, in order."""
    found = [exercise.public_dir / "test_public.py"]
    if exercise.probe_path is not None:
        found.append(exercise.probe_path)
    if exercise.solution_dir is not None:
        found += [exercise.solution_dir / name for name in exercise.names]
        hidden = exercise.solution_dir.glob("hidden/**/*")  # with the data that a suite may bring along
        found += sorted(path for path in hidden if "__pycache__" not in path.parts)
        found += sorted(exercise.solution_dir.glob("wrong/*.py"))
        found += sorted(exercise.solution_dir.glob("wrong/*/*.py"))
    return [path for path in found if path.is_file()]
