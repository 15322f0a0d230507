"""JUnit XML as pytest 9 writes it (xunit2), with points as properties: a suite a record."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from grader.core.course import Language
from grader.core.record import CheckResult, Outcome, Record
from grader.core.text import visible
from grader.gradebook.export.gradescope import output

MAX_MESSAGE = 300


def suites(records: Sequence[Record], *, language: Language) -> bytes:
    """One document of records, which must be the students' views of them."""
    root = ET.Element("testsuites", name="dlgrade")
    root.extend(_suite(record, language) for record in records)
    ET.indent(root, " ")
    page: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return page + b"\n"


def _suite(record: Record, language: Language) -> ET.Element:
    outcomes = [check.outcome for check in record.checks]
    crashed = outcomes.count(Outcome.CRASHED)
    skipped = outcomes.count(Outcome.SKIPPED) + outcomes.count(Outcome.NOT_GRADED)
    passed = outcomes.count(Outcome.PASSED)
    suite = ET.Element(
        "testsuite",
        name=_line(f"{record.exercise} {record.student}"),
        errors=str(crashed),
        failures=str(len(outcomes) - passed - crashed - skipped),
        skipped=str(skipped),
        tests=str(len(outcomes)),
        time=f"{record.seconds:.3f}",
        timestamp=record.submitted_utc,
        hostname="dlgrade",
    )
    about = {
        "student": record.student,
        "attempt": str(record.attempt),
        "score": "" if record.score is None else f"{record.score:g}",
        "max_score": f"{record.max_score:g}",
        "submission": record.digests.submission,
        "suite": record.digests.suite,
    }
    suite.append(_properties(about))
    suite.extend(_case(check, record.exercise, language) for check in record.checks)
    return suite


def _case(check: CheckResult, exercise: str, language: Language) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=_line(f"{exercise}.{check.group}"),
        name=_line(check.id),
        time=f"{check.seconds:.3f}",
    )
    points = "" if check.points is None else f"{check.points:g}"
    about = {"title": check.title.in_(language), "points": points, "max_points": f"{check.max_points:g}"}
    case.append(_properties(about))
    said = output(check, language)
    message = _line(said.partition("\n")[0]) or check.outcome.value
    match check.outcome:
        case Outcome.PASSED:
            pass
        case Outcome.CRASHED:
            ET.SubElement(case, "error", message=message).text = said
        case Outcome.SKIPPED | Outcome.NOT_GRADED:
            ET.SubElement(case, "skipped", type="pytest.skip", message=message).text = said
        case _:
            ET.SubElement(case, "failure", message=message).text = said
    return case


def _properties(values: dict[str, str]) -> ET.Element:
    element = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(element, "property", name=name, value=_line(value))
    return element


def _line(text: str) -> str:
    """One line that XML can hold."""
    return visible(text, MAX_MESSAGE, one_line=True)
