"""Whose work a submission is, by what its name says and the roster.

Matching is strict: work goes to a student only if one student fits. What fits nobody, or two, is for the
instructor to decide.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.core.roster import Student, fold
from grader.errors import SubmissionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """What a download says of whose work something is; any of it may be empty."""

    key: str = ""
    """What an id is written as: the name of a folder or of a file, Gradescope's sid."""
    name: str = ""
    """A full name, or one as Canvas writes it: `doejane`."""
    email: str = ""
    platform_id: str = ""
    """The learning platform's own number of the person."""

    @property
    def shown(self) -> str:
        """What to call the author where nobody knows better."""
        named = self.name or self.key or self.email
        return f"{named} ({self.platform_id})" if named and self.platform_id else named or self.platform_id


class Roster:
    """The students of a class."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = list(students)
        self._ids = {fold(student.id): student for student in self.students}
        self._emails: dict[str, list[Student]] = {}
        self._names: dict[str, list[Student]] = {}
        for student in self.students:
            if student.email:
                email = fold(student.email)
                for word in {email, email.partition("@")[0]}:
                    self._emails.setdefault(word, []).append(student)
            for form in set(_forms(student.name)):
                self._names.setdefault(form, []).append(student)

    def find(self, author: Author) -> Student:
        """The one student whose work it is; SubmissionError if there is none, or more than one."""
        for table, words in (
            (self._ids, (author.key,)),
            (self._emails, (author.email, author.key)),
            (self._names, (author.name, author.key)),
        ):
            for word in words:
                found = table.get(fold(word) if table is not self._names else _letters(word))
                if isinstance(found, Student):
                    return found
                if found:
                    return self._only(found, author)
        nameless = self._ids.get(fold(author.platform_id))
        # A number of the platform's may be another student's number in the roster: a name would tell.
        if nameless is not None and not nameless.name:
            return nameless
        raise SubmissionError(
            f"{author.shown!r} is nobody in the roster: add a line, or name the folder by an id that is in it"
        )

    def _only(self, found: list[Student], author: Author) -> Student:
        if len(found) > 1:
            found = [one for one in found if author.platform_id == one.id] or found
        if len(found) > 1:
            ids = ", ".join(student.id for student in found[:5])
            raise SubmissionError(
                f"{author.shown!r} can be {len(found)} students of the roster ({ids}): "
                "name the folder by the id"
            )
        return found[0]


def _letters(name: str) -> str:
    """A name as Canvas folds it: letters and digits only."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def _forms(name: str) -> Iterator[str]:
    """`Jane Mary Doe` and `Doe, Jane Mary` as one may find them: any word may begin the family name."""
    words = [folded for word in name.replace(",", " ").split() if (folded := _letters(word))]
    for start in range(len(words)):
        yield "".join(words[start:] + words[:start])
