"""Control groups, where this user may make some."""

import itertools
import os
from collections.abc import Iterator

import pytest

from grader.sandbox import cgroup
from grader.sandbox.cgroup import Groups


@pytest.fixture
def groups() -> Iterator[Groups]:
    """Groups of this process; on a machine that allows none, the wall's own tests say what holds instead."""
    made = Groups.here(memory_mib=64, processes=8)
    if isinstance(made, str):
        pytest.skip(made)
    yield made
    made.close()


def test_what_another_left_under_this_process_id_is_taken_over(
    groups: Groups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grader that was killed cannot clean up, and its process id comes back."""
    number = 10**9
    monkeypatch.setattr(cgroup, "_numbers", itertools.count(number))
    left = [parent / f"dlgrade-{os.getpid()}-{number}" for parent in groups._parents]
    for folder in left:
        folder.mkdir()

    taken = [groups.take_one(), groups.take_one()]

    assert any(group._folders == left for group in taken)
    assert all(group.empty for group in taken)
    for group in taken:
        groups.give(group)
    groups.close()
    assert not any(folder.exists() for folder in left)
