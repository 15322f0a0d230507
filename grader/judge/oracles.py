"""Comparisons with the expected answer: type, shape, dtype, finiteness, then values.

All on our side of the wall, over plain values. They never broadcast, and each comparison is written so
that NaN fails (`not (error <= tolerance)`). A mismatch says in two languages what is wrong, and carries
what a picture needs.

Tolerances were measured on CPU: correct float64 convolutions differ by 1.2e-15 of the largest value,
float32 ones by 2.4e-7, and by up to 7e-3 of single small entries. So the absolute part hangs on the
largest value.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

import numpy as np

from grader.core.record import Evidence, ExceptionEvidence, Outcome, ScalarEvidence, Text, number
from grader.judge.evidence import (
    Array,
    array_evidence,
    curve_evidence,
    describe,
    shape_text,
    tensor_evidence,
    with_dtype,
)
from grader.judge.faults import Mismatch, StudentError
from grader.judge.proxy import Remote, Submission
from grader.worker import wire

__tracebackhide__ = True  # by hand, pytest shows the suite's line and not ours

EPSILON: Final = 1e-5  # step of central differences: the best one in float64
GRADIENT_RTOL: Final = 1e-7  # of the norm, for smooth functions
MAX_FINITE: Final = float(np.finfo(np.float64).max)


def tolerances(dtype: np.dtype[Any]) -> tuple[float, float]:
    """(relative tolerance, absolute tolerance as a part of the largest expected magnitude)."""
    if dtype in (np.dtype(np.float32), np.dtype(np.complex64)):
        return 1e-4, 1e-5
    if dtype == np.dtype(np.float16):
        return 1e-2, 1e-3
    if dtype.kind in "fc":
        return 1e-9, 1e-10
    return 0.0, 0.0


def tensor_tolerances(dtype: str) -> tuple[float, float]:
    """`tolerances` of a tensor's dtype: bfloat16 has 8 bits of precision, float16 has 11."""
    return (5e-2, 1e-2) if dtype == wire.BFLOAT16 else tolerances(wire.carrier(dtype))


def errors(got: Array, want: Array) -> Array:
    """|got - want| in double precision: 0 where both are the same infinity, NaN where one is NaN."""
    a, b = _double(got), _double(want)
    with np.errstate(all="ignore"):
        # Whole numbers above 2**53 that differ can be the same double: then they are 1 off at least.
        apart = np.maximum(np.abs(a - b), 1.0) if got.dtype.kind in "iub" else np.abs(a - b)
        return np.asarray(np.where(got == want, 0.0, apart))


def _double(array: Array) -> Array:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def close(got: Array, want: Array, rtol: float, atol: float) -> Array:
    """Where `got` is within tolerance; both of one shape. NaN is nowhere; infinity equals itself alone."""
    error = errors(got, want)
    with np.errstate(all="ignore"):
        allowed = atol + rtol * np.abs(_double(want))
    return np.asarray((error == 0.0) | ((error <= allowed) & np.isfinite(allowed)))


def surely_close(got: Array, want: Array, rtol: float, atol: float) -> bool:
    """What `close` says of finite numbers, in a third of the time; False says nothing."""
    with np.errstate(all="ignore"):
        error = np.abs(np.subtract(got, want, dtype=np.float64))
        # An infinity makes an infinite or undefined error, which is not below anything finite.
        # In double precision: as a float32, MAX_FINITE would be infinite itself.
        allowed = np.add(atol, rtol * np.abs(want), dtype=np.float64)
        return bool((error <= np.minimum(allowed, MAX_FINITE)).all())


def largest(want: Array) -> float:
    """The largest finite magnitude in `want`, 0 for none."""
    if want.dtype.kind not in "fc":
        want = want.astype(np.float64)
    if not want.size:
        return 0.0
    magnitudes = np.abs(want)
    peak = float(magnitudes.max())
    if math.isfinite(peak):
        return peak
    return float(np.where(np.isfinite(magnitudes), magnitudes, 0).max())


WRONG_VALUE: Final = Text(en="The value is not right.", ko="값이 맞지 않습니다.")
WRONG_SHAPE: Final = Text(en="The shape is not right.", ko="모양이 맞지 않습니다.")


def _refuse(
    name: str,
    en: str,
    ko: str,
    got: Any,
    evidence: Sequence[Evidence] = (),
    *,
    brief: Text | None = None,
) -> NoReturn:
    prefix = f"{name}: " if name else ""
    raise Mismatch(Text(en=prefix + en, ko=prefix + ko), evidence, got=got, brief=brief)


def _wrong_kind(
    name: str, asked: Text, got: Any, evidence: Sequence[Evidence] = (), *, tensor: bool = False
) -> NoReturn:
    """`got` is no value of the kind that was asked for."""
    what = describe(got)
    en, ko = f"expected {asked.en}, got {what.en}.", f"기대한 것: {asked.ko}. 제출한 것: {what.ko}."
    if got is None:
        en, ko = en + " Is a return missing?", ko + " return이 빠지지 않았는지 확인하세요."
    elif tensor:
        if not isinstance(got, Remote):
            en, ko = en + " Return a torch.Tensor.", ko + " torch.Tensor를 반환하세요."
    elif isinstance(got, wire.Tensor):
        en, ko = (
            en + " Return no tensor here (.numpy(), .item()).",
            ko + " 텐서를 반환하지 마세요(.numpy(), .item()).",
        )
    elif isinstance(got, list):
        en, ko = en + " Return a NumPy array.", ko + " NumPy 배열을 반환하세요."
    prefix = f"{name}: " if name else ""
    fault = Mismatch(
        Text(en=prefix + en, ko=prefix + ko),
        [*evidence, ScalarEvidence(role="got", name=name, value=what.en[:200])],
        got=got,
        brief=Text(en="The result is of the wrong kind.", ko="제출한 값의 종류가 다릅니다."),
    )
    if isinstance(got, Remote) and got.kind == wire.OBJECT:
        # An object that answers `==` as it likes is no answer at all.
        fault.outcome = Outcome.CRASHED
    raise fault


def assert_close(
    got: Any,
    want: Any,
    *,
    name: str | Sequence[str] = "",
    axes: Sequence[str] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: str | None = None,
    device: str | None = None,
) -> None:
    """Hold if `got` is `want` within tolerance (see docs/authoring.md).

    Args:
        got: what the submission returned.
        want: an array, a tensor, a number, or a tuple, list or dict of them, compared member by member.
        name: what it is called in messages; a name a member if `want` has members.
        axes: names of the axes, for pictures.
        rtol, atol: both absolute numbers; by default of `want`'s dtype, see `tolerances`.
        dtype: what `got` must be, if not `want`'s dtype.
        device: where a tensor must be, if not on `want`'s device.

    Raises:
        Mismatch: says in which respect it is not.
    """
    if isinstance(want, (tuple, list, dict)):
        _assert_members(got, want, name, axes, rtol, atol, dtype, device)
        return
    label = name if isinstance(name, str) else ", ".join(name)
    if isinstance(want, wire.Tensor):
        assert_like(got, want, dtype=dtype, device=device, name=label, axes=axes)
        if got.array is not None and want.array is not None:
            default_rtol, part = tensor_tolerances(got.dtype)
            rtol = default_rtol if rtol is None else rtol
            atol = part * largest(want.array) if atol is None else atol
            _assert_array(
                got.array,
                want.array,
                got,
                label,
                axes,
                rtol,
                atol,
                got.array.dtype,
                shown=(got.dtype, want.dtype),
            )
        return
    want = np.asarray(want)
    if want.dtype.kind in "fc" and np.isnan(want).any():
        raise ValueError(f"{label}: NaN is expected, which nothing equals")
    if want.ndim == 0:
        array = _scalar(got, want, label)
    elif isinstance(got, np.ndarray):
        array = got
    else:
        asked = Text(
            en=f"an array of shape {shape_text(want.shape)}", ko=f"모양이 {shape_text(want.shape)}인 배열"
        )
        _wrong_kind(label, asked, got, [array_evidence("expected", want, name=label, axes=axes)])
    _assert_array(array, want, got, label, axes, rtol, atol, np.dtype(dtype) if dtype else want.dtype)


def _scalar(got: Any, want: Array, name: str) -> Array:
    """`got` as a 0-d array; a Python number counts as one."""
    if isinstance(got, bool) or (isinstance(got, np.ndarray) and got.dtype == np.bool_):
        if want.dtype == np.bool_:
            return np.asarray(got)
    elif isinstance(got, np.ndarray):
        return got
    elif isinstance(got, (int, float, complex)) and want.dtype != np.bool_:
        if isinstance(got, int) and want.dtype.kind in "fc":
            got = float(got)
        return np.asarray(got)
    asked = (
        Text(en="True or False", ko="True 또는 False")
        if want.dtype == np.bool_
        else Text(en="a number", ko="수")
    )
    _wrong_kind(name, asked, got, [ScalarEvidence(role="expected", name=name, value=number(want.item()))])


def _assert_members(
    got: Any,
    want: Any,
    name: str | Sequence[str],
    axes: Sequence[str] | None,
    rtol: float | None,
    atol: float | None,
    dtype: str | None,
    device: str | None,
) -> None:
    label = name if isinstance(name, str) else ""
    kind = type(want).__name__
    if type(got) is not type(want) or len(got) != len(want):
        _wrong_kind(label, Text(en=f"a {kind} of {len(want)}", ko=f"길이가 {len(want)}인 {kind}"), got)
    if isinstance(want, dict):
        if set(got) != set(want):
            asked = ", ".join(map(str, want))
            has = ", ".join(map(str, got))[:200]
            _refuse(
                label,
                f"expected the keys {asked}, got {has}.",
                f"키가 다릅니다. 기대한 키: {asked}, 제출한 키: {has}.",
                got,
                brief=Text(en=f"Expected the keys {asked}.", ko=f"기대한 키: {asked}."),
            )
        pairs = [(str(key), got[key], want[key]) for key in want]
    else:
        names = [f"{label}[{i}]" for i in range(len(want))] if isinstance(name, str) else list(name)
        pairs = list(zip(names, got, want, strict=True))
    for member, one, other in pairs:
        try:
            assert_close(one, other, name=member, axes=axes, rtol=rtol, atol=atol, dtype=dtype, device=device)
        except Mismatch as e:
            e.got = got
            raise


def _assert_array(
    array: Array,
    want: Array,
    got: Any,
    name: str,
    axes: Sequence[str] | None,
    rtol: float | None,
    atol: float | None,
    dtype: np.dtype[Any],
    shown: tuple[str, str] | None = None,
) -> None:
    """`shown`: the dtypes of tensors, of what was got and of what is expected."""

    def evidence(worst: Sequence[int] | None = None) -> list[Evidence]:
        pair = [
            array_evidence("expected", want, name=name, axes=axes, worst=worst),
            array_evidence("got", array, name=name, axes=axes, worst=worst),
        ]
        if shown is not None:
            pair = [with_dtype(pair[0], shown[1]), with_dtype(pair[1], shown[0])]
        return list(pair)

    if array.shape != want.shape:
        en = f"expected shape {shape_text(want.shape)}, got {shape_text(array.shape)}."
        shapes = f"기대한 모양: {shape_text(want.shape)}, 제출한 모양: {shape_text(array.shape)}"
        ko = f"모양이 다릅니다. {shapes}."
        if array.size == want.size and want.ndim:
            en, ko = en + " The number of entries is right.", ko + " 원소 수는 맞습니다."
        _refuse(name, en, ko, got, evidence(), brief=WRONG_SHAPE)
    if array.dtype != dtype:
        _refuse(
            name,
            f"expected dtype {dtype}, got {array.dtype}.",
            f"dtype이 다릅니다. 기대한 dtype: {dtype}, 제출한 dtype: {array.dtype}.",
            got,
            evidence(),
        )
    default_rtol, part = tolerances(dtype)
    rtol = default_rtol if rtol is None else rtol
    atol = part * largest(want) if atol is None else atol
    if array.dtype.kind == want.dtype.kind == "f" and surely_close(array, want, rtol, atol):
        return
    right = close(array, want, rtol, atol)
    if right.all():
        return
    error = errors(array, want)
    rank = np.where(right, -1.0, np.where(np.isnan(error), np.inf, error))
    worst = [int(i) for i in np.unravel_index(int(rank.argmax()), want.shape)]
    at = tuple(worst)
    wrong = int(want.size - right.sum())
    expected, found = _shown(want[at]), _shown(array[at])
    if want.ndim == 0:
        _refuse(
            name,
            f"expected {expected}, got {found}.",
            f"값이 다릅니다. 기댓값: {expected}, 제출한 값: {found}.",
            got,
            evidence(worst),
            brief=WRONG_VALUE,
        )
    nans = int(np.isnan(array).sum()) if array.dtype.kind in "fc" else 0
    brief = Text(
        en=f"{wrong} of {want.size} entries are wrong.", ko=f"원소 {want.size}개 중 {wrong}개가 틀렸습니다."
    )
    en = f"{brief.en[:-1]}; the worst is at {worst}: expected {expected}, got {found}."
    ko = f"{brief.ko} 가장 크게 틀린 곳은 {worst}: 기댓값 {expected}, 제출한 값 {found}."
    if nans:
        en, ko = en + f" {nans} are NaN.", ko + f" {nans}개는 NaN입니다."
    _refuse(name, en, ko, got, evidence(worst), brief=brief)


def assert_like(
    got: Any,
    want: wire.Tensor,
    *,
    dtype: str | None = None,
    device: str | None = None,
    any_device: bool = False,
    name: str = "",
    axes: Sequence[str] | None = None,
) -> None:
    """Hold if `got` is a tensor of the shape, dtype and device of `want`, whatever its numbers."""
    shape = shape_text(want.shape)
    if not isinstance(got, wire.Tensor):
        asked = Text(en=f"a tensor of shape {shape}", ko=f"모양이 {shape}인 텐서")
        _wrong_kind(name, asked, got, [tensor_evidence("expected", want, name=name, axes=axes)], tensor=True)

    def refuse(en: str, ko: str) -> NoReturn:
        shown = [tensor_evidence("got", got, name=name, axes=axes)]
        if want.array is not None:
            shown.insert(0, tensor_evidence("expected", want, name=name, axes=axes))
        _refuse(name, en, ko, got, shown)

    if got.shape != want.shape:
        found = shape_text(got.shape)
        refuse(
            f"expected shape {shape}, got {found}.",
            f"모양이 다릅니다. 기대한 모양: {shape}, 제출한 모양: {found}.",
        )
    if got.dtype != (asked_dtype := dtype or want.dtype):
        refuse(
            f"expected dtype {asked_dtype}, got {got.dtype}.",
            f"dtype이 다릅니다. 기대한 dtype: {asked_dtype}, 제출한 dtype: {got.dtype}.",
        )
    if not any_device and got.device != (place := device or want.device):
        refuse(
            f"expected a tensor on the device {place!r}, got one on {got.device!r}. "
            "Create tensors on the device of the input.",
            f"장치가 다릅니다. 기대한 장치: {place}, 제출한 텐서의 장치: {got.device}. "
            "텐서를 입력과 같은 장치에 만드세요.",
        )


def _shown(value: Any) -> str:
    value = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
    return f"{value:.6g}" if isinstance(value, (float, complex)) else str(value)


def assert_curve(x: Any, got: Any, want: Any, *, name: str = "") -> None:
    """As `assert_close` for values of a function of one variable at `x`; shown as curves."""
    try:
        assert_close(got, want, name=name)
    except Mismatch as e:
        x = np.asarray(x)
        want = np.asarray(want)
        curves: list[Evidence] = [curve_evidence("expected", name, x, want)]
        if isinstance(got, np.ndarray) and got.shape == x.shape and got.dtype.kind in "fiu":
            curves.append(curve_evidence("got", name, x, got))
            e.evidence = curves
        raise


def assert_equal(got: Any, want: Any, *, name: str = "") -> None:
    """Hold if `got` is exactly `want`: type, members and values."""
    if isinstance(want, wire.Tensor):
        assert_close(got, want, name=name, rtol=0.0, atol=0.0)
        return
    if isinstance(got, np.ndarray) and got.ndim == 0 and isinstance(want, (bool, int, float)):
        got_plain: Any = got.item()
    else:
        got_plain = got
    if isinstance(got_plain, Remote) or type(got_plain) is not type(want):
        _wrong_kind(
            name, Text(en=f"the {type(want).__name__} {want!r}", ko=f"{type(want).__name__} {want!r}"), got
        )
    if isinstance(want, (list, tuple)):
        if len(want) != len(got_plain):
            _wrong_kind(name, Text(en=f"{want!r}", ko=f"{want!r}"), got)
        for i, (one, other) in enumerate(zip(got_plain, want, strict=True)):
            try:
                assert_equal(one, other, name=f"{name}[{i}]")
            except Mismatch as e:
                e.got = got
                raise
    elif isinstance(want, dict):
        if want.keys() != got_plain.keys():
            _wrong_kind(name, Text(en=f"{want!r}", ko=f"{want!r}"), got)
        for key, other in want.items():
            assert_equal(got_plain[key], other, name=f"{name}[{key!r}]")
    elif got_plain != want:
        shown = str(got_plain)[:80]
        values: list[Evidence] = [
            ScalarEvidence(role="expected", name=name, value=_scalar_value(want)),
            ScalarEvidence(role="got", name=name, value=_scalar_value(got_plain)),
        ]
        _refuse(
            name,
            f"expected {want!s:.80}, got {shown}.",
            f"값이 다릅니다. 기댓값: {want!s:.80}, 제출한 값: {shown}.",
            got,
            values,
            brief=WRONG_VALUE,
        )


def _scalar_value(value: Any) -> Any:
    return (
        number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)[:200]
    )


def assert_shape(got: Any, shape: Sequence[int], *, dtype: str | None = None, name: str = "") -> None:
    """Hold if `got` is an array of this shape (and dtype) with finite entries."""
    asked = Text(en=f"an array of shape {shape_text(shape)}", ko=f"모양이 {shape_text(shape)}인 배열")
    if not isinstance(got, np.ndarray):
        _wrong_kind(name, asked, got)
    shown = [array_evidence("got", got, name=name)]
    if got.shape != tuple(shape):
        en = f"expected shape {shape_text(shape)}, got {shape_text(got.shape)}."
        _refuse(
            name,
            en,
            f"모양이 다릅니다. 기대한 모양: {shape_text(shape)}, 제출한 모양: {shape_text(got.shape)}.",
            got,
            shown,
            brief=WRONG_SHAPE,
        )
    if dtype is not None and got.dtype != np.dtype(dtype):
        en = f"expected dtype {dtype}, got {got.dtype}."
        _refuse(name, en, f"dtype이 다릅니다. 기대한 dtype: {dtype}, 제출한 dtype: {got.dtype}.", got, shown)
    if got.dtype.kind in "fc" and not np.isfinite(got).all():
        _refuse(name, "some entries are not finite.", "유한하지 않은 원소가 있습니다.", got, shown)


def assert_raises(
    exception: str | tuple[str, ...], function: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> None:
    """Hold if the submission's `function` raises an exception of that name, such as `"ValueError"`."""
    names = (exception,) if isinstance(exception, str) else exception
    asked = " / ".join(names)
    not_raised = Text(en=f"Expected {asked}.", ko=f"{asked} 예외가 발생해야 합니다.")
    try:
        got = function(*args, **kwargs)
    except StudentError as e:
        if e.type_name in names:
            return
        if e.type_name == "NotImplementedError":
            raise
        evidence = [ExceptionEvidence(type=e.type_name, message=e.text, expected=asked)]
        text = Text(
            en=f"Expected {asked}, but your code raised {e.type_name}.",
            ko=f"{asked} 예외가 발생해야 하지만 {e.type_name} 예외가 발생했습니다.",
        )
        fault = Mismatch(text, evidence, brief=not_raised)
        fault.frames = e.frames
        raise fault from None
    what = describe(got)
    _refuse(
        "",
        f"Expected {asked}, but your code returned {what.en}. Check the arguments and raise it.",
        f"{asked} 예외가 발생해야 하지만 값을 반환했습니다({what.ko}). 인수를 확인하고 예외를 일으키세요.",
        got,
        brief=not_raised,
    )


def assert_unchanged(submission: Submission) -> None:
    """Hold if no call of this check has changed one of its inputs."""
    for function, argument in submission.mutations():
        raise Mismatch(
            Text(
                en=f"{function} changed its input {argument!r} in place. Work on a copy.",
                ko=f"{function} 함수가 입력 배열({argument})을 직접 수정했습니다. 복사본을 사용하세요.",
            )
        )


def assert_gradient(
    got: Any,
    function: Callable[[Array], float],
    at: Any,
    *,
    name: str = "gradient",
    rtol: float = GRADIENT_RTOL,
) -> None:
    """Hold if `got` is the gradient of the *reference's* scalar `function` at `at`.

    What is expected is the central difference in float64 with ε = 1e-5, compared by norm.
    """
    at = np.array(at, dtype=np.float64)
    want = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        kept = at[index]
        at[index] = kept + EPSILON
        above = float(function(at))
        at[index] = kept - EPSILON
        below = float(function(at))
        at[index] = kept
        want[index] = (above - below) / (2 * EPSILON)
    assert_shape(got, want.shape, dtype="float64", name=name)
    # Of what is expected alone: an answer that is huge must not widen its own tolerance.
    scale = max(float(np.linalg.norm(want)), 1e-12)
    with np.errstate(all="ignore"):  # an overflow is infinite, which is too far
        distance = float(np.linalg.norm(got - want))
    if not distance <= rtol * scale:
        assert_close(got, want, name=name, rtol=0.0, atol=rtol * scale / math.sqrt(want.size))


def fail(en: str, ko: str, evidence: Sequence[Evidence] = ()) -> NoReturn:
    """End the check with a message of the suite's own."""
    raise Mismatch(Text(en=en, ko=ko), evidence)
