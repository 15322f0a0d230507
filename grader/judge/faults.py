"""Why a check did not pass: exceptions that carry an outcome, a message and evidence.

Raised on our side of the wall, by oracles and by calls of the submission, and caught by the
session that runs the check. Whatever is no `CheckFault` is the suite's or the grader's own error.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from grader.core.course import Limits
from grader.core.record import CellNote, Evidence, ExceptionEvidence, Outcome, Text


class CheckFault(Exception):
    """A check ended so, and it is the submission's doing."""

    def __init__(
        self,
        outcome: Outcome,
        message: Text,
        evidence: Sequence[Evidence] = (),
        *,
        frames: Sequence[tuple[str, int]] = (),
    ) -> None:
        super().__init__(message.en)
        self.outcome = outcome
        self.message = message
        self.evidence = list(evidence)
        self.frames = list(frames)
        """(file, line) of the student's that the traceback passes through, as the worker claims."""
        self.key: tuple[str, ...] = (outcome.value,)
        """What is compared when a known mistake is asked the same."""


class Mismatch(CheckFault):
    """An answer that is not what was asked for. `got`, if given, tells which call it came from."""

    def __init__(
        self,
        message: Text,
        evidence: Sequence[Evidence] = (),
        *,
        got: Any = None,
        brief: Text | None = None,
        share: Fraction = Fraction(0),
    ) -> None:
        super().__init__(Outcome.FAILED, message, evidence)
        self.got = got
        self.brief = brief
        """The message without inputs and expected values; None if it holds none anyway."""
        self.share = share
        """The part of the check's points that is earned all the same; below 1."""


class StudentError(CheckFault):
    """The student's code raised. `type_name` and `text` are the far side's claims."""

    def __init__(self, type_name: str, text: str, frames: Sequence[tuple[str, int]] = ()) -> None:
        self.type_name = type_name
        self.text = text
        super().__init__(
            Outcome.CRASHED,
            _raised(type_name, text),
            [ExceptionEvidence(type=type_name, message=text)],
            frames=frames,
        )
        # 60 characters of the text tell "no graph" from "backward called twice".
        self.key = ("raised", type_name, text[:60])


# Torch's ways to say that tensors of two devices met, or that numbers were asked of a tensor without any.
_DEVICES: Final = re.compile(
    r"same device|on the expected device|expected device|\bmeta (?:tensor|device)|device meta|'Meta' backend|"
    r"with Meta tensors|cuda:\d",
    re.IGNORECASE,
)


def about_devices(type_name: str, text: str) -> bool:
    """Whether an exception says that code works on one device only."""
    return type_name in ("RuntimeError", "NotImplementedError", "TypeError", "ValueError") and bool(
        _DEVICES.search(text)
    )


# Lightning's way to say that a hook is of an older version: "Support for `…` has been removed in v2.0.0".
_REMOVED: Final = re.compile(r"has been removed in v\d")


def unwritten(type_name: str, text: str) -> bool:
    """Whether an exception is the stub's own."""
    if type_name != "NotImplementedError" or _REMOVED.search(text):
        return False
    return not about_devices(type_name, text)


def _raised(type_name: str, text: str) -> Text:
    if unwritten(type_name, text):
        return Text(en="This part is not written yet.", ko="이 부분은 아직 작성하지 않았습니다.")
    first = text.strip().splitlines()[0][:200] if text.strip() else ""
    shown = f"{type_name}: {first}" if first else type_name
    if type_name in ("SyntaxError", "IndentationError", "TabError"):
        return Text(
            en=f"Your file is not valid Python: {first}",
            ko=f"파이썬 문법에 맞지 않는 파일입니다. {first}",
        )
    if type_name == "SystemExit":
        return Text(
            en="Your code ended the program (sys.exit). Return a value instead.",
            ko="코드가 프로그램을 끝냈습니다(sys.exit). 대신 값을 반환하세요.",
        )
    if about_devices(type_name, text):
        return Text(
            en="Your code works on one device only: create tensors on the device of the input (x.new_zeros, "
            f"device=x.device), and do not leave torch (.numpy(), .item(), .tolist()). It raised {shown}",
            ko="한 장치에서만 동작하는 코드입니다. 텐서를 입력과 같은 장치에 만들고"
            "(x.new_zeros, device=x.device) "
            f"torch 밖으로 나가지 마세요(.numpy(), .item(), .tolist()). 발생한 예외: {shown}",
        )
    return Text(en=f"Your code raised {shown}", ko=f"코드에서 예외가 발생했습니다. {shown}")


def missing(name: str) -> CheckFault:
    """The submission has no such function, class or attribute."""
    return CheckFault(
        Outcome.CRASHED,
        Text(
            en=f"There is no {name!r} in your code. Check the spelling, or add it.",
            ko=f"코드에 {name!r} 이름이 없습니다. 철자를 확인하거나 추가하세요.",
        ),
    )


def missing_behind(name: str, note: CellNote) -> Text:
    """The same, where a cell did not run to its end."""
    bare = missing(name).message
    return Text(en=f"{bare.en} {note.message.en}", ko=f"{bare.ko} {note.message.ko}")


def timed_out(call: object, seconds: float) -> CheckFault:
    """No answer within the limit."""
    return CheckFault(
        Outcome.TIMED_OUT,
        Text(
            en=f"{call} did not finish within {seconds:g} s and was stopped. "
            "Look for a loop that never ends, or for work that grows too fast.",
            ko=f"{call}: {seconds:g}초 안에 끝나지 않아 중단했습니다. 끝나지 않는 반복문이나 "
            "너무 빠르게 늘어나는 계산이 있는지 확인하세요.",
        ),
    )


def cells_timed_out(call: object, seconds: float) -> CheckFault:
    """The cells of a notebook did not run to their end within the limit."""
    return CheckFault(
        Outcome.TIMED_OUT,
        Text(
            en=f"{call}: the cells of your notebook did not finish within {seconds:g} s and were stopped. "
            "Give cells that train or try things out the tag skip-grade.",
            ko=f"{call}: 노트북의 셀이 {seconds:g}초 안에 끝나지 않아 중단했습니다. "
            "학습이나 실험을 하는 셀에는 skip-grade 태그를 붙이세요.",
        ),
    )


def total_time_used(seconds: float) -> CheckFault:
    """The submission has used the time that all of its checks have together."""
    return CheckFault(
        Outcome.TIMED_OUT,
        Text(
            en=f"Not run: the checks before this one used up the {seconds:g} s that a submission has.",
            ko=f"앞선 검사들이 제출물에 허용된 {seconds:g}초를 모두 써서 실행하지 않았습니다.",
        ),
    )


def cpu_time_used(call: object, seconds: float) -> CheckFault:
    """The CPU time that a submission has is used up, by all of its threads together."""
    return CheckFault(
        Outcome.TIMED_OUT,
        Text(
            en=f"{call} was stopped: your code had used the {seconds:g} s of CPU time that a submission has, "
            "all threads together.",
            ko=f"{call}: 제출물에 허용된 CPU 시간 {seconds:g}초(모든 스레드 합계)를 모두 써서 중단했습니다.",
        ),
    )


def died(call: object, how: str) -> CheckFault:
    """The worker ended instead of answering."""
    return CheckFault(
        Outcome.CRASHED,
        Text(
            en=f"{call} ended the whole program ({how}) instead of returning.",
            ko=f"{call}: 값을 반환하지 않고 프로그램 전체가 끝났습니다({how}).",
        ),
    )


def out_of_memory(call: object, mebibytes: int) -> CheckFault:
    """More memory was asked for than the limit allows."""
    return CheckFault(
        Outcome.OUT_OF_MEMORY,
        Text(
            en=f"{call} needed more than the {mebibytes} MiB of memory that a submission has.",
            ko=f"{call}: 제출물에 허용된 메모리 {mebibytes}MiB를 넘었습니다.",
        ),
    )


def of_limit(category: str, call: object, limits: Limits) -> CheckFault | None:
    """The limit that showed itself as an exception in the student's code; None for any other category."""
    match category:
        case "memory":
            return out_of_memory(call, limits.memory_mib)
        case "disk":
            return CheckFault(
                Outcome.OUTPUT_LIMIT,
                Text(
                    en=f"{call} wrote more than the working folder holds: {limits.disk_mib} MiB "
                    f"in {limits.inodes} files.",
                    ko=f"{call}: 작업 폴더의 한도를 넘었습니다"
                    f"(파일 {limits.inodes}개, {limits.disk_mib}MiB).",
                ),
            )
        case "open_files":
            return CheckFault(
                Outcome.CRASHED,
                Text(
                    en=f"{call} opened more than {limits.open_files} files at once. "
                    "Close them, or use `with open(…)`.",
                    ko=f"{call}: 동시에 연 파일이 {limits.open_files}개를 넘었습니다. "
                    "파일을 닫거나 `with open(…)`을 쓰세요.",
                ),
            )
        case "threads":
            return CheckFault(
                Outcome.CRASHED,
                Text(
                    en=f"{call} started more than {limits.processes} threads. "
                    "Wait for old ones, or use fewer.",
                    ko=f"{call}: 스레드가 {limits.processes}개를 넘었습니다. 스레드 수를 줄이세요.",
                ),
            )
    return None


def too_much_printed(call: object, kibibytes: int) -> CheckFault:
    """More was printed than the limit allows."""
    return CheckFault(
        Outcome.OUTPUT_LIMIT,
        Text(
            en=f"{call} printed more than {kibibytes} KiB. Remove the print calls from your loops.",
            ko=f"{call}: 출력이 {kibibytes}KiB를 넘었습니다. 반복문 안의 print 호출을 지우세요.",
        ),
    )


def too_large(call: object, what: str) -> CheckFault:
    """An answer over the limit on size."""
    return CheckFault(
        Outcome.OUTPUT_LIMIT,
        Text(
            en=f"{call} returned too much: {what}. Check the shape of the result.",
            ko=f"{call}: 반환값이 너무 큽니다({what}). 결과의 모양을 확인하세요.",
        ),
    )


def unsendable(call: object, what: str) -> CheckFault:
    """An answer that holds something other than plain values."""
    return CheckFault(
        Outcome.CRASHED,
        Text(
            en=f"{call} returned {what}. Return numbers or plain arrays of numbers.",
            ko=f"{call}: 반환값({what})을 다룰 수 없습니다. 수 또는 일반적인 수 배열을 반환하세요.",
        ),
    )


def odd_tensor(call: object, what: str) -> Mismatch:
    """A tensor of a kind that does not cross."""
    return Mismatch(
        Text(
            en=f"{call} returned {what}. Return a plain, dense torch.Tensor.",
            ko=f"{call}: 반환값({what})을 다룰 수 없습니다. 일반적인 torch.Tensor를 반환하세요.",
        )
    )


def no_graph(call: object, what: str) -> Mismatch:
    """A result that no gradient flows through; `what` is torch's way to say so."""
    return Mismatch(
        Text(
            en=f"{call}: the result is cut off from the inputs, so no gradient flows back ({what}). "
            "Compute it from the tensors given, without .detach(), .data, .numpy(), torch.tensor, no_grad.",
            ko=f"{call}: 결과가 입력과 끊어져 있어 기울기가 흐를 수 없습니다({what}). "
            ".detach(), .data, .numpy(), torch.tensor(), no_grad() 없이 받은 텐서로 계산하세요.",
        )
    )


def rubbish(call: object) -> CheckFault:
    """Bytes that are no answer."""
    return CheckFault(
        Outcome.CRASHED,
        Text(
            en=f"{call} sent bytes that are no answer: your code must not touch the grader's connection.",
            ko=f"{call}: 응답이 아닌 데이터를 보냈습니다. 채점기의 연결을 건드리면 안 됩니다.",
        ),
    )
