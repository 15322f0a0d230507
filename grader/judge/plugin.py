"""The pytest plugin: fixtures and marks of suites. Loaded by pytest through its entry point.

The same suite runs in two ways. In the judge server a `Host` of the server's answers the fixtures; by
hand, `pytest solutions/ex10_convolution --submission FILE`, the file is loaded into this process, for
authors. Every pytest run of the environment imports this module, so it imports nothing heavy itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    import numpy as np

    from grader.judge.proxy import Probe, Reference, Submission

MARKS = {
    "title(en, ko)": "what the check is called; {name} is a parameter",
    "group(name, points, all_or_nothing=False, en, ko)": "the checks that earn points together",
    "depends(*ids)": "checks (globs) without which this one earns nothing",
    "reveal(what)": "what the student sees of this check: all, message or name",
    "device(name)": "the device that this check is about, whatever the suite runs on: meta, cpu or cuda",
}


class Host(Protocol):
    """Who answers the fixtures."""

    @property
    def device(self) -> str:
        """`cpu` or `cuda`."""

    def submission(self, item: pytest.Item) -> Submission:
        """The submission, for one check."""

    def probe(self, item: pytest.Item) -> Probe:
        """The author's code beside the submission."""

    def reference(self, item: pytest.Item) -> Reference | Submission:
        """The reference's module."""

    def seed(self, item: pytest.Item) -> int:
        """Seed of this check's generator."""


HOST = pytest.StashKey[Host]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options for authors."""
    group = parser.getgroup("dlgrade", "grading by hand, unsandboxed: your own code only")
    group.addoption("--submission", metavar="FILE", help="the solution that the checks are run against")
    group.addoption("--grade-seed", type=int, default=0, metavar="N", help="seed of the checks' inputs")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks; by hand, become the host."""
    for mark, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")
    file = config.getoption("--submission", default=None)
    if file is not None and HOST not in config.stash:
        from grader.judge.byhand import ByHand, numbered

        config.option.importmode = "importlib"  # test_public.py stands in several folders
        host = ByHand([Path(file)], numbered(config.getoption("--grade-seed")))
        config.stash[HOST] = host
        config.pluginmanager.register(host)


def pytest_runtestloop(session: pytest.Session) -> None:
    """By hand: one error for a solution that is not named or not there, before any check runs."""
    if session.testsfailed or session.config.option.collectonly:
        return
    asking = [item for item in session.items if _asks_for_a_solution(item)]
    if not asking:
        return
    host = session.config.stash.get(HOST, None)
    if host is None:
        raise pytest.UsageError("these checks need a solution: give --submission FILE")
    from grader.judge.byhand import ByHand

    if isinstance(host, ByHand):
        host.load(asking)


def _asks_for_a_solution(item: pytest.Item) -> bool:
    """Whether it uses our fixtures, and not ones of those names of its own."""
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    asked = [*known.get("submission", ()), *known.get("probe", ())]
    return any(one.func.__module__ == __name__ for one in asked)


def _host(request: pytest.FixtureRequest) -> Host:
    host = request.config.stash.get(HOST, None)
    if host is None:
        pytest.fail("which solution? give --submission FILE", pytrace=False)
    return host


@pytest.fixture
def submission(request: pytest.FixtureRequest) -> Submission:
    """The student's module, behind the wall."""
    return _host(request).submission(request.node)


@pytest.fixture
def probe(request: pytest.FixtureRequest) -> Probe:
    """The functions of the exercise's probe.py, which run beside the student's module and get it first."""
    return _host(request).probe(request.node)


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Reference | Submission:
    """The reference's module, on this side of the wall."""
    return _host(request).reference(request.node)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator that is fresh for each submitted file and each check."""
    import numpy as np

    return np.random.default_rng(_host(request).seed(request.node))


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """`cpu` or `cuda`, as the suite is run; or what the check's mark `device` says, such as `meta`."""
    return device_of(request.node) or _host(request).device


def device_of(item: pytest.Item) -> str | None:
    """What the mark `device` of a check says; None for no mark."""
    mark = item.get_closest_marker("device")
    return None if mark is None else str(mark.args[0] if len(mark.args) == 1 else mark.args)


def check_id(item: pytest.Item) -> str:
    """`test_padding[1]`; of a public check `public/test_edge`."""
    name: Any = item.nodeid.partition("::")[2]
    return f"public/{name}" if item.path.name == "test_public.py" else str(name)
