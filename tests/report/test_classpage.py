"""The class report's page."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from grader.core.classwork import Classwork, Waiting, Work
from grader.core.course import Exercise, load
from grader.core.glance import glance
from grader.core.record import Certainty, Outcome, Record, encode
from grader.core.similar import Pair, Side, Similar
from grader.report.classpage import ClassPage, percent, render
from grader.report.sidebyside import CODE, PAIRS
from tests import factories as make
from tests.report.test_html import HOSTILE, Page

EX10: Exercise = load(Path(__file__).parents[2] / "exercises" / "course.toml").exercise("ex10")


def work(record: Record, *shares: float) -> Work:
    """The work of a record."""
    whole = record.max_score or 1.0
    return Work(glance=glance(encode(record)), shares=shares or ((record.score or 0.0) / whole,))


def a_class(**about: Any) -> Classwork:
    """Eight students: five right, two with one mistake, one with a riddle; one waits, one is absent."""
    kinds = {
        "right": [make.check("test_a"), make.check("test_b", group="padding")],
        "named": [
            make.check("test_a", Outcome.FAILED, diagnosis=make.diagnosis()),
            make.check("test_b", group="padding"),
        ],
        "riddle": [make.check("test_a", Outcome.TIMED_OUT), make.check("test_b", group="padding")],
    }
    order = ["right"] * 5 + ["named"] * 2 + ["riddle"]
    records = [make.record(kinds[kind], student=f"s{k}") for k, kind in enumerate(order)]
    about.setdefault("works", tuple(map(work, records)))
    about.setdefault("names", {"s5": "Kim Minji"})
    about.setdefault("waiting", (Waiting(student="s8", why=make.text("no room", "공간 부족")),))
    about.setdefault("absent", ("s9",))
    about.setdefault("examples", (records[0],))
    return Classwork(**about)


def page_of(classwork: Classwork | None = None, **about: Any) -> Page:
    """The parsed page."""
    about.setdefault("language", "en")
    about.setdefault("exercise", EX10)
    about.setdefault("made_utc", "2026-03-01T09:00:00Z")
    return Page(render(ClassPage(classwork=classwork or a_class(), **about)))


def test_it_says_what_was_not_understood():
    """The commonest mistake stands in the head, with how many made it, and a way to their reports."""
    page = page_of(reports={"s5": "ab12/attempt_1.html"})

    lead = page.text[page.text.index("What the class did not") : page.text.index("Where points were lost")]
    assert "2 of 8 students" in lead
    assert "Do not flip the kernel." in lead
    assert "커널을 뒤집지 마세요." in lead
    assert "Kim Minji" in lead
    assert {"href": "ab12/attempt_1.html"} in page.of("a")


def test_the_numbers_are_there_to_be_read():
    """Each plot has its numbers as text: in a table, and in the words that a screen reader reads."""
    page = page_of()
    text = " ".join(page.text.split())

    assert "5 of 8 have all points" in text
    assert "5/8" in text
    assert "62 %" in text  # 5 of 8, to even
    assert "wrong 불일치 2" in text
    assert "error or limit 오류 또는 한도 초과 1" in text
    assert "everybody passed" in text
    assert "no room" in text
    assert text.count("s9") == 1
    captions = {attrs["aria-labelledby"] for attrs in page.of("svg") if attrs.get("role") == "img"}
    assert captions
    assert captions <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_every_plot_is_drawn_or_hidden_from_readers():
    """A picture has words or is marked as decoration."""
    for attrs in page_of().of("svg"):
        assert attrs.get("role") == "img" or attrs.get("aria-hidden") == "true"


def test_both_languages_are_whole():
    """The same number of pieces in both; the page begins in the one that was asked for."""
    english, korean = page_of(), page_of(language="ko")

    for page in (english, korean):
        languages = [attrs.get("lang") for tag, attrs in page.tags if tag in ("span", "text")]
        assert languages.count("en") == languages.count("ko") > 50
    assert "checked" in next(attrs for attrs in korean.of("input") if attrs["id"] == "lang-ko")
    assert korean.of("html")[0]["lang"] == "ko"


def test_policy_allows_its_style_and_nothing_else():
    """The Content-Security-Policy holds the hash of the one style; there is no script and no handler."""
    html = render(
        ClassPage(classwork=a_class(), exercise=EX10, language="en", made_utc="2026-03-01T09:00:00Z")
    )

    (css,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html
    assert "<script" not in html
    assert not re.search(r"\b(src|onload|onerror|style)=", html)
    assert "http" not in re.sub(r"http-equiv", "", html)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_shown_and_not_obeyed(text):
    """Names, ids, messages, reasons and code of students are text, wherever they stand."""
    kept = text.encode("utf-8", "replace").decode()  # no record in the book holds a lone surrogate
    bad = make.check(
        f"test_{kept}",
        Outcome.FAILED,
        title=make.text(kept),
        group=kept,
        diagnosis=make.diagnosis(kept, certainty=Certainty.HINT, message=make.text(kept)),
    )
    record = make.record([bad], student=f"s{kept}")
    side = Side(student=text, file=text, text=text * 3, share=0.5, marked=[(0, 3), (5, 9)])
    classwork = a_class(
        works=(work(record),),
        names={record.student: text},
        waiting=(Waiting(student=text, why=make.text(text)),),
        absent=(text,),
        examples=(record,),
    )

    similar = Similar(pairs=[Pair(one=side, other=side)], left_out=0)
    page = page_of(classwork, similar=similar, reports={record.student: "a%20b.html"})

    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "iframe", "object", "form", "link"}
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert not re.search("[\x00\x07\x1b\u202e\u2066\ufeff]", page.text)
    assert "49" not in page.text.replace("\\u", "") or "{{7*7}}" not in text


def test_long_texts_are_cut():
    """A name or an id of any length takes a line."""
    record = make.record(student="s" * 128)
    page = page_of(
        a_class(
            works=(work(record),),
            names={record.student: "n" * 5000},
            examples=(record,),
            waiting=(Waiting(student="s8", why=make.text("w" * 5000)),),
        ),
    )

    assert "n" * 61 not in page.text
    assert "s" * 61 not in page.text
    assert "w" * 1001 not in page.text


def test_nothing_graded():
    """A page all the same: it says so, and lists what waits."""
    page = page_of(a_class(works=(), examples=()))

    assert "Nothing has been graded yet" in page.text
    assert "no room" in page.text


def test_several_suites_are_said():
    """Where the checks changed in between, the page says that it mixes them."""
    one, other = (make.record(student=s, digests=make.Digests(submission="a", suite=s)) for s in ("s1", "s2"))

    page = page_of(a_class(works=(work(one), work(other)), examples=(one, other)))

    assert "2 versions" in page.text


def test_small_class_is_said():
    """Under twenty students the page warns; with twenty it does not."""
    many = tuple(work(make.record(student=f"s{k:02d}")) for k in range(20))

    assert "fewer than 20" in page_of().text
    assert "fewer than 20" not in page_of(a_class(works=many)).text


def test_similar_code_is_marked_where_it_is_alike():
    """Side by side, whole, with marks exactly where both have it; shown in full up to a bound."""
    one = Side(student="s1", file="a.py", text="abcdefgh", share=0.5, marked=[(2, 4), (3, 6), (7, 99)])
    long = Side(student="s2", file="a.py", text="y" * (CODE + 9), share=0.9, marked=[(0, CODE + 9)])

    html = render(
        ClassPage(
            classwork=a_class(),
            exercise=EX10,
            language="en",
            made_utc="2026-03-01T09:00:00Z",
            similar=Similar(pairs=[Pair(one=one, other=long)] * (PAIRS + 2), left_out=1),
        )
    )

    assert "ab<mark>cd</mark><mark>ef</mark>g<mark>h</mark></pre>" in html
    assert "<mark>" + "y" * CODE + "</mark></pre>" in html
    assert "2 more pairs" in html
    assert "One file was not compared" in html
    assert html.count("s1 and s2") == PAIRS


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.04, "0"), (0.4, "0.4"), (17.4, "17"), (99.6, "99.6"), (100, "100")]
)
def test_no_percentage_is_rounded_to_all_or_none(value, text):
    """99.6 % is not everybody."""
    assert percent(value) == text
