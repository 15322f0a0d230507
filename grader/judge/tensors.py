"""Tensors of suites: how they are made, differentiated and compared. Without torch, over plain values.

`tensor` makes what is sent, `gradients` has the far side differentiate, the oracles say what is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from grader.core.record import ScalarEvidence, Text
from grader.judge import faults
from grader.judge.evidence import describe
from grader.judge.faults import Mismatch
from grader.judge.oracles import assert_close, assert_like
from grader.judge.proxy import CallLabel, Far, Function, Remote
from grader.worker import wire
from grader.worker.wire import Tensor

__tracebackhide__ = True  # by hand, pytest shows the suite's line and not ours

_NOT_BFLOAT16: Final = 0xFFFF  # the half of a float32 that bfloat16 has no room for


def tensor(
    values: Any, *, dtype: str | None = None, device: str = wire.CPU, requires_grad: bool = False
) -> Tensor:
    """A tensor to send: the numbers of `values`, or on `meta` their shape alone.

    `dtype` is one of torch's names, such as `"float32"`; without one it is that of `values` as an array.
    Raises ValueError for one that does not cross.
    """
    array = np.asarray(values)
    name = array.dtype.name if dtype is None else dtype
    if name not in wire.TENSOR_DTYPES:
        raise ValueError(f"no tensor of dtype {name!r}: choose one of {', '.join(wire.TENSOR_DTYPES)}")
    made: np.ndarray[Any, Any] | None = None
    if device != wire.META:
        made = np.array(array, dtype=wire.carrier(name))
        if name == wire.BFLOAT16:
            made = _rounded(made)
        made.flags.writeable = False
    result = Tensor(made, name, array.shape, device, requires_grad)
    if requires_grad and not result.is_floating:
        raise ValueError(f"a tensor of dtype {name!r} has no gradient")
    return result


def _rounded(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """float32 numbers rounded to bfloat16, to even where two are as near."""
    bits = array.view(np.uint32) if array.ndim else array.reshape(1).view(np.uint32)
    odd = (bits >> 16) & 1
    finite = np.isfinite(array).reshape(bits.shape)
    rounded = np.where(finite, bits + (_NOT_BFLOAT16 >> 1) + odd, bits) & ~np.uint32(_NOT_BFLOAT16)
    return rounded.astype(np.uint32).view(np.float32).reshape(array.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """What a function returned, and the gradients of what it was given. None: no gradient arrived there."""

    output: Any
    inputs: Mapping[str, Tensor | None]
    parameters: Mapping[str, Tensor | None]
    """Of a module: by the names of `named_parameters()`."""


def gradients(
    function: "Function | Remote",
    inputs: Mapping[str, Any],
    upstream: Tensor | Sequence[Tensor | None],
    *,
    of: Sequence[str] | None = None,
) -> Gradients:
    """Call `function` on the far side and differentiate what it returns, in one go.

    Args:
        function: `submission.conv2d`, `reference.conv2d`, or a handle of a module that can be called.
        inputs: its arguments by keyword.
        upstream: the gradient of the result; where it returns several tensors, one for each, or None.
        of: names of the inputs whose gradients are wanted; by default all floating-point tensors.

    Raises:
        Mismatch: what it returned is no tensor of the kind, shape, dtype and device of `upstream`, or
            depends on no input.
        CheckFault: it raised, or its backward did.
    """
    names = [
        name
        for name, value in inputs.items()
        if (type(value) is Tensor and value.is_floating if of is None else name in of)
    ]
    given = {
        name: replace(value, requires_grad=True) if name in names else value for name, value in inputs.items()
    }
    target: Any
    if isinstance(function, Function):
        far: Far = function._far  # noqa: SLF001 - the names of a Function are the student's
        target = shown = owner = function.__name__
    else:
        far, target = function._far, function  # noqa: SLF001 - the same
        shown, owner = function._label, function._function  # noqa: SLF001
    label = CallLabel(shown, (), given)
    expected = tuple(upstream) if isinstance(upstream, (tuple, list)) else upstream
    value = far.ask(("gradients", target, given, expected, names), owner, label)
    output, found, parameters = _read(value, names, label)
    if found is None or parameters is None:
        _say_why(output, expected, value)
        raise faults.rubbish(label)
    return Gradients(output, found, parameters)


Found = dict[str, Tensor | None]


def _read(value: Any, names: Sequence[str], label: object) -> tuple[Any, Found | None, Found | None]:
    """The reply, if it has the form that replies have."""
    if type(value) is not tuple or len(value) != 3:
        raise faults.rubbish(label)
    output, found, parameters = value
    if found is None and parameters is None:
        return output, None, None
    for one in (found, parameters):
        if type(one) is not dict or any(type(g) is not Tensor and g is not None for g in one.values()):
            raise faults.rubbish(label)
    if list(found) != list(names):
        raise faults.rubbish(label)
    return output, found, parameters


def _say_why(output: Any, upstream: Any, value: Any) -> None:
    """Raise what is wrong with an output that no gradient was asked of."""
    if isinstance(upstream, tuple):
        if type(output) not in (tuple, list) or len(output) != len(upstream):
            what, count = describe(output), len(upstream)
            raise Mismatch(
                Text(
                    en=f"expected {count} tensors, got {what.en}.",
                    ko=f"기대한 것: 텐서 {count}개. 제출한 것: {what.ko}.",
                ),
                [ScalarEvidence(role="got", name="", value=what.en[:200])],
                got=value,
            )
        for i, (one, grad) in enumerate(zip(output, upstream, strict=True)):
            if grad is not None:
                assert_like(one, grad, name=f"[{i}]")
    else:
        assert_like(output, upstream)


def assert_gradients(
    got: Gradients,
    want: Gradients,
    *,
    name: str = "",
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Hold if output and all gradients are as expected; `want` comes from `gradients(reference.…)`.

    Only what `want` has is compared, so that `of=` of the reference's call chooses.
    """
    assert_close(got.output, want.output, name=name, rtol=rtol, atol=atol)
    for found, expected in ((got.inputs, want.inputs), (got.parameters, want.parameters)):
        for key, grad in expected.items():
            if grad is None:
                continue
            if key not in found:
                raise _no_gradient(key, "is no registered parameter", "등록된 파라미터가 아닙니다")
            if found[key] is None:
                raise _no_gradient(
                    key, "gets no gradient: the result does not depend on it",
                    "기울기를 받지 못합니다. 결과가 이 값에 의존하지 않습니다",
                )  # fmt: skip
            assert_close(found[key], grad, name=f"gradient of {key}", rtol=rtol, atol=atol)


def _no_gradient(key: str, en: str, ko: str) -> Mismatch:
    return Mismatch(
        Text(
            en=f"{key!r} {en}. Look for .detach(), .data, .numpy(), torch.tensor() or no_grad() on its way.",
            ko=f"{key!r}: {ko}. 계산 과정에 .detach(), .data, .numpy(), torch.tensor(), no_grad()가 있는지 "
            "확인하세요.",
        )
    )


def assert_tensor(
    got: Any,
    shape: Sequence[int],
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool | None = None,
    name: str = "",
) -> None:
    """Hold if `got` is a tensor of this shape, and of what else is given, with finite entries."""
    want = Tensor(None, dtype or (got.dtype if type(got) is Tensor else "float32"), tuple(shape), wire.META)
    assert_like(got, want, device=device, any_device=device is None, name=name)
    if got.array is not None and got.is_floating and not np.isfinite(got.array).all():
        text = Text(en="some entries are not finite.", ko="유한하지 않은 원소가 있습니다.")
        raise Mismatch(_named(name, text), got=got)
    if requires_grad is not None and got.requires_grad != requires_grad:
        yes = Text(
            en="expected a tensor that wants a gradient (an nn.Parameter).",
            ko="기울기를 받는 텐서(nn.Parameter)여야 합니다.",
        )
        no = Text(en="expected a tensor without a gradient.", ko="기울기를 받지 않는 텐서여야 합니다.")
        raise Mismatch(_named(name, yes if requires_grad else no), got=got)


def _named(name: str, text: Text) -> Text:
    return Text(en=f"{name}: {text.en}", ko=f"{name}: {text.ko}") if name else text
