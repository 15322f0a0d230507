"""The pages of all mistakes are what the catalogue says."""

import re
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.judge import catalog, mistakes

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Made now, from the course of this repository."""
    return mistakes.pages(courses.load(ROOT / courses.COURSE_FILE))


@pytest.mark.parametrize("name", mistakes.PAGES.values())
def test_the_pages_are_up_to_date(pages, name):
    """`make docs` writes them."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages[name]


@pytest.mark.parametrize("name", mistakes.PAGES.values())
def test_every_wrong_solution_is_on_the_page(pages, name):
    """One row each, of four cells."""
    rows = [line for line in pages[name].splitlines() if line.startswith("| `")]
    solutions = sorted((ROOT / "solutions").glob("*/wrong/*.py"))

    assert [re.match(r"\| `(\w+)`", row)[1] for row in rows] == [path.stem for path in solutions]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)


def test_what_is_said_is_told_in_the_language_of_the_page(pages):
    """English and Korean, with the checks and how surely."""
    folder = ROOT / "solutions" / "ex10_convolution"
    known = {m.id: m for m in catalog.load(folder / "wrong", folder / "convolution.py")}
    message = known["flips_kernel"].message

    english, korean = (
        next(row for row in pages[name].splitlines() if row.startswith("| `flips_kernel`"))
        for name in ("mistakes.md", "mistakes.ko.md")
    )

    assert message.en in english
    assert message.ko in korean
    assert "`test_orientation*`" in english
    assert english.endswith("| for certain |")
