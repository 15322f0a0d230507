"""Torch tensors as data and back, and gradients: what a `Session` does for exercises with torch.

Imported only where torch is there: in the worker of such an exercise, and in the judge for its reference.
"""

import collections
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch

from grader.worker import serve, wire

_DTYPES: Final = {name: getattr(torch, name) for name in wire.TENSOR_DTYPES}
_NAMES: Final = {dtype: name for name, dtype in _DTYPES.items()}


def seed(value: int) -> None:
    """Make random numbers reproducible. torch.manual_seed reads source files for each kind of device."""
    torch.default_generator.manual_seed(value)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(value)


def build(tensor: wire.Tensor, *, on_cpu: bool = False) -> torch.Tensor:
    """The tensor that the student's code gets; in the judge (`on_cpu`) no other device is ever opened."""
    if tensor.array is None:
        made = torch.empty(tensor.shape, dtype=_DTYPES[tensor.dtype], device="meta")
    else:
        made = _from_numpy(tensor.array, tensor.dtype)
        if tensor.device != wire.CPU and not on_cpu:
            made = made.to(tensor.device)
    return made.requires_grad_() if tensor.requires_grad else made


def _from_numpy(array: np.ndarray[Any, Any], dtype: str) -> torch.Tensor:
    if dtype == wire.BFLOAT16:
        return torch.from_numpy(wire.bfloat16_bits(array).view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def adopt(value: Any, limit: int) -> Any:
    """What stands on the wire for an object of torch's, None for any other.

    Raises:
        Unsendable: a tensor of a kind that does not cross.
        TooLarge: one of more than `limit` bytes, which may be a view of a few numbers.
    """
    kind = type(value)
    if kind is torch.Tensor or kind is torch.nn.Parameter:
        return describe(value, limit)
    if isinstance(value, torch.Tensor):
        raise wire.Unsendable(f"{kind.__name__}, a subclass of torch.Tensor")
    if kind is torch.Size:
        return tuple(value)
    if kind is collections.OrderedDict:  # state_dict()
        return dict(value)
    return None


def describe(tensor: torch.Tensor, limit: int) -> wire.Tensor:
    """A plain tensor as data; see `adopt`."""
    name = _NAMES.get(tensor.dtype)
    if name is None or tensor.layout is not torch.strided:
        what = "a quantized" if tensor.is_quantized else f"a {tensor.layout}"
        raise wire.Unsendable(f"{what} tensor of dtype {tensor.dtype}".replace("torch.", ""))
    device = tensor.device.type
    if device not in wire.DEVICES:
        raise wire.Unsendable(f"a tensor on the device {device}")
    array = None
    if device != wire.META:
        if tensor.numel() * tensor.element_size() > limit:
            raise wire.TooLarge(f"a tensor of {tensor.numel() * tensor.element_size() / 2**20:.0f} MiB")
        array = _to_numpy(tensor.detach(), name)
    return wire.Tensor(array, name, tuple(tensor.shape), device, tensor.requires_grad)


def _to_numpy(tensor: torch.Tensor, name: str) -> np.ndarray[Any, Any]:
    tensor = tensor.cpu().resolve_conj().resolve_neg()
    if name == wire.BFLOAT16:
        return wire.bfloat16_numbers(tensor.view(torch.int16).numpy().view(np.uint16))
    array: np.ndarray[Any, Any] = tensor.numpy()
    return array


def tobytes(tensor: torch.Tensor) -> bytes:
    """Its numbers as they would cross: to see whether it is still what was sent."""
    if tensor.device.type == wire.META:
        return b""
    name = _NAMES[tensor.dtype]
    return wire.tensor_bytes(_to_numpy(tensor.detach(), name), name)


def gradients(
    function: Any, output: Any, given: Mapping[str, Any], upstream: Any, names: Sequence[str]
) -> tuple[Any, dict[str, Any] | None, dict[str, Any] | None]:
    """(output, gradients of the inputs `names`, gradients of a module's parameters by name).

    `upstream` is the gradient of the output, or one (or None) for each of several outputs. Without any
    gradients where the output is of another kind or shape: then the judge says what was asked for.

    Raises:
        NoGraph: an output depends on nothing that wants a gradient.
    """
    several = isinstance(upstream, (tuple, list))
    if several and not (type(output) in (tuple, list) and len(output) == len(upstream)):
        return output, None, None
    pairs = list(zip(output, upstream, strict=True)) if several else [(output, upstream)]
    pairs = [(one, grad) for one, grad in pairs if grad is not None]
    for one, grad in pairs:
        if not isinstance(one, torch.Tensor) or (one.shape, one.dtype, one.device) != (
            grad.shape,
            grad.dtype,
            grad.device,
        ):
            return output, None, None
    for i, (one, _) in enumerate(pairs):
        if not one.requires_grad:
            which = f"element {i} of tensors" if several else "the output"
            raise serve.NoGraph(f"{which} does not require grad and does not have a grad_fn")
    wanted = [given[name] for name in names]
    parameters = dict(_parameters(function))
    found = torch.autograd.grad(
        [one for one, _ in pairs],
        [*wanted, *parameters.values()],
        [grad for _, grad in pairs],
        allow_unused=True,
    )
    return (
        output,
        dict(zip(names, found, strict=False)),
        dict(zip(parameters, found[len(wanted) :], strict=True)),
    )


def _parameters(function: Any) -> list[tuple[str, Any]]:
    """Named parameters of a module, or of the module whose method it is, that want a gradient."""
    module = function if isinstance(function, torch.nn.Module) else getattr(function, "__self__", None)
    if not isinstance(module, torch.nn.Module):
        return []
    return [(name, one) for name, one in module.named_parameters() if one.requires_grad]
