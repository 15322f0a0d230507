"""What a worker does before its hello: it runs, and leaves nothing that a submission could meet."""

import linecache
import sys

import numpy as np
import pytest

from grader.worker import rehearsal


def test_it_leaves_nothing_behind() -> None:
    """No module, no source line, the same random numbers and the same rules for errors as before."""
    drawn = repr(np.random.get_state())  # noqa: NPY002 - students draw from it
    errors, shown = np.geterr(), np.get_printoptions()
    modules, lines = set(sys.modules), set(linecache.cache)

    rehearsal.rehearse()

    assert set(sys.modules) == modules
    assert set(linecache.cache) == lines
    assert repr(np.random.get_state()) == drawn  # noqa: NPY002
    assert (np.geterr(), np.get_printoptions()) == (errors, shown)


def test_without_numpy_there_is_nothing_to_rehearse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose exercise allows no numpy has not loaded it, and does not load it here."""
    monkeypatch.delitem(sys.modules, "numpy")

    rehearsal.rehearse()

    assert "numpy" not in sys.modules
