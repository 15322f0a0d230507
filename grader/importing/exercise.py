"""An exercise made of one notebook: texts of its files, plain to read and to go on from."""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Self

from grader.core.stub import stub
from grader.errors import CourseError
from grader.importing import reference, suite
from grader.importing.cells import Cell, Finding, Kind
from grader.importing.reference import Reference
from grader.importing.suite import Check

_PROBE: Final = '''\
"""Runs beside the student's code: values that test cells of the notebook look at. Holds no secret."""


def value(module, name):
    """What the name stands for when the file has been loaded."""
    return getattr(module, name)
'''

_LOADS: Final = '''\
@pytest.mark.title(en="The file can be loaded", ko="파일을 불러올 수 있습니다")
def test_file_loads(probe):
    """Nothing in it fails when it is imported."""
    assert probe.value("__name__") is not None
'''

_KOREAN: Final = """\
# {title}

이 과제의 설명은 아직 한국어로 번역하지 않았습니다. [README.md](README.md)를 보세요.

`{file}` 파일을 제출합니다.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An exercise that is not written yet."""

    id: str
    file: str
    title: str
    source: str
    """The notebook, as it is called in messages."""
    made: Reference
    checks: tuple[Check, ...]
    readme: str
    findings: tuple[Finding, ...]

    @property
    def graded(self) -> list[Check]:
        """Checks that are worth points."""
        return [check for check in self.checks if check.points]

    @property
    def scale(self) -> int:
        """What the notebook's points are multiplied with, so that they add up to a whole number."""
        return sum((check.points for check in self.graded), Fraction(0)).denominator

    @property
    def points(self) -> int:
        """What the exercise is worth."""
        return int(sum((check.points for check in self.graded), Fraction(0)) * self.scale)

    def without(self, failed: dict[str, str]) -> Self:
        """The same without some hidden or public checks, by id, each told with the reason."""
        kept, told = [], []
        for check in self.checks:
            if (why := failed.get(check.name)) is not None:
                told.append(
                    Finding(
                        notebook=self.source,
                        cell=check.cell.number,
                        what=f"not translated ({check.cell.points:g} points): as a check it does not pass "
                        f"with the notebook's own solution: {why}",
                    )
                )
                continue
            public = None if f"public/{check.name}" in failed else check.public
            kept.append(replace(check, public=public))
        return replace(self, checks=tuple(kept), findings=(*self.findings, *told))

    def entry(self) -> str:
        """Its table in course.toml."""
        packages = ", ".join(map(_quoted, self.made.packages))
        return (
            f"[exercises.{self.id}]\n"
            f"title = {{ en = {_quoted(self.title)}, ko = {_quoted(self.title)} }}\n"
            f"files = [{_quoted(self.file)}]\n"
            f"packages = [{packages}]\n"
            f"points = {self.points}\n"
        )

    def public(self) -> dict[str, str]:
        """Files of its folder in exercises/; raises CourseError where no stub can be cut."""
        files = {
            "README.md": self.readme,
            "README.ko.md": _KOREAN.format(title=self.title, file=self.file),
            self.file: stub(self.reference(), self.source),
            "test_public.py": self._tests(hidden=False),
        }
        if "probe" in files["test_public.py"] or "probe" in self._tests(hidden=True):
            files["probe.py"] = _PROBE
        return files

    def hidden(self) -> dict[str, str]:
        """Files of its folder in solutions/."""
        name = f"hidden/test_{self.file}"
        return {self.file: self.reference(), name: self._tests(hidden=True)}

    def reference(self) -> str:
        """The reference with its markers."""
        return f'"""{_in_docstring(self.title)}."""\n\n{self.made.source}'

    def _tests(self, *, hidden: bool) -> str:
        """A suite's file."""
        if hidden:
            texts = [self._test(check, check.body, points=True) for check in self.graded]
            before = [statement for check in self.graded for statement in check.before]
            what = "Hidden checks"
        else:
            shown = [check for check in self.checks if check.public is not None]
            texts = [self._test(check, check.public or "", points=False) for check in shown]
            before = [statement for check in shown for statement in check.before_public]
            what = "Public checks"
            texts = texts or [_LOADS]
        imports, others = _sorted(dict.fromkeys(before))
        if any("near(" in text for text in texts):
            others.insert(0, "from grader.judge.near import near")
        head = f'"""{what} of {self.id}, from the test cells of {_in_docstring(self.source)}."""'
        blocks = [head, "\n".join([*imports, "import pytest"]), *others]
        return "\n\n".join(blocks) + "\n\n\n" + "\n\n\n".join(text.strip("\n") for text in texts) + "\n"

    def _test(self, check: Check, body: str, *, points: bool) -> str:
        title = _quoted(check.title.replace("{", "{{").replace("}", "}}"))  # it is a format
        marks = ["@pytest.mark.title(", f"    en={title},", f"    ko={title},", ")"]
        if points:
            worth = check.points * self.scale
            number = str(worth) if worth.denominator == 1 else repr(float(worth))
            marks.insert(0, f"@pytest.mark.group({_quoted(check.group)}, points={number})")
        fixtures = [name for name in ("submission", "probe") if re.search(rf"\b{name}\.", body)]
        if not fixtures:
            fixtures = ["submission"]
        doc = f'"""Cell {check.cell.number} of the notebook."""'
        return "\n".join(
            [*marks, f"def {check.name}({', '.join(fixtures)}):", textwrap.indent(f"{doc}\n{body}", "    ")]
        )


def draft(id: str, file: str, title: str, source: str, cells: Sequence[Cell]) -> Draft:
    """The exercise of a notebook's cells, with all that could not be carried over told in its findings."""
    made = reference.build(source, list(cells))
    found = suite.build(made, list(cells))
    told = list(made.findings)
    for cell in cells:
        if cell.kind is Kind.MANUAL:
            code = "; its code stands in the reference, ungraded" if cell.is_code else ""
            name = f" {cell.grade_id!r}" if cell.grade_id else ""
            told.append(
                Finding(
                    notebook=source,
                    cell=cell.number,
                    what=f"graded by people, so not carried over{name} ({cell.points:g} points){code}",
                )
            )
        if cell.has_attachments:
            told.append(
                Finding(notebook=source, cell=cell.number, what="its attachments are not carried over")
            )
    return Draft(
        id=id,
        file=file,
        title=title,
        source=source,
        made=made,
        checks=tuple(found.checks),
        readme=_readme(title, file, cells),
        findings=tuple(told),
    )


def require_stub(one: Draft) -> None:
    """Raise CourseError where the reference gives no stub: no solution cell, or markers that are amiss."""
    if not one.made.students:
        raise CourseError(f"{one.source!r} has no solution cell")
    one.public()


def _readme(title: str, file: str, cells: Iterable[Cell]) -> str:
    """The task: the notebook's texts in their order, without answers and schemes of marks."""
    shown = [cell for cell in cells if not cell.is_code and (cell.kind is Kind.TEXT or cell.is_task)]
    texts = [text for cell in shown if (text := cell.source.strip())]
    head = [] if texts and texts[0].startswith("# ") else [f"# {title}"]
    return "\n\n".join([*head, *texts, f"Hand in `{file}`."]) + "\n"


def _sorted(statements: Iterable[str]) -> tuple[list[str], list[str]]:
    """Imports, and the other statements, in their order."""
    imports: list[str] = []
    others: list[str] = []
    for statement in statements:
        (imports if re.match(r"(import|from)\b[^\n]*\Z", statement) else others).append(statement)
    return imports, others


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _in_docstring(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
