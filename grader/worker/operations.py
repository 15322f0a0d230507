"""Torch's operations as they run, for `uses.Watch`: only in workers of torch exercises that forbid some.

Two of torch's own hooks: one below the dispatcher sees operators of ATen, of whatever called them, the
other sees calls of torch's Python functions, for those that are many operators in one (`torch.rnn_tanh`).
Both are per thread; threads started by Python get them as well.
"""

import _thread
import contextlib
import re
import threading
from collections.abc import Callable
from typing import Any

from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode

Saw = Callable[[str], None]


class _Operators(TorchDispatchMode):  # type: ignore[misc]
    def __init__(self, told: Callable[[Any], None]) -> None:
        super().__init__()
        self._told = told

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._told(func)
        return func(*args, **(kwargs or {}))


class _Functions(TorchFunctionMode):  # type: ignore[misc]
    def __init__(self, told: Callable[[Any], None]) -> None:
        super().__init__()
        self._told = told

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._told(func)
        return func(*args, **(kwargs or {}))


def _teller(names: "re.Pattern[str]", name_of: Callable[[Any], str], saw: Saw) -> Callable[[Any], None]:
    """What passes on those of torch's functions whose names fit; a name is looked up once."""
    known: dict[Any, str] = {}

    def told(func: Any) -> None:
        name = known.get(func)
        if name is None:
            name = name_of(func)
            known[func] = name = name if names.match(name) else ""
        if name:
            saw(name)

    return told


def _operator_name(func: Any) -> str:
    return str(func._schema.name).replace("::", ".")  # noqa: SLF001 - torch has no other name for it


def _function_name(func: Any) -> str:
    return str(resolve_name(func) or "")


def watcher(
    operations: "re.Pattern[str] | None", functions: "re.Pattern[str] | None", saw: Saw
) -> Callable[..., Any] | None:
    """What runs a function under watch; None where there is nothing to watch for."""
    makers: list[Callable[[], Any]] = []
    if operations is not None:
        below = _teller(operations, _operator_name, saw)
        makers.append(lambda: _Operators(below))
    if functions is not None:
        above = _teller(functions, _function_name, saw)
        makers.append(lambda: _Functions(above))
    if not makers:
        return None

    def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with contextlib.ExitStack() as modes:
            for make in makers:
                modes.enter_context(make())
            return function(*args, **kwargs)

    _follow_threads(run)
    return run


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
