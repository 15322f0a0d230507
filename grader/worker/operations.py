"""Torch's operations as they run, for `uses.Watch`: only in workers of torch exercises that forbid some.

Two of torch's own hooks. The kernels of operators that are forbidden are replaced by ones that tell and then
go on, on every device that a suite uses: they see every thread, and whatever called them, and cost nothing
where they are not called. (A dispatch mode would see the same, and cost 10 µs for each operator.) A function
mode sees calls of torch's Python functions, for those that are many operators in one (`torch.rnn_tanh`): it
is per thread (threads started by Python get it as well) and can be switched off from Python.
"""

import _thread
import functools
import re
import threading
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, resolve_name

Saw = Callable[[str], None]

resolve_name(torch.add)  # for its table of all functions, in the fork server: 15 ms for each worker


@functools.cache
def wired(names: "re.Pattern[str]") -> list[tuple[str, str]]:
    """(name, name without its overload) of operators that fit, and have kernels that can be replaced."""
    every = torch._C._dispatch_get_all_op_names()  # noqa: SLF001 - torch lists them nowhere else
    found = [(full, full.partition(".")[0].replace("::", ".")) for full in every]
    # One that is made of others has no kernel of its own: the others are wired.
    return [
        (full, shown)
        for full, shown in found
        if names.match(shown) and not _has_kernel(full, "CompositeImplicitAutograd")
    ]


class _Functions(TorchFunctionMode):  # type: ignore[misc]
    def __init__(self, told: Callable[[Any], None]) -> None:
        super().__init__()
        self._told = told

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._told(func)
        return func(*args, **(kwargs or {}))


def _teller(names: "re.Pattern[str]", saw: Saw) -> Callable[[Any], None]:
    """What passes on those of torch's functions whose names fit; a name is looked up once."""
    known: dict[Any, str] = {}

    def told(func: Any) -> None:
        name = known.get(func)
        if name is None:
            name = str(resolve_name(func) or "")
            known[func] = name = name if names.match(name) else ""
        if name:
            saw(name)

    return told


def watcher(
    operations: "re.Pattern[str] | None", functions: "re.Pattern[str] | None", saw: Saw
) -> Callable[..., Any] | None:
    """What runs a function under watch; None where nothing has to be done for that."""
    if operations is not None:
        wire_kernels(operations)
        _sinks.append(saw)
    if functions is None:
        return None
    told = _teller(functions, saw)

    def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with _Functions(told):
            return function(*args, **kwargs)

    _follow_threads(run)
    return run


def wire_kernels(names: "re.Pattern[str]") -> None:
    """Put a kernel that tells before each of those that fit; what is not forbidden runs as it did.

    Done in the fork server for all but the GPU, since it takes longer than a submission's checks. Until
    somebody watches, nothing is told.
    """
    keys = ["CPU", "Meta"]
    if torch.cuda.is_initialized():  # a worker on a GPU has it open by now
        keys.append("CUDA")
    for full, shown in wired(names):
        for key in keys:
            if (full, key) not in _kernels:
                _wire_kernel(full, key, functools.partial(_tell, shown))


def _tell(shown: str) -> None:
    for saw in _sinks:
        saw(shown)


def _has_kernel(full: str, key: str) -> bool:
    return bool(torch._C._dispatch_has_kernel_for_dispatch_key(full, key))  # noqa: SLF001 - as above


def _wire_kernel(full: str, key: str, tell: Callable[[], None]) -> None:
    _kernels[full, key] = None
    try:
        kernel = torch.library.get_kernel(full, key)
    except RuntimeError:  # there is none for this device
        return

    def told(keys: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(_inside, "kernel", False):  # what a kernel calls itself is no news
            return kernel.call_boxed(keys, *args, **kwargs)
        tell()
        _inside.kernel = True
        try:
            return kernel.call_boxed(keys, *args, **kwargs)
        finally:
            _inside.kernel = False

    namespace, _, name = full.partition("::")
    library = torch.library.Library(namespace, "IMPL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a kernel is replaced
        library.impl(name, told, key, with_keyset=True, allow_override=True)
    _kernels[full, key] = library


_inside = threading.local()
_sinks: list[Saw] = []
"""Who watches in this process."""
_kernels: dict[tuple[str, str], Any] = {}
"""What holds each that is replaced: torch takes it back when this goes. None where there was none."""


def _follow_threads(run: Callable[..., Any]) -> None:
    """Have threads that Python starts run under watch, too."""
    for module, name in (
        (_thread, "start_new_thread"),
        (_thread, "start_joinable_thread"),
        (threading, "_start_new_thread"),
        (threading, "_start_joinable_thread"),
    ):
        start = getattr(module, name, None)
        if start is not None:
            setattr(module, name, _started(start, run))


def _started(start: Callable[..., Any], run: Callable[..., Any]) -> Callable[..., Any]:
    def started(function: Callable[..., Any], *rest: Any, **options: Any) -> Any:
        if not rest:  # start_joinable_thread(function, handle=…, daemon=…)
            return start(lambda: run(function), **options)
        args, *kwargs = rest
        return start(lambda: run(function, *args, **(kwargs[0] if kwargs else {})), ())

    return started
