"""Environments that recipes install into."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def opt() -> Iterator[Path]:
    """A folder for an installation, like /opt: not below /tmp, which in a worker's view is its own folder."""
    with tempfile.TemporaryDirectory(prefix="dlgrade-recipes-", dir="/var/tmp") as folder:
        yield Path(folder)
