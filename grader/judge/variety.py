"""The least that is asked of an answer whose values are another check's business: that it is one."""

from typing import Any

import numpy as np

from grader.core.record import Text
from grader.judge.evidence import describe
from grader.judge.faults import Mismatch
from grader.worker.wire import Tensor

__tracebackhide__ = True  # by hand, pytest shows the suite's line and not ours


def assert_varies(got: Any, *, name: str = "") -> None:
    """Hold if `got` is an array or a tensor of finite numbers that are not all the same.

    For checks about something else, such as a device or an exception: without it they would give points for
    zeros, a constant or NaN, which is what `grade audit` calls a degenerate answer.
    """
    numbers = got.array if type(got) is Tensor else got
    if not isinstance(numbers, np.ndarray):
        what = describe(got)
        raise _mismatch(
            name,
            f"expected an array or a tensor of numbers, got {what.en}.",
            f"기대한 것: 수의 배열이나 텐서. 제출한 것: {what.ko}.",
            got,
        )
    if numbers.dtype.kind in "fc" and not np.isfinite(numbers).all():
        raise _mismatch(name, "some entries are not finite.", "유한하지 않은 원소가 있습니다.", got)
    if not numbers.size or (numbers == numbers.reshape(-1)[0]).all():
        raise _mismatch(
            name,
            "all entries are the same, whatever the input. Compute them from the input.",
            "모든 원소가 같습니다. 입력으로부터 계산한 값이어야 합니다.",
            got,
        )


def _mismatch(name: str, en: str, ko: str, got: Any) -> Mismatch:
    prefix = f"{name}: " if name else ""
    return Mismatch(Text(en=prefix + en, ko=prefix + ko), got=got)
