"""Torch on a GPU, in the worker: opened before the student's first line, exact and repeatable from then on.

Imported in workers with the `cuda` profile alone, after the fork: a process that has opened CUDA cannot be
forked. The judge never imports it.
"""

import torch

_SMALL = 64


class Gpu:
    """The GPU that one worker has open."""

    def __init__(self, memory_mib: int) -> None:
        """Open it, with a limit on what torch takes of its memory. Raises RuntimeError that says why not."""
        torch.cuda.init()
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, memory_mib * 2**20 / total))
        self.settle()
        self._first_use()

    def settle(self) -> None:
        """Settings that right answers hang on, whatever the code before has made of them.

        NVIDIA_TF32_OVERRIDE, which the libraries have read by now, holds within a call as well. `warn_only`:
        an operator that has no deterministic way, such as a cumulative sum, is no mistake of a student's.
        """
        exact_and_repeatable()

    def _first_use(self) -> None:
        """Handles and kernels that torch makes once: they are not the time of the student's first call."""
        for dtype in (torch.float32, torch.float64):
            x = torch.ones(1, 1, _SMALL, _SMALL, dtype=dtype, device="cuda", requires_grad=True)
            y = torch.nn.functional.conv2d(x, x[:, :, :3, :3]) + 0.0
            (y @ y).sum().backward()
        self.finish()

    def finish(self) -> None:
        """Wait for what was started; raises RuntimeError where it failed."""
        torch.cuda.synchronize()

    @property
    def lost(self) -> bool:
        """Whether an error has left it unusable for the rest of this process."""
        try:
            torch.cuda.synchronize()
        except RuntimeError:
            return True
        return False


def exact_and_repeatable() -> None:
    """Full float32 precision and deterministic algorithms, from whatever they are set to."""
    # The newer settings are in levels: the upper ones give way, the older names then set the lower ones.
    for level in (torch.backends, torch.backends.cudnn):
        level.fp32_precision = "none"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.use_deterministic_algorithms(True, warn_only=True)
