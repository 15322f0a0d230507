"""Times as learning platforms write them."""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from grader.collect.tree import EARLIEST
from grader.errors import InputError

_MOMENT: Final = re.compile(
    r"\s*(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d(:\d\d)?)(\.\d+)?\s*(?P<zone>\S*)\s*", re.ASCII
)
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?", re.ASCII)


def parse(data: bytes | str, zone: tzinfo = UTC) -> datetime | None:
    """The moment in a `timestamp.txt`; None if it holds none. Without a time zone it is of `zone`.

    nbgrader writes `2015-02-02 15:58:23.948203 America/Los_Angeles`, and means UTC where it names none.
    """
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    match = _MOMENT.fullmatch(text.split("\n")[0][:100])
    if match is None:
        return None
    try:
        naive = datetime.fromisoformat(f"{match['date']}T{match['time']}")
        return sane(naive.replace(tzinfo=_zone(match["zone"], zone)))
    except (ValueError, OverflowError, zoneinfo.ZoneInfoNotFoundError):
        return None


def sane(moment: datetime) -> datetime | None:
    """The moment in UTC, if a submission can be of then: in a `timestamp.txt` may be anything."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if moment >= EARLIEST else None


def _zone(name: str, otherwise: tzinfo) -> tzinfo:
    if not name:
        return otherwise
    if name in {"Z", "UTC", "GMT"}:
        return UTC
    if match := _OFFSET.fullmatch(name):
        sign = -1 if match["sign"] == "-" else 1
        ahead = sign * timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        return timezone(ahead)
    return zoneinfo.ZoneInfo(name)


def given(text: str) -> datetime:
    """The moment that somebody typed, without a zone in that of this machine; InputError if it is none."""
    local = datetime.now().astimezone().tzinfo or UTC
    moment = parse(text, local) or parse(f"{text} 23:59:59", local)
    if moment is None:
        raise InputError(f"no time {text!r}: write it as 2026-03-31, or 2026-03-31T23:59:00+09:00")
    return moment
