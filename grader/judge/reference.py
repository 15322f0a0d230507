"""The torch reference as a suite sees it: called as the submission is, answering with the same plain tensors.

It runs in the judge, on the CPU and in float64 whatever the submission is given; CUDA is never opened here.
What it returns stands for the dtype and device that went in: `reference.conv2d(x=x)` for a float32 `x` on
cuda is a float32 tensor on cuda whose numbers are known to float64. On `meta` there are no numbers: there it
runs in the dtype that is sent.
"""

import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from grader.core.course import Limits
from grader.judge.faults import CheckFault
from grader.judge.proxy import CallLabel, Far, Submission
from grader.judge.transport import Loopback, Quiet
from grader.worker import serve, wire


class ReferenceFault(Exception):
    """The reference did not answer: the suite's fault, never the submission's."""


class TorchReference(Submission):
    """The reference's module, as a `Submission` whose far side is here."""

    def __init__(
        self,
        module: types.ModuleType,
        limits: Limits,
        seed: int,
        session: type[serve.Session] = serve.Session,
    ) -> None:
        far = _ReferenceFar(_Float64(module, limits, session=session))
        far.seed = seed % 2**62
        super().__init__(far)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        return super().__getattr__(name) if callable(value) else value


class _Float64(Quiet):
    """Answers where numbers and parameters are made in float64 unless the code says otherwise."""

    def __init__(self, module: types.ModuleType, limits: Limits, *, session: type[serve.Session]) -> None:
        super().__init__(module, limits, session=session)
        self.reply = self._session.limits = wire.REQUEST

    def exchange(self, *args: Any) -> tuple[memoryview, memoryview]:
        """Meta and buffers of the module's reply."""
        import torch

        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            return super().exchange(*args)
        finally:
            torch.set_default_dtype(before)


class _ReferenceFar(Far):
    def ask(
        self,
        operation: tuple[Any, ...],
        function: str,
        label: "str | CallLabel",
    ) -> Any:
        """The reference's answer; raises ReferenceFault."""
        sent: list[wire.Tensor] = []
        operation = _each(operation, lambda tensor: _exactly(tensor, sent))
        try:
            value = super().ask(operation, function, label)
        except CheckFault as e:
            assert isinstance(self.transport, Loopback)
            raise ReferenceFault(f"the reference: {e}") from (self.transport.raised or e)
        return _each(value, lambda tensor: _standing_for(tensor, sent)) if sent else value


def _each(value: Any, change: Callable[[wire.Tensor], wire.Tensor]) -> Any:
    """`value` with its tensors changed."""
    if type(value) is wire.Tensor:
        return change(value)
    if type(value) is tuple or type(value) is list:
        return type(value)(_each(item, change) for item in value)
    if type(value) is dict:
        return {key: _each(item, change) for key, item in value.items()}
    return value


def _exactly(tensor: wire.Tensor, sent: list[wire.Tensor]) -> wire.Tensor:
    """The tensor on the CPU, in double precision; `sent` keeps what it was."""
    if tensor.array is None:
        return tensor
    sent.append(tensor)
    if not tensor.is_floating:
        return replace(tensor, device=wire.CPU)
    wide = np.dtype(np.complex128 if tensor.array.dtype.kind == "c" else np.float64)
    return replace(tensor, array=tensor.array.astype(wide), dtype=wide.name, device=wire.CPU)


def _standing_for(tensor: wire.Tensor, sent: list[wire.Tensor]) -> wire.Tensor:
    """The reference's tensor under the device and the dtype of what was sent, where those are one."""
    if tensor.array is None:
        return tensor
    devices = {one.device for one in sent}
    kind = tensor.array.dtype.kind
    dtypes = {one.dtype for one in sent if one.array is not None and one.array.dtype.kind == kind}
    wide = tensor.dtype in ("float64", "complex128")
    return replace(
        tensor,
        dtype=dtypes.pop() if wide and len(dtypes) == 1 else tensor.dtype,
        device=devices.pop() if len(devices) == 1 else tensor.device,
    )
