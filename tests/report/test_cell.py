"""A record as the output of a notebook's cell: what front ends leave of it, and nothing that runs."""

import base64
import random
import re
import xml.etree.ElementTree as ET

import pytest

from grader.core.record import CallEvidence, ExceptionEvidence, Frame, Outcome, ScalarEvidence
from grader.notebooks.history import Place
from grader.report.cell import in_cells, render_cell
from tests import factories as make
from tests.report.test_any_evidence import evidence
from tests.report.test_html import HOSTILE, Page

# What JupyterLab leaves of an output that it does not trust, of what we use: its list of allowed tags.
KEPT = {
    "div",
    "span",
    "b",
    "br",
    "code",
    "details",
    "summary",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "img",
}
ATTRIBUTES = {"style", "src", "width", "height", "alt"}


def pictures(page: str) -> list[str]:
    """The SVG of each image in a page."""
    return [
        base64.b64decode(data).decode()
        for data in re.findall(r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"', page)
    ]


def failed(**fields: object):
    """A check that failed with two arrays."""
    shown = [make.array("expected", [1, 2, 3, 4], [2, 2]), make.array("got", [1, 2, 3, 5], [2, 2])]
    return make.check(outcome=Outcome.FAILED, evidence=shown, **fields)


def test_a_named_mistake_has_its_pictures():
    """Name, message, and heat maps of expected, got and difference, in the language asked for."""
    record = make.record([failed(diagnosis=make.diagnosis())])

    page = Page(html := render_cell(record, "ko"))

    assert "flips_kernel" in page.text
    assert "커널을 뒤집지 마세요." in page.text
    assert "Do not flip" not in page.text
    assert sum("path" in one for one in pictures(html)) >= 3


def test_a_front_end_that_trusts_nothing_shows_all_of_it():
    """Only elements and attributes that sanitisers keep; no class or id, which would meet the page's own."""
    record = make.record([failed(), make.check("b", Outcome.CRASHED)])

    for tag, attributes in Page(render_cell(record, "en")).tags:
        assert tag in KEPT
        assert set(attributes) <= ATTRIBUTES
        assert "url(" not in (attributes.get("style") or "")


@pytest.mark.parametrize("seed", range(40))
def test_any_evidence_makes_pictures_that_are_xml(seed):
    """Whatever a record holds: each image is an SVG of its own without scripts or loads."""
    rng = random.Random(seed)
    check = make.check(outcome=Outcome.FAILED, evidence=[evidence(rng) for _ in range(4)])

    for svg in pictures(render_cell(make.record([check]), rng.choice(["en", "ko"]))):
        root = ET.fromstring(svg)
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert "script" not in tags
        assert "foreignObject" not in tags
        for element in root.iter():
            for name, value in element.attrib.items():
                assert not name.lower().startswith("on")
                assert "href" not in name or value.startswith("#")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_shown_as_text(text):
    """What a student wrote is no markup, wherever it stands."""
    check = make.check(
        outcome=Outcome.CRASHED,
        title=make.text(text),
        message=make.text(text),
        evidence=[
            CallEvidence(text=text),
            ExceptionEvidence(type=text, message=text, expected=text),
            ScalarEvidence(role="got", name=text, value=text),
            make.array("got", [1.0], [1], name=text),
        ],
        traceback=[Frame(file=text, line=1, cell=None, text=text)],
    )

    record = make.record([check], student=text, exercise=text)
    page = Page(html := render_cell(record, "en", notes=[text], report=text))

    assert {tag for tag, _ in page.tags} <= KEPT
    assert all(set(attributes) <= ATTRIBUTES for _, attributes in page.tags)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\u2066\ufeff\udcff]", html)
    for svg in pictures(html):
        ET.fromstring(svg)


def test_what_is_not_written_yet_stands_in_one_place():
    """Not among the failures; and nothing is praised while something is missing."""
    missing = ExceptionEvidence(type="NotImplementedError", message="b is not written yet", expected=None)
    record = make.record([make.check("a"), make.check("b", Outcome.CRASHED, evidence=[missing])])

    text = Page(render_cell(record, "en")).text

    assert "Not written yet" in text
    assert "Title of b" in text
    assert "Every check passed" not in text


def test_all_passed_and_not_graded_say_so():
    """The two ends of a result."""
    assert "Every check passed" in Page(render_cell(make.record(), "en")).text
    assert "채점하지 못했습니다" in Page(render_cell(make.not_graded(), "ko")).text


def test_a_line_of_the_file_is_a_line_of_its_cell():
    """A traceback names the cell and the line in it; lines that no cell has stay those of the file."""
    places = [
        Place(file="m.py", start=5, lines=3, cell=7, cell_line=2),
        Place(file="m.py", start=10, lines=2, cell=0, cell_line=1),
    ]
    frames = [Frame(file="m.py", line=line, cell=None, text="x") for line in (6, 11, 40)]

    moved = in_cells(make.record([make.check(outcome=Outcome.CRASHED, traceback=frames)]), places)

    assert [(f.file, f.line) for f in moved.checks[0].traceback] == [
        ("In [7]", 3),
        ("m.py", 11),
        ("m.py", 40),
    ]
