"""What of the `cuda` profile there is on a machine, told from a tree that looks like one."""

import os
from pathlib import Path

import pytest

from grader.worker import cuda


def _touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Two GPUs, one of them in parts, a screen, and a network card."""
    _touch(
        tmp_path,
        *(f"dev/{name}" for name in ("nvidiactl", "nvidia0", "nvidia1", "nvidia-uvm", "nvidia-modeset")),
        *("dev/nvidia-caps/nvidia-cap1", "dev/nvidia-caps/nvidia-cap2", "dev/dri/card0", "dev/vda"),
        *("proc/driver/nvidia/params", "proc/devices", "proc/kallsyms", "proc/cpuinfo"),
        *("sys/module/nvidia/initstate", "sys/devices/system/node/online", "sys/kernel/debug/x"),
    )
    for card, vendor in (("0000:01:00.0", "0x10de"), ("0000:02:00.0", "0x8086")):
        real = tmp_path / "sys/devices/pci0000:00" / card
        real.mkdir(parents=True)
        (real / "vendor").write_text(f"{vendor}\n")
        link = tmp_path / "sys/bus/pci/devices" / card
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(real)
    return tmp_path


def test_what_is_there_and_nothing_else(machine: Path) -> None:
    """Nodes of the driver but the screen's, the files that CUDA reads, the folders of NVIDIA's cards."""
    found = cuda.profile(("/usr/lib/libcuda.so.1",), root=str(machine))

    def names(paths: tuple[str, ...]) -> list[str]:
        return [os.path.relpath(path, machine) for path in paths]

    assert names(found.nodes) == [
        "dev/nvidiactl",
        "dev/nvidia-uvm",
        "dev/nvidia0",
        "dev/nvidia1",
        "dev/nvidia-caps/nvidia-cap1",
        "dev/nvidia-caps/nvidia-cap2",
    ]
    assert names(found.proc) == ["proc/driver/nvidia", "proc/devices", "proc/cpuinfo"]
    assert found.files[-1] == "/usr/lib/libcuda.so.1"
    assert names(found.files[:-1]) == [
        "sys/devices/system/node",
        "sys/bus/pci/devices",
        "sys/module/nvidia",
        "sys/devices/pci0000:00/0000:01:00.0",
    ]


def test_on_a_machine_without_a_gpu_there_is_nothing(tmp_path: Path) -> None:
    """No node is made up."""
    assert cuda.profile(root=str(tmp_path)) == cuda.Profile((), (), ())


def test_a_process_that_has_a_gpu_open_is_told(machine: Path) -> None:
    """By what its descriptors lead to: such a process must not fork."""
    prefix = str(machine / "dev/nvidia")
    assert not cuda.opened(prefix)

    with open(machine / "dev/nvidiactl", "rb"):
        assert cuda.opened(prefix)
