"""The decoder against bytes of any kind: a value, or a WireError, and no other end. See also fuzz.py."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from grader.core.course import Limits
from grader.judge.faults import CheckFault
from grader.judge.proxy import Answerer, Far, Submission
from grader.worker import wire
from tests.worker import frames

ROOT = Path(__file__).parents[2]
fuzzed = settings(max_examples=150, deadline=None, database=None)


@seed(1)
@fuzzed
@given(frames.values)
def test_what_is_sent_is_what_arrives(value: Any) -> None:
    """Every value of the closed set comes out equal, bit by bit, with its type, dtype and shape."""
    assert frames.same(frames.read(frames.of_value(value)), value)


@pytest.mark.parametrize(
    "bytes_of_any_kind",
    [
        pytest.param(st.binary(max_size=200), id="arbitrary"),
        pytest.param(st.builds(frames.frame, st.binary(max_size=200), st.binary(max_size=64)), id="body"),
        pytest.param(frames.damaged(), id="mutated"),
        pytest.param(frames.truncated(), id="truncated"),
        pytest.param(frames.claims(), id="claims of size"),
    ],
)
def test_bytes_give_a_value_or_a_wire_error(bytes_of_any_kind: st.SearchStrategy[bytes]) -> None:
    """The judge reads rubbish, damaged and cut frames, and lies about sizes, without another exception."""

    @seed(2)
    @fuzzed
    @given(bytes_of_any_kind)
    def reads(data: bytes) -> None:
        with contextlib.suppress(wire.WireError):
            frames.read(data)

    reads()


class _Says:
    """A far side that answers whatever it is asked with the same bytes."""

    generation, cpu_s = 0, 0.0
    limits, reply = Limits(), frames.JUDGE

    def __init__(self, meta: bytes, buffers: bytes) -> None:
        self._reply = memoryview(meta), memoryview(buffers)

    def exchange(
        self, frame: bytes, call: int, label: object, answer: Answerer
    ) -> tuple[memoryview, memoryview]:
        """The bytes."""
        return self._reply


@seed(3)
@fuzzed
@given(frames.values | st.tuples(st.sampled_from(["value", "error", "end"]), frames.values, frames.values))
def test_any_value_as_a_reply_is_an_answer_or_the_submissions_fault(value: Any) -> None:
    """A well-formed frame that is no reply breaks no judge either."""
    far = Far(_Says(*frames.encode(value)))

    with contextlib.suppress(CheckFault):
        Submission(far).f(x=1)

    assert not far.broken


def test_every_type_on_the_wire_is_fuzzed() -> None:
    """Each tag that the decoder knows stands in an example, and in what the strategies make."""

    def known(tag: int) -> bool:
        try:
            frames.decode(bytes([tag]))
        except wire.WireError as e:
            return not str(e).startswith("no type")
        return True

    examples = {frames.encode(value)[0][0] for value in frames.EXAMPLES}

    assert {tag for tag in range(256) if known(tag)} == examples


@pytest.mark.slow
def test_coverage_guided_frames_give_a_value_or_a_wire_error(tmp_path: Path) -> None:
    """What `make fuzz` does with a million frames, with some: nearly every line is reached, no file left."""
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    before = set(ROOT.iterdir())
    ended = subprocess.run(
        [sys.executable, "-m", "tests.worker.fuzz", "100000"], cwd=ROOT, capture_output=True,
        text=True, timeout=900, check=False, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "exceptions 0" in ended.stdout
    reached, lines = map(int, re.findall(r"coverage (\d+) of (\d+) lines", ended.stdout)[0])
    assert reached >= 0.95 * lines, ended.stdout
    assert list(tmp_path.iterdir()) == []
    assert set(ROOT.iterdir()) == before
