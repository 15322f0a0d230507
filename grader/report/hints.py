"""The hints of a record as they are shown: by what they are about, the newest step last."""

from dataclasses import dataclass
from itertools import groupby

from grader.core.record import OpenedHint, Record, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHints:
    """The open steps about one group, or about one check."""

    about: Text
    steps: list[OpenedHint]

    @property
    def newest(self) -> OpenedHint:
        """The step that opened last."""
        return self.steps[-1]


def shown_hints(record: Record) -> list[ShownHints]:
    """All that is open, in the order of the record."""
    titles: dict[tuple[str, str | None], Text] = {(g.name, None): g.title for g in record.groups}
    titles |= {(check.group, check.id): check.title for check in record.checks}
    return [
        ShownHints(about=titles[about], steps=list(steps))
        for about, steps in groupby(record.hints, key=lambda hint: (hint.group, hint.check))
    ]
