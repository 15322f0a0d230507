"""A notebook given back: feedback behind the cell that it is about, and nothing in it that runs."""
# ruff: noqa: E501 - an attack a line

import base64
import contextlib
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.core import notebook
from grader.core.notebook import Cell
from grader.core.record import CallEvidence, CellNote, Certainty, Frame, Outcome, Record, Text
from grader.errors import SubmissionError
from grader.report import givenback
from grader.report.inplace import Feedback, feedback
from tests import factories as make
from tests.report import browser

PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
        "a5f645400000000049454e44ae426082"
    )
).decode()
CELLS = (
    Cell(number=1, source="import numpy as np"),
    Cell(number=2, source="def conv2d(x):\n    return help_(x)"),
    Cell(number=3, source="def help_(x):\n    return x"),
    Cell(number=4, source="def conv2d(x): skipped", skipped=True),
)
FILE = "convolution.ipynb"


def code(source: str, *outputs: object, **metadata: object) -> dict[str, Any]:
    """A code cell as files have it."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": list(outputs),
    }
    return cell | {"execution_count": None}


def text(source: str, **more: object) -> dict[str, Any]:
    """A cell of text."""
    return {"cell_type": "markdown", "source": source, "metadata": {}, **more}


def file(*cells: object, **fields: object) -> bytes:
    """A notebook of these cells."""
    whole = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": list(cells)} | fields
    return json.dumps(whole).encode()


HANDED = file(text("# Mine"), *[code(cell.source) for cell in CELLS])


def failing(id: str = "test_one", **fields: Any) -> Record:
    """A record with one failed check."""
    return make.record([make.check(id, Outcome.FAILED, **fields), make.check("test_good")])


def frame(cell: int | None, name: str = FILE) -> Frame:
    """A line of a cell."""
    return Frame(file=name, line=1, cell=cell, text="return x")


@pytest.mark.parametrize(
    ("record", "cell"),
    [
        (failing(traceback=[frame(2), frame(3)]), 3),
        (failing(traceback=[frame(2), frame(3, "layers.ipynb")]), 2),
        (failing(evidence=[CallEvidence(text="conv2d(x=array(…))")]), 2),
        (failing(evidence=[CallEvidence(text="Net(…).forward(help_)")]), 3),
        (failing(id="test_conv2d"), None),
        (failing(evidence=[CallEvidence(text="unknown(1)")]), None),
        (failing(traceback=[frame(None, "layers.py")]), None),
    ],
    ids=["last frame", "frame of its file", "called", "among the words", "no call", "unknown", "file"],
)
def test_where_feedback_goes(record, cell):
    """Where the traceback passes last; else where what is called is defined last; else to the end."""
    found = feedback(record, FILE, CELLS, "en")

    assert list(found.behind) == ([] if cell is None else [cell])
    assert bool(found.end) == (cell is None)


def test_cells_that_failed_are_told_where_they_are():
    """Whatever the checks say."""
    note = CellNote(file=FILE, cell=1, line=1, kind="failed", message=Text(en="Cell 1 ended", ko="셀 1"))
    record = make.record([make.check("test_good")], notebook=[note])

    assert "Cell 1 ended" in feedback(record, FILE, CELLS, "en").behind[1]
    assert "셀 1" in feedback(record, FILE, CELLS, "ko").behind[1]


def told(data: bytes) -> list[tuple[str, str]]:
    """(kind, beginning) of each cell of a notebook, which must be valid."""
    made = nbformat.reads(data.decode(), as_version=nbformat.NO_CONVERT)
    nbformat.validate(made)
    return [(cell.cell_type, cell.source) for cell in made.cells]


def test_the_notebook_has_feedback_behind_its_cells():
    """In the order of the student's cells, with what it came to on top and the rest at the end."""
    record = failing(traceback=[frame(3)], diagnosis=make.diagnosis("flips", certainty=Certainty.EXACT))
    found = feedback(record, FILE, CELLS, "en")

    cells = told(givenback.notebook(HANDED, Feedback(top=found.top, behind=found.behind, end="<b>end</b>")))

    assert [kind for kind, _ in cells] == [
        "markdown",
        "markdown",
        *["code"] * 3,
        "markdown",
        "code",
        "markdown",
    ]
    assert "1 of 2 checks passed" in cells[0][1]
    assert "flips" in cells[5][1]
    assert cells[-1][1] == "<b>end</b>"


def test_handing_it_in_again_is_the_same_submission():
    """Feedback is text; and that of an earlier time is taken away."""
    found = feedback(failing(traceback=[frame(3)]), FILE, CELLS, "en")
    once = givenback.notebook(HANDED, found)

    assert notebook.pack(notebook.cells(once, "x")) == notebook.pack(notebook.cells(HANDED, "x"))
    assert givenback.notebook(once, found) == once


NASTY = "<script>alert(1)</script> $x$ \\(y\\) \n\n# head <img src=x onerror=alert(2)> `a` [l](javascript:alert(3)) \u202e"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_hostile_messages_stay_text_in_a_cell(language):
    """No empty line ends the block, nothing begins a formula, and no tag is anybody's but ours."""
    record = failing(message=Text(en=NASTY, ko=NASTY), traceback=[frame(3)], title=Text(en=NASTY, ko=NASTY))

    piece = feedback(record, FILE, CELLS, language).behind[3]

    assert "\n\n" not in piece
    assert not set("$\\\u202e") & set(piece)
    assert set(re.findall(r"<(\w+)", piece)) <= {"div", "p", "b", "br", "code", "ul", "li"}


OUTPUTS = [
    {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>alert('html')</script>"}},
    {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg onload=alert('svg')/>"}},
    {"output_type": "display_data", "metadata": {}, "data": {"application/javascript": "alert('js')"}},
    {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": "<img src=x onerror=alert('md')>"}},
    {"output_type": "display_data", "metadata": {}, "data": {"text/latex": "<script>alert('latex')</script>"}},
    {"output_type": "display_data", "metadata": {}, "data": {"image/png": "x\" onerror=\"alert('png')"}},
    {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG, "text/plain": "picture"}},
    {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "<b>plain</b>"}, "execution_count": 1},
    {"output_type": "stream", "name": "stdout", "text": "<script>alert('stream')</script>\x1b]0;x\x07\x1b[31mred"},
    {"output_type": "error", "ename": "<script>", "evalue": "<b>", "traceback": ["<script>alert('tb')</script>"]},
    {"output_type": "evil", "data": {"text/html": "<script>alert('evil')</script>"}},
    {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}},
]  # fmt: skip
TEXTS = [
    "<script>alert('t1')</script><script src='https://evil.example/x.js'></script>",
    "<img src='https://evil.example/pixel.png' onerror=alert('t2')><img src=x onerror=alert('t2')>",
    "[link](javascript:alert('t3)) <a href='javascript:alert(1)'>a</a> <a href='https://ok.example'>ok</a>",
    "<iframe src='https://evil.example'></iframe><object data='x'></object><embed src='x'><base href='//evil.example'>",
    "<style>* { background: url(https://evil.example/b.png) }</style><link rel=stylesheet href='https://evil.example/c'>",
    "<form action='https://evil.example'><input autofocus onfocus=alert('t4')></form><details open ontoggle=alert(5)>",
    "<svg><script>alert('t6')</script><animate onbegin=alert('t6') attributeName=x></svg><math><mtext></form><form><mglyph>",
    "<div class='alert alert-info'><b>Score: 100 of 100</b></div> <span class='sr k'>hidden</span>",
    "<div><table><tr><td>never closed <!-- nor this",
    "<meta http-equiv=refresh content='0;url=https://evil.example'> <p style='position:fixed'>x</p> <b id=score>i</b>",
    "![a](data:text/html;base64,PHNjcmlwdD4=)",
    "![b](attachment:x.svg)",
    "![c](/etc/passwd) ![d](../solutions/secret.png)",
    "```python\nprint('code')\n```\n\n<noscript><p title='</noscript><img src=x onerror=alert(7)>'>",
    "[" * 30_000,
]  # fmt: skip
HOSTILE = file(
    *[text(source, attachments={"x.svg": {"image/svg+xml": "<svg onload=alert(1)>"}}) for source in TEXTS],
    *[code(f"# <script>alert({n})</script>\nx = '</pre><img src=x onerror=alert(1)>'", output) for n, output in enumerate(OUTPUTS)],
    {"cell_type": "raw", "source": "<script>alert('raw')</script>", "metadata": {"format": "text/html"}},
    code("def conv2d(x): pass", tags=["remove_cell", "a,b", "", "skip-grade"]),
    metadata={"title": "<script>", "language_info": {"name": "python", "pygments_lexer": "evil"}},
)  # fmt: skip


def hostile_page() -> str:
    """The page of the hostile notebook, with hostile words in its frame."""
    record = failing(message=Text(en=NASTY, ko=NASTY), traceback=[frame(3)])
    own = feedback(record, FILE, CELLS, "en")
    return givenback.page(HOSTILE, own, title=NASTY, heading=NASTY, student=NASTY, language="en")


def test_no_script_survives_in_the_page():
    """Tags and attributes that run or load something are gone, whoever wrote them."""
    page = hostile_page()
    tags = "".join(re.findall(r"<[a-z][^>]*>", page))

    assert not re.search(
        r"<(script|iframe|object|embed|base|link|form|input|svg|math|details|noscript)\b", tags
    )
    assert not re.search(r"<[^>]*\s(on\w+|style|id|srcset|action|formaction)\s*=", tags)
    assert page.count("<meta") == 5
    assert page.count("<style>") == 1
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:image/png;base64,|https?://|#)", tags)
    assert f'src="data:image/png;base64,{PNG}"' in page
    assert "default-src 'none'" in page
    assert "red" in page


def test_no_cell_of_a_student_looks_like_feedback():
    """Classes of notices are ours alone, and what is opened in one cell is closed in it."""
    page = hostile_page()

    assert page.count("alert-info") - page.count(".alert-info") == 1
    assert 'class="k"' in page
    assert 'class="sr' not in page
    body = page.partition("<main")[2]
    assert body.count("<div") == body.count("</div")
    assert body.count("<table") == body.count("</table")


def test_only_text_and_pictures_are_left_in_the_notebook():
    """Of outputs; the rest of a hostile notebook is what its student typed."""
    made = nbformat.reads(givenback.notebook(HOSTILE, Feedback(top="")).decode(), as_version=4)

    kinds = {
        kind for cell in made.cells for output in cell.get("outputs", ()) for kind in output.get("data", {})
    }
    assert kinds == {"text/plain", "image/png"}
    assert not any("attachments" in cell for cell in made.cells)
    assert set(made.metadata) == {"language_info"}
    assert len({cell.id for cell in made.cells}) == len(made.cells)


@pytest.mark.parametrize(
    "data",
    [file(3), file({"cell_type": "markdown"}), file(text(["a", 3])), file(code("a", 3))],  # type: ignore[arg-type]
    ids=["a number", "no source", "a list of anything", "an output of no kind"],
)
def test_what_nbformat_cannot_read_is_said(data):
    """A notebook whose texts are broken in cells that nobody graded."""
    with pytest.raises(SubmissionError, match="feedback cannot be written into this notebook"):
        givenback.notebook(data, Feedback(top=""))


def test_format_3_is_given_back_as_format_4():
    """Worksheets become cells."""
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    cell = {
        "cell_type": "code",
        "language": "python",
        "input": "a = 1",
        "outputs": [],
        "metadata": {},
        "collapsed": False,
    }

    cells = told(
        givenback.notebook(json.dumps(old | {"worksheets": [{"cells": [cell]}]}).encode(), Feedback(top="t"))
    )

    assert cells == [("markdown", "t"), ("code", "a = 1")]


@pytest.mark.skipif(browser.CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_nothing_runs_in_a_browser(tmp_path: Path):
    """No dialog, nothing that the policy had to stop, nothing loaded; and the listener hears what is there to hear."""
    page, planted = tmp_path / "page.html", tmp_path / "planted.html"
    page.write_text(hostile_page(), encoding="utf-8")
    policy = "<meta http-equiv='Content-Security-Policy' content=\"img-src 'none'\">"
    loud = "<script>alert('planted')</script><img src='https://evil.example/x.png'>"
    planted.write_text(f"<!DOCTYPE html><html><head>{policy}</head><body>{loud}</body></html>")

    with browser.Chromium() as chromium:
        heard, seen = chromium.open(planted), chromium.open(page)

    assert heard.dialogs == ["planted"]
    assert any("CSP img-src" in line for line in heard.said)
    assert (seen.dialogs, seen.said, seen.loads) == ([], [], [])
    assert "2 of 2" not in seen.text
    assert "1 of 2 checks passed" in seen.text


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param([text("[" * givenback.TEXT)] * 40, id="markdown"),
        pytest.param([code("a." * 9_000)] * 40, id="code"),
        pytest.param([code("f'{" * 60_000)], id="one cell"),
        pytest.param(
            [code("1", {"output_type": "stream", "name": "stdout", "text": "\x1b[1ma" * 4_000})] * 200,
            id="colours",
        ),
        pytest.param(
            [
                code(
                    "1",
                    {
                        "output_type": "error",
                        "ename": "E",
                        "evalue": "",
                        "traceback": ["\x1b[1ma" * 4_000] * 100,
                    },
                )
            ],
            id="one traceback",
        ),
    ],
)
def test_no_notebook_takes_forever(cells: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch):
    """What is costly to render has a bound for all of the notebook; what is beyond it is shown as typed."""
    monkeypatch.setattr(givenback, "WORK", givenback.WORK // 40)
    monkeypatch.setattr(givenback, "TEXTS", givenback.TEXTS // 20)

    with signalled_after(20):
        page = givenback.page(
            file(*cells, text("# The end")),
            Feedback(top="<p>top</p>"),
            title="t",
            heading="h",
            student="s",
            language="en",
        )

    assert "<p>top</p>" in page
    assert "The end" in page
    assert "piece-" not in page


@contextlib.contextmanager
def signalled_after(seconds: int) -> Iterator[None]:
    """TimeoutError in what takes minutes without the bound; with it, it takes a second."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
