"""The script that is to be run on a GPU: it works on the CPU, and says so where there is none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = (sys.executable, str(ROOT / "benchmarks" / "gpu.py"))


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="there is a GPU")
def test_without_a_gpu_it_ends_at_once() -> None:
    """Exit 3 and one line; nothing is measured on the CPU in its stead."""
    ended = subprocess.run(SCRIPT, capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("gpu: --device cuda cannot be used here: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.slow
def test_the_rehearsal(tmp_path: Path) -> None:
    """Trials, audit and errors run to the end, and what they found is in the file."""
    course = ROOT / "tests" / "course_torch"
    file = tmp_path / "found.json"
    command = [*SCRIPT, "--rehearse", "--course", str(course), "--jobs", "1", "--json", str(file)]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(file.read_text())
    assert (found["device"], found["failed"]) == ("cpu", [])
    assert all(found["trials"].values())
    assert [(audit["exercise"], audit["findings"]) for audit in found["audits"]] == [("ex95_torch_conv", [])]
    assert 0 < max(part for _, part in found["errors"]["ex95_torch_conv"].values()) < 1
