"""Appended to a reference, this spoils what its public functions, methods and attributes answer.

Runs on the far side, as part of a submission of the audit's. What
the functions call of each other stays right: only what leaves the module is spoiled, so that a check comes as
far as it can. Of a module of torch's the parameters are spoiled as they are made; a function that returns
nothing does nothing.
"""

import functools as _functools
import inspect as _inspect
import sys as _sys
import types as _types
from typing import Any as _Any

import numpy as _np  # noqa: ICN001 - a public name would be one of the submission's

_how = "zero"  # another way is written here: see `degenerate.source`
_inside = [0]  # calls of ours that are under way: what happens within one is not spoiled
_KEPT = ("__new__", "__getattribute__", "__getattr__", "__setattr__", "__hash__", "__init_subclass__")


def _number(value: _Any) -> _Any:
    """Another number, of the same type where that can be; or what holds one number, and is none."""
    match _how:
        case "zero":
            return type(value)(0)
        case "one":
            return type(value)(1)
        case "nan":
            return type(value)(_np.nan) if isinstance(value, (float, complex)) else _np.nan
        case "list":
            return [value]
        case _:
            return _np.full((1,), value)


def _array(value: _Any) -> _Any:
    match _how:
        case "zero":
            return _np.zeros_like(value)
        case "one":
            return _np.ones_like(value)
        case "nan":
            return _np.full(value.shape, _np.nan, value.dtype if value.dtype.kind in "fc" else float)
        case "list":
            return value.tolist() if value.ndim else [value.item()]
        case "one_number":
            return value.reshape(-1)[0].item() if value.ndim and value.size else value.reshape(1)
    return _reshaped(value)


def _reshaped(value: _Any) -> _Any:
    """An array or a tensor in a shape that broadcasts against the right one, or nearly does."""
    if _how == "transposed" and value.ndim >= 2 and value.shape[-1] != value.shape[-2]:
        return value.swapaxes(-1, -2)
    if value.ndim and (_how == "column" or (_how == "transposed" and value.ndim == 1)):
        return value[..., None]
    return value[None]


def _tensor(value: _Any) -> _Any:
    import torch

    if _how in ("zero", "one", "nan"):
        if value.dtype == torch.bool:
            return torch.full_like(value, _how == "one") if _how != "nan" else value * torch.nan
        nothing = (value * 0).nan_to_num()  # keeps its graph, so that gradients are zero and not missing
        return nothing + {"zero": 0, "one": 1, "nan": torch.nan}[_how]
    if _how == "list":
        return _number(value.tolist()) if value.ndim == 0 else value.detach().cpu().tolist()
    if _how == "one_number":
        return value.reshape(-1)[0] if value.ndim and value.numel() else value.reshape(1)
    return _reshaped(value)


def _spoiled(value: _Any) -> _Any:
    """The answer `value`, degenerate."""
    if isinstance(value, _np.ndarray):
        return _array(value)
    if isinstance(value, (bool, int, float, complex, _np.generic)):
        return _number(value)
    if isinstance(value, str):
        return {"zero": "", "one": "1", "nan": "nan"}.get(_how, [value])
    if value is None:
        return 0
    if isinstance(value, tuple):
        items = [_spoiled(item) for item in value]
        return value._make(items) if hasattr(value, "_make") else tuple(items)
    if isinstance(value, list):
        return [_spoiled(item) for item in value]
    if isinstance(value, dict):
        return {key: _spoiled(item) for key, item in value.items()}
    if isinstance(value, (_types.GeneratorType, map, filter, zip)):
        return _items(value)
    if isinstance(value, _types.FunctionType):
        return _spoiling(value)
    if "torch" in _sys.modules and isinstance(value, _sys.modules["torch"].Tensor):
        return _tensor(value)
    return value


def _items(iterator: _Any) -> _Any:
    while True:
        _inside[0] += 1
        try:
            item = next(iterator)
        except StopIteration:
            return
        finally:
            _inside[0] -= 1
        yield _spoiled(item)


def _spoiling(function: _Any, idle: bool = False) -> _Any:
    """The function, whose answers are spoiled where it is called from outside."""

    @_functools.wraps(function)
    def wrapped(*args: _Any, **kwargs: _Any) -> _Any:
        outermost = not _inside[0]
        if outermost and idle:
            return None
        _inside[0] += 1
        try:
            value = function(*args, **kwargs)
        finally:
            _inside[0] -= 1
        return _spoiled(value) if outermost else value

    return wrapped


def _says_nothing(function: _Any) -> _Any:
    return getattr(function, "__annotations__", {}).get("return", 0) in (None, "None")


def _quietly(function: _Any) -> _Any:
    """The function as it is, but what it calls is not spoiled."""

    @_functools.wraps(function)
    def wrapped(*args: _Any, **kwargs: _Any) -> _Any:
        _inside[0] += 1
        try:
            return function(*args, **kwargs)
        finally:
            _inside[0] -= 1

    return wrapped


def _spoil_class(cls: _Any) -> _Any:
    module = "torch" in _sys.modules and issubclass(cls, _sys.modules["torch"].nn.Module)
    for name, found in list(vars(cls).items()):
        if name in _KEPT or (name.startswith("_") and not name.endswith("__")):
            continue
        if name == "__init__":
            setattr(cls, name, _with_spoiled_parameters(found) if module else _quietly(found))
        elif isinstance(found, _types.FunctionType):
            # What a method does to a plain object is seen through attributes, which are spoiled.
            quiet = not module and _says_nothing(found)
            wrap = _quietly(found) if quiet else _spoiling(found, module and _says_nothing(found))
            setattr(cls, name, wrap)
        elif isinstance(found, (staticmethod, classmethod)):
            setattr(cls, name, type(found)(_spoiling(found.__func__)))
        elif isinstance(found, property) and found.fget is not None:
            setattr(cls, name, property(_spoiling(found.fget), found.fset, found.fdel))
    if not module:
        cls.__getattribute__ = _attribute
    elif _how == "list":  # a parameter can be none: it is one where it is read
        cls.__getattr__ = _spoiling(cls.__getattr__)
        cls.state_dict = _spoiling(cls.state_dict)
        cls.named_parameters = _spoiling(cls.named_parameters)


def _attribute(self: _Any, name: _Any) -> _Any:
    value = object.__getattribute__(self, name)
    if _inside[0] or name.startswith("_") or callable(value):
        return value
    return _spoiled(value)


def _with_spoiled_parameters(init: _Any) -> _Any:
    @_functools.wraps(init)
    def wrapped(self: _Any, *args: _Any, **kwargs: _Any) -> _Any:
        outermost = not _inside[0]
        _inside[0] += 1
        try:
            init(self, *args, **kwargs)
        finally:
            _inside[0] -= 1
        if outermost and _how != "list":
            for parameter in self.parameters():
                parameter.data = _tensor(parameter.detach())

    return wrapped


for _name, _found in list(globals().items()):
    if _name.startswith("_") or getattr(_found, "__module__", None) != __name__:
        continue
    if _inspect.isclass(_found):
        _spoil_class(_found)
    elif isinstance(_found, _types.FunctionType):
        globals()[_name] = _spoiling(_found, _says_nothing(_found))
