"""What this machine has of GPUs, looked up without torch and without opening one: `--device cuda`, doctor."""

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.errors import MachineError

NVIDIA_SMI_S: Final = 30.0  # a driver that is not kept loaded takes seconds to start
_NEEDED: Final = ("nvidiactl", "nvidia-uvm")
_QUERY: Final = ("--query-gpu=name,memory.total", "--format=csv,noheader,nounits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU as its driver names it; no memory where nvidia-smi is not there to say."""

    name: str
    memory_mib: int | None = None

    def __str__(self) -> str:
        return self.name if self.memory_mib is None else f"{self.name}, {self.memory_mib} MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is, and what keeps submissions from running on it."""

    driver: str | None
    gpus: tuple[Gpu, ...]
    torch: str | None
    torch_cuda: str | None
    """The CUDA that torch is built for; None for a build without."""
    problem: str | None
    """What is missing, the first of all; None if nothing is."""
    mend: str | None

    def __str__(self) -> str:
        """What there is, in a line."""
        count = len(self.gpus)
        names = "; ".join(map(str, self.gpus))
        gpus = f"{count} GPU{'' if count == 1 else 's'}: {names}" if count else "no GPU"
        driver = f"driver {self.driver}" if self.driver else "no driver"
        build = f"built for CUDA {self.torch_cuda}" if self.torch_cuda else "built for the CPU alone"
        return f"{driver}, {gpus}; " + (f"torch {self.torch}, {build}" if self.torch else "no torch")


def require() -> Found:
    """What there is; raises MachineError with what to do where no submission can run on a GPU."""
    found = look()
    if found.problem is not None:
        raise MachineError(
            f"--device cuda cannot be used here: {found.problem}; {found.mend}, or use --device cpu "
            "('grade doctor' says what this machine has)"
        )
    return found


def chosen(environment: Mapping[str, str]) -> str:
    """The GPU that submissions get: the first one of CUDA_VISIBLE_DEVICES, else the first one there is."""
    return environment.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip() or "0"


def look(root: Path = Path("/")) -> Found:
    """What there is in the file system at `root`, and of torch in this environment."""
    driver = _driver(root)
    nodes = sorted(path.name for path in (root / "dev").glob("nvidia[0-9]*"))
    torch, torch_cuda = _torch()
    problem, mend = _problem(root, driver, nodes, torch, torch_cuda)
    return Found(
        driver=driver,
        gpus=_gpus(root) if nodes else (),
        torch=torch,
        torch_cuda=torch_cuda,
        problem=problem,
        mend=mend,
    )


def _problem(
    root: Path, driver: str | None, nodes: list[str], torch: str | None, torch_cuda: str | None
) -> tuple[str, str] | tuple[None, None]:
    """The first thing that is missing, and what mends it."""
    if driver is None and not nodes:
        return "no NVIDIA driver is loaded", "use a machine with an NVIDIA GPU and its driver"
    if not nodes:
        return (
            f"the NVIDIA driver {driver} is loaded, but there is no GPU in /dev",
            "start the container with its GPUs (docker run --gpus all), or run nvidia-smi as root once",
        )
    for name in (*_NEEDED, *nodes):
        path = root / "dev" / name
        if not path.exists():
            return f"there is no /dev/{name}", "run nvidia-modprobe -u -c 0 as root"
        if not os.access(path, os.R_OK | os.W_OK):
            return f"this user may not open /dev/{name}", "let it read and write that device"
    if torch is None:
        return "torch is not installed", "install its CUDA build: docs/devices.md"
    if torch_cuda is None:
        return (
            f"torch {torch} is a build for the CPU alone",
            f"install the CUDA build of torch {torch.partition('+')[0]}: docs/devices.md",
        )
    return None, None


def _driver(root: Path) -> str | None:
    """The version of the kernel's module, from a line such as `NVRM version: NVIDIA … 550.54.15  Tue …`."""
    with contextlib.suppress(OSError):
        text = (root / "proc/driver/nvidia/version").read_text(encoding="utf-8", errors="replace")
        found = re.search(r"\b(\d{3,}\.\d+(?:\.\d+)?)\b", text)
        return found[1] if found else "of an unknown version"
    return None


def _gpus(root: Path) -> tuple[Gpu, ...]:
    """As nvidia-smi lists them; without it, as the kernel's module does."""
    program = shutil.which("nvidia-smi")
    if program is not None:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            said = subprocess.run(
                [program, *_QUERY], capture_output=True, text=True, check=True, timeout=NVIDIA_SMI_S
            ).stdout
            if gpus := tuple(filter(None, map(_gpu, said.splitlines()))):
                return gpus
    models = []
    for path in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        with contextlib.suppress(OSError):
            found = re.search(r"^Model:\s*(.+?)\s*$", path.read_text(errors="replace"), re.MULTILINE)
            models.append(Gpu(name=found[1] if found else "unknown model"))
    return tuple(models)


def _gpu(line: str) -> Gpu | None:
    """A line of nvidia-smi's: `NVIDIA H100 80GB HBM3, 81559`; some models have no memory of their own."""
    name, comma, memory = line.rpartition(",")
    if not comma:
        return None
    return Gpu(name=name.strip(), memory_mib=int(memory) if memory.strip().isdecimal() else None)


def _torch() -> tuple[str | None, str | None]:
    """(version, CUDA version) of the torch that is installed, from its file: importing it takes 1.5 s."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None, None
    values: dict[str, str] = {}
    with contextlib.suppress(OSError):
        text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
        assigned = r"^(__version__|cuda)\b[^=\n]*=\s*['\"]([^'\"]+)['\"]"
        values = dict(re.findall(assigned, text, re.MULTILINE))
    return values.get("__version__", "of an unknown version"), values.get("cuda")
