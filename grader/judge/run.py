"""One submission on its way through the checks: what happened at each, told as outcomes and evidence."""

import itertools
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final, Protocol

import numpy as np

from grader.core import notebook
from grader.core.record import CallEvidence, CellNote, Evidence, Flag, Frame, GraphEvidence, Outcome, Text
from grader.core.submission import Submission as Handed
from grader.errors import MachineError
from grader.judge import cells, faults
from grader.judge.evidence import array_evidence, tensor_evidence
from grader.judge.faults import CheckFault, Mismatch
from grader.judge.pacemaker import Line
from grader.judge.proxy import Exchange, Far, Remote
from grader.judge.suite import Check
from grader.judge.uses import MAX_FLAGS, Use, flags, message
from grader.worker import wire

MAX_STEPS: Final = 6  # done to objects before what failed, as far as they are shown
MAX_INPUTS: Final = 6  # arrays of a call that a record shows
MAX_KEPT: Final = 256 * 2**20  # bytes of answers kept for the diagnosis; what comes after has none
MAX_SOURCE_LINE: Final = 400  # characters
BROKEN: Final = Text(
    en="The grader could not judge this submission.", ko="채점기가 이 제출물을 채점하지 못했습니다."
)


class Connection(Line, Protocol):
    """A line to one submission."""

    @property
    def output(self) -> bytes | bytearray:
        """What the submission printed, as far as it is kept."""

    @property
    def output_truncated(self) -> bool:
        """Whether it printed more than is kept."""

    @property
    def unloadable(self) -> bool:
        """Whether the submission could not be imported, so that nothing of it was called."""

    @property
    def uses(self) -> Sequence[Use]:
        """What its source holds that the exercise forbids."""

    @property
    def notes(self) -> Any:
        """What the worker claims of a notebook's cells."""


class Verdict:
    """One check of one submission, as it went."""

    def __init__(self, check: Check) -> None:
        self.check = check
        # Only a call phase that ends well makes it PASSED; a check that never ran has not passed.
        self.outcome = Outcome.NOT_GRADED
        self.share = Fraction(0)
        """The part of its points that it earns though it did not pass."""
        self.message: Text | None = None
        self.brief: Text | None = None
        self.evidence: list[Evidence] = []
        self.lines: list[tuple[str, int]] = []
        self.staff_note: str | None = None
        self.reason: Text | None = None
        self.seconds = 0.0
        self.trace: Sequence[Exchange] = ()
        self.uses: Sequence[Use] = ()
        """Forbidden things that this check came to."""

    @property
    def passed(self) -> bool:
        """Whether it was recorded as passed."""
        return self.outcome is Outcome.PASSED


class Run:
    """One submission on its way through the checks."""

    def __init__(self, handed: Handed, live: Connection) -> None:
        self.handed = handed
        self.digest = handed.digest
        self.far = Far(live)
        self.verdicts: list[Verdict] = []
        self._kept = 0
        self.live = live
        self._files = {file.name: file for file in handed.files}
        self._sources: dict[str, list[str]] = {}

    def begin(self, check: Check) -> None:
        """A check starts."""
        self.far.begin()
        self.live.begin()
        self.verdicts.append(Verdict(check))

    def leave_out(self, check: Check) -> None:
        """A check is not run: what came before it has decided."""
        verdict = Verdict(check)
        verdict.outcome = Outcome.SKIPPED
        verdict.message = Text(
            en="Not run: an earlier check did not pass.",
            ko="앞선 검사를 통과하지 못하여 실행하지 않았습니다.",
        )
        self.verdicts.append(verdict)

    def report(self, phase: str, seconds: float, error: BaseException | None) -> None:
        """One phase of the check (`setup`, `call`, `teardown`) has ended."""
        verdict = self.verdicts[-1]
        if phase == "call":
            verdict.seconds = seconds
            if error is None and verdict.message is None:
                verdict.outcome = Outcome.PASSED
        if error is not None:
            self._failed(verdict, error)

    @property
    def loaded(self) -> bool:
        """Whether the submission could be imported."""
        return not self.live.unloadable

    def end(self) -> None:
        """The check has ended."""
        if self.far.watched or self.live.uses:
            self.verdicts[-1].uses = self._used()
        self._kept += self.far.received
        if self._kept <= MAX_KEPT:
            self.verdicts[-1].trace = self.far.trace
        for exchange in self.far.trace:  # its frames hold the exchange: a cycle that would keep every array
            if exchange.fault is not None:
                exchange.fault.__traceback__ = None

    def _used(self) -> list[Use]:
        """What this check came to: seen as it ran, or in the source of what it called."""
        ran = [use for exchange in self.far.trace for use in exchange.uses]
        called = {name for exchange in self.far.trace for name in exchange.function.split(", ")}
        written = [use for use in self.live.uses if use.touches(called)]
        return list(dict.fromkeys([*ran, *written]))[:MAX_FLAGS]

    def forbid(self, *, by_source: bool) -> None:
        """No points for checks that passed with what the exercise forbids.

        Where operations are seen as they run, only they count: a class that holds a forbidden name earns what
        does not come to it. `by_source`: the source is all that there is to go by.
        """
        for verdict in self.verdicts:
            uses = [use for use in verdict.uses if by_source or use.ran]
            # `torch.nn.functional.conv2d` says more than `aten.convolution`.
            places = {(use.file, use.line) for use in uses}
            written = [u for u in verdict.uses if not u.ran and (u.file, u.line) in places]
            if uses and (verdict.passed or verdict.share):
                verdict.outcome = Outcome.FORBIDDEN
                verdict.share = Fraction(0)
                verdict.message = message(self._placed([*written, *uses][0]))
                verdict.lines = [(use.file, use.line) for use in uses[:1]]

    @property
    def flags(self) -> list[Flag]:
        """All that was seen, for staff."""
        seen = [("", use) for use in self.live.uses]
        seen += [(v.check.id, use) for v in self.verdicts for use in v.uses]
        return flags([(check, self._placed(use)) for check, use in seen])

    @property
    def notes(self) -> list[CellNote]:
        """Which cells of a notebook did not run to their end."""
        return cells.read(self.live.notes, self.handed.files)

    def _placed(self, use: Use) -> Use:
        """The use by cell and line of the cell, where it is in a notebook."""
        own = self._files[use.file].cells if use.file in self._files else None
        place = None if own is None else notebook.place(own, use.line)
        return use if place is None else replace(use, cell=place.cell, line=place.line)

    def _failed(self, verdict: Verdict, error: BaseException) -> None:
        if isinstance(error, CheckFault):
            verdict.outcome = error.outcome
            verdict.message = error.message
            verdict.brief = error.brief if isinstance(error, Mismatch) else None
            verdict.share = error.share if isinstance(error, Mismatch) else Fraction(0)
            if error.key[0] == "missing":
                name = error.key[1]
                if (note := cells.failed(name, self.notes, self.handed.files)) is not None:
                    verdict.message = faults.missing_behind(name, note)
            verdict.lines = error.frames
            verdict.evidence = [*self._of_call(self._origin(error)), *error.evidence]
            if any(isinstance(one, GraphEvidence) for one in error.evidence):
                verdict.evidence = error.evidence  # the graph is what was asked
        elif isinstance(error, MachineError) or self.far.broken or not self.far.answered:
            verdict.outcome = Outcome.NOT_GRADED
            verdict.message = verdict.reason = BROKEN
            verdict.staff_note = _staff_note(error)
        else:
            # The suite tripped over what the submission returned: the reference gets through.
            verdict.outcome = Outcome.FAILED
            verdict.message = Text(
                en="The result is not what this check expects.",
                ko="결과가 이 검사에서 기대한 것과 다릅니다.",
            )
            verdict.evidence = self._of_call(self._origin(error))
            verdict.staff_note = _staff_note(error)

    def _origin(self, error: BaseException) -> Exchange | None:
        """The exchange that the failure is about: where the value came from, else the last."""
        trace = self.far.trace
        if isinstance(error, Mismatch) and error.got is not None:
            for exchange in reversed(trace):
                if exchange.value is error.got or (
                    isinstance(exchange.value, (tuple, list)) and any(v is error.got for v in exchange.value)
                ):
                    return exchange
        return trace[-1] if trace else None

    def _of_call(self, exchange: Exchange | None) -> list[Evidence]:
        """The call that a failure is about, with its arrays; for objects all that was done to them."""
        if exchange is None:
            return []
        done = itertools.takewhile(lambda one: one is not exchange, self.far.trace)
        steps = [str(one.label) for one in done if _does_something(one)]
        text = "; ".join([*steps[-MAX_STEPS:], str(exchange.label)])
        if len(steps) > MAX_STEPS:
            text = f"…; {text}"
        evidence: list[Evidence] = [
            CallEvidence(text=text if _is_about_objects(exchange) else str(exchange.label))
        ]
        for name, value in itertools.islice(_members(exchange.inputs), MAX_INPUTS):
            if isinstance(value, np.ndarray):
                evidence.append(array_evidence("input", value, name=name))
            elif isinstance(value, wire.Tensor) and value.array is not None:
                evidence.append(tensor_evidence("input", value, name=name))
        return evidence

    def frames(self, lines: Sequence[tuple[str, int]]) -> list[Frame]:
        """The student's lines; their text is ours, only the numbers are the far side's."""
        found = []
        for name, number in lines:
            source = self._source(name)
            if 1 <= number <= len(source):
                text = source[number - 1][:MAX_SOURCE_LINE]
                cells = self._files[name].cells
                place = None if cells is None else notebook.place(cells, number)
                cell, line = (None, number) if place is None else place
                found.append(Frame(file=name, line=line, cell=cell, text=text))
        return found

    def _source(self, name: str) -> list[str]:
        """Lines of a file, split once; none of what is no file of the submission."""
        if name not in self._sources and name in self._files:
            file = self._files[name]
            lines = file.text.splitlines() if file.cells is None else file.text.split("\n")
            self._sources[name] = lines
        return self._sources.get(name, [])


def _members(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Arguments by name, those in a tuple or list each by its place."""
    for name, value in inputs.items():
        if isinstance(value, (tuple, list)):
            yield from ((f"{name}[{place}]", member) for place, member in enumerate(value))
        else:
            yield name, value


def _is_about_objects(exchange: Exchange) -> bool:
    return exchange.operation[0] in ("get", "invoke", "operator", "next")


def _does_something(exchange: Exchange) -> bool:
    """Whether the step changes objects; making one, or reading it, shows in the labels of later steps."""
    return exchange.operation[0] in ("set", "invoke") or (
        exchange.operation[0] == "call" and not isinstance(exchange.value, Remote)
    )


def _staff_note(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-4000:]
