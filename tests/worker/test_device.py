"""Settings of torch that answers on a GPU hang on, and what becomes of a GPU that an error has taken away."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from grader.core.course import Limits
from grader.judge import StudentError, tensor
from grader.judge.faults import CheckFault
from grader.judge.proxy import Far, Submission
from grader.judge.transport import Loopback, Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config
from grader.worker import serve, wire
from grader.worker.device import Gpu

SETTINGS = """
import sys, torch
from grader.worker.device import exact_and_repeatable

exact_and_repeatable()
exec(sys.argv[1])
exact_and_repeatable()
backends = torch.backends
print(
    backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32, torch.get_float32_matmul_precision(),
    backends.cudnn.benchmark, backends.cudnn.deterministic, torch.are_deterministic_algorithms_enabled(),
    *("tf32" in (one.fp32_precision) for one in (
        backends, backends.cuda.matmul, backends.cudnn, backends.cudnn.conv, backends.cudnn.rnn)),
)
"""


CHANGES = [
    "torch.backends.cuda.matmul.allow_tf32 = True; torch.backends.cudnn.allow_tf32 = True",
    "torch.set_float32_matmul_precision('high')",
    "torch.backends.fp32_precision = 'tf32'",
    "torch.backends.cuda.matmul.fp32_precision = 'tf32'",
    "torch.backends.cudnn.fp32_precision = 'tf32'",
    "torch.backends.cudnn.conv.fp32_precision = 'tf32'; torch.backends.cudnn.rnn.fp32_precision = 'tf32'",
    "torch.backends.cudnn.benchmark = True; torch.backends.cudnn.deterministic = False",
    "torch.use_deterministic_algorithms(False)",
]


@pytest.mark.parametrize(
    "change", [CHANGES[0], *(pytest.param(c, marks=pytest.mark.slow) for c in CHANGES[1:])]
)
def test_what_code_sets_is_undone(change: str) -> None:
    """By old names and new ones: the next call computes in full precision again, and can be repeated."""
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SETTINGS, change],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()

    assert said == ["False", "False", "highest", "False", "True", "True", *["False"] * 5]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so() -> None:
    """It never goes on on the CPU."""
    with pytest.raises((RuntimeError, AssertionError), match=r"CUDA|NVIDIA"):
        Gpu(1024)


class _Broken(Gpu):
    """Stands for a GPU that the first error takes away: there is none here to be broken."""

    def __init__(self) -> None:
        self.settled = 0
        self.error: str | None = None

    def settle(self) -> None:
        self.settled += 1

    def finish(self) -> None:
        if self.error is not None:
            raise RuntimeError(self.error)

    @property
    def lost(self) -> bool:
        return self.error is not None


@pytest.fixture
def answered() -> tuple[_Broken, Any]:
    """A GPU, and what answers a call of the function `f` beside it: (word, category or value, …)."""
    module: Any = type(sys)("sub")
    exec("def f(x):\n    return x + 1\n", module.__dict__)
    gpu = _Broken()
    session = serve.Session(wire.REQUEST, lambda *_: None, module)
    session.gpu = gpu

    def ask() -> tuple[Any, ...]:
        encoder = wire.Encoder(wire.REQUEST)
        encoder.put((1, ("call", "f", (1,), {})))
        frame = memoryview(wire.pack(wire.CALL, 7, encoder))
        head = wire.HEADER.size
        _, _, size, _ = wire.header(frame[:head], wire.REQUEST)
        reply = memoryview(session.answer(wire.CALL, 7, frame[head:][:size], frame[head:][size:]))
        _, _, size, _ = wire.header(reply[:head], wire.REQUEST)
        value: tuple[Any, ...] = wire.Decoder(reply[head:][:size], reply[head:][size:], wire.REQUEST).value()
        return value

    return gpu, ask


def test_each_call_starts_from_our_settings_and_ends_when_the_gpu_has_ended(
    answered: tuple[_Broken, Any],
) -> None:
    """So an error of a kernel that runs on is that call's, not the next one's."""
    gpu, ask = answered
    assert ask()[:2] == ("value", 2)

    gpu.error = "CUDA error: device-side assert triggered"
    said = ask()

    assert said[:4] == ("error", serve.LOST_GPU, "RuntimeError", gpu.error)
    assert gpu.settled == 2


def test_memory_of_the_gpu_is_memory() -> None:
    """Torch's own exception for it is the limit's outcome, whatever its type."""
    assert serve._category(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")) == "memory"


FORGED = """
import torch
from grader.worker import serve

state = {"calls": 0}
def f(x):
    state["calls"] += 1
    return x * state["calls"]

class Gone:
    lost = True
    settle = finish = lambda self: None

def g(x):
    import gc
    next(o for o in gc.get_objects() if type(o) is serve.Session).gpu = Gone()
    raise RuntimeError("CUDA error: an illegal memory access was encountered")
"""


def test_after_it_is_lost_the_next_check_has_a_worker_of_its_own() -> None:
    """The error is told once, where it happened; what follows is judged on its own merits."""
    limits = Limits(call_s=20, check_s=60, import_s=20, total_s=200)
    pool = Pool(LinuxSandbox(Config(packages=("numpy", "torch"), limits=limits)), limits)
    live = pool.connect([("sub.py", FORGED.encode())], 1)
    try:
        live.begin()
        submission = Submission(Far(live))
        x = tensor(np.ones(2), dtype="float32")
        assert submission.f(x=x).array[0] == 1

        with pytest.raises(StudentError, match="illegal memory access") as caught:
            submission.g(x=x)

        assert isinstance(caught.value, CheckFault)
        assert (submission.f(x=x).array[0], live.generation) == (1, 2)
    finally:
        live.close()
        pool.close()


def test_the_judge_opens_no_gpu() -> None:
    """A tensor for a GPU is computed with on the CPU here, and has its device's name."""
    module: Any = type(sys)("reference")
    exec("def f(x):\n    assert x.device.type == 'cpu'\n    return x + 1\n", module.__dict__)

    got = Submission(Far(Loopback(module, Limits()))).f(x=tensor(np.ones(2), dtype="float32", device="cuda"))

    assert got.array.tolist() == [2, 2]
    assert not torch.cuda.is_initialized()
