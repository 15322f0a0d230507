"""Strict about whose work is whose."""

import pytest

from grader.collect.roster import Author, Roster
from grader.core.roster import Student
from grader.errors import SubmissionError

CLASS = Roster(
    [
        Student(id="s1", name="Jane Doe", email="jane@uni.edu", section="A"),
        Student(id="s2", name="Mary Ann Smith", email="mary@uni.edu"),
        Student(id="s3", name="Kim Min-jun"),
        Student(id="s4", name="Kim Min-jun", email="minjun2@uni.edu"),
        Student(id="s5", name="홍길동"),
        Student(id="40213"),
        Student(id="40999", name="Ann Other"),
        Student(id="s6", name="O'Neil, Tim"),
    ]
)


@pytest.mark.parametrize(
    ("author", "id"),
    [
        pytest.param(Author(key="s1"), "s1", id="id"),
        pytest.param(Author(key=" S1 "), "s1", id="id in capitals"),
        pytest.param(Author(email="JANE@uni.edu"), "s1", id="email"),
        pytest.param(Author(key="jane"), "s1", id="email name"),
        pytest.param(Author(name="doejane", platform_id="7"), "s1", id="Canvas"),
        pytest.param(Author(name="smithmaryann", platform_id="7"), "s2", id="Canvas, three words"),
        pytest.param(Author(name="annsmithmary", platform_id="7"), "s2", id="Canvas, double family name"),
        pytest.param(Author(name="Jane Doe"), "s1", id="Moodle"),
        pytest.param(Author(name="홍길동"), "s5", id="Korean"),
        pytest.param(Author(name="oneiltim"), "s6", id="comma and apostrophe"),
        pytest.param(Author(key="minjun2", name="Kim Min-jun"), "s4", id="email before name"),
        pytest.param(Author(name="nobody", platform_id="40213"), "40213", id="number without a name"),
    ],
)
def test_finds(author: Author, id: str) -> None:
    """One student fits."""
    assert CLASS.find(author).id == id


@pytest.mark.parametrize(
    ("author", "says"),
    [
        pytest.param(Author(key="s99"), "nobody in the roster", id="unknown"),
        pytest.param(Author(name="Kim Min-jun"), "2 students of the roster", id="two of one name"),
        pytest.param(Author(name="doejohn", platform_id="40999"), "nobody", id="number of somebody else"),
        pytest.param(Author(key=""), "nobody", id="nothing"),
    ],
)
def test_does_not_guess(author: Author, says: str) -> None:
    """None fits, or two do: work is given to nobody."""
    with pytest.raises(SubmissionError, match=says):
        CLASS.find(author)
