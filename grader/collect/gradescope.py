"""`submission_metadata.yml` of a Gradescope export: who handed in what, and when.

It holds all results of each submission as well, texts of students among them. YAML is read without
building anything but plain values; what is not as expected is passed over and listed as without an author.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from grader.collect import moments
from grader.collect.roster import Author
from grader.collect.tree import Leaf
from grader.errors import InputError, SubmissionError

NAMES: Final = frozenset({"submission_metadata.yml", "submission_metadata.yaml"})
MAX_BYTES: Final = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One submission; a group has several authors."""

    authors: tuple[Author, ...]
    submitted: datetime | None


def read(leaf: Leaf) -> dict[str, Entry]:
    """What the file says, by the folder (or file) of each submission; InputError if it is no such file."""
    import yaml

    what = repr(str(leaf.path))
    try:
        data = leaf.read(MAX_BYTES)
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast
        listed = yaml.load(data, Loader=loader)  # noqa: S506 - a safe loader, in C where there is one
    except SubmissionError as e:
        raise InputError(str(e)) from e
    except (yaml.YAMLError, RecursionError, ValueError) as e:
        raise InputError(f"{what} is no YAML: {str(e).splitlines()[0]}; export the submissions again") from e
    if not isinstance(listed, Mapping):
        raise InputError(f"{what} is not as Gradescope writes it: export the submissions again")
    return {str(name): _entry(value) for name, value in listed.items()}


def _entry(value: object) -> Entry:
    fields = value if isinstance(value, Mapping) else {}
    people = fields.get(":submitters")
    authors = [_author(one) for one in people] if isinstance(people, list) else []
    return Entry(
        authors=tuple(author for author in authors if author.shown),
        submitted=_moment(fields.get(":created_at")),
    )


def _author(value: object) -> Author:
    fields = value if isinstance(value, Mapping) else {}
    texts = {name: fields.get(f":{name}") for name in ("sid", "name", "email")}
    words = {name: "" if text is None else str(text).strip()[:200] for name, text in texts.items()}
    return Author(key=words["sid"], name=words["name"], email=words["email"])


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):  # YAML knows times; one without a zone is in UTC
        return moments.sane(value if value.tzinfo else value.replace(tzinfo=UTC))
    return moments.parse(value) if isinstance(value, str) else None
