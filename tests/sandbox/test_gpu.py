"""What is told of GPUs, on machines that lack one thing after the other."""

import os
from pathlib import Path

import pytest

from grader.errors import MachineError
from grader.sandbox import gpu

VERSION = (
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\nGCC version: 12\n"
)
SMI = '#!/bin/sh\n[ "$1" = --query-gpu=name,memory.total ] || exit 1\necho "NVIDIA H100 80GB HBM3, 81559"\n'


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree that looks like a machine with a GPU, nvidia-smi, and a torch that is built for CUDA."""
    (tmp_path / "proc/driver/nvidia").mkdir(parents=True)
    (tmp_path / "proc/driver/nvidia/version").write_text(VERSION)
    (tmp_path / "dev").mkdir()
    for name in ("nvidiactl", "nvidia-uvm", "nvidia0"):
        (tmp_path / "dev" / name).touch()
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "nvidia-smi"
    program.write_text(SMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    package = tmp_path / "site" / "torch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('torch is not to be imported')")
    (package / "version.py").write_text(
        "from typing import Optional\n__version__ = '2.13.0+cu126'\ncuda: Optional[str] = '12.6'\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(__import__("sys").modules, "torch", raising=False)
    return tmp_path


def test_a_machine_that_has_all(machine: Path) -> None:
    """Driver, GPU, memory and torch's CUDA, without importing torch."""
    found = gpu.look(machine)

    assert found.problem is None
    assert str(found) == (
        "driver 570.86.15, 1 GPU: NVIDIA H100 80GB HBM3, 81559 MiB; torch 2.13.0+cu126, built for CUDA 12.6"
    )


@pytest.mark.parametrize("broken", ["exit 9", "echo 'No devices were found'", None])
def test_without_nvidia_smi_the_kernel_says_what_it_has(machine: Path, broken: str | None) -> None:
    """Names alone, from the module's own files."""
    program = machine / "bin" / "nvidia-smi"
    if broken is None:
        program.unlink()
    else:
        program.write_text(f"#!/bin/sh\n{broken}\n")
    card = machine / "proc/driver/nvidia/gpus/0000:01:00.0/information"
    card.parent.mkdir(parents=True)
    card.write_text("Model: \t\t NVIDIA A100\nIRQ:   \t\t 16\n")

    assert gpu.look(machine).gpus == (gpu.Gpu(name="NVIDIA A100"),)


def _no_driver(root: Path) -> None:
    (root / "proc/driver/nvidia/version").unlink()
    _no_node(root)


def _no_node(root: Path) -> None:
    (root / "dev/nvidia0").unlink()


def _no_memory_manager(root: Path) -> None:
    (root / "dev/nvidia-uvm").unlink()


def _cpu_torch(root: Path) -> None:
    (root / "site/torch/version.py").write_text("__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\n")


@pytest.mark.parametrize(
    ("lacking", "problem", "mend"),
    [
        (_no_driver, "no NVIDIA driver is loaded", "a machine with an NVIDIA GPU"),
        (_no_node, "driver 570.86.15 is loaded, but there is no GPU in /dev", "--gpus all"),
        (_no_memory_manager, "there is no /dev/nvidia-uvm", "nvidia-modprobe"),
        (_cpu_torch, "torch 2.13.0+cpu is a build for the CPU alone", "the CUDA build of torch 2.13.0"),
    ],
)
def test_what_is_missing_first_is_told_with_what_mends_it(
    machine: Path, lacking: object, problem: str, mend: str
) -> None:
    """One thing at a time, in the order in which one would mend them."""
    lacking(machine)  # type: ignore[operator]

    found = gpu.look(machine)

    assert problem in (found.problem or "")
    assert mend in (found.mend or "")


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="there is a GPU")
def test_it_is_required_or_refused() -> None:
    """The refusal names the option, the reason, and both ways out."""
    with pytest.raises(MachineError, match=r"--device cuda cannot be used here: .*; .*or use --device cpu"):
        gpu.require()


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [(None, "0"), ("", "0"), ("2,3", "2"), ("GPU-8f3a", "GPU-8f3a")],
    ids=["unset", "none", "two", "by_name"],
)
def test_the_first_gpu_that_the_user_lets_be_seen(setting: str | None, wanted: str) -> None:
    """As every CUDA program reads CUDA_VISIBLE_DEVICES."""
    assert gpu.chosen({} if setting is None else {"CUDA_VISIBLE_DEVICES": setting}) == wanted
