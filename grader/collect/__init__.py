"""Collecting: a folder of submissions, however it came, as submissions of known students at known times."""

from grader.collect.collecting import Collection, Collector, Pending, Refused, Times
from grader.collect.roster import Roster

__all__ = ["Collection", "Collector", "Pending", "Refused", "Roster", "Times"]
