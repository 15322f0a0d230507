"""The roster: read as spreadsheets write it, and strict about whose work is whose."""

from pathlib import Path

import pytest

from grader.collect import roster
from grader.collect.roster import Author, Roster, Student
from grader.errors import InputError, SubmissionError

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


def file(tmp_path: Path, data: str | bytes) -> Path:
    """A roster on the disk."""
    path = tmp_path / "roster.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


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


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("id,name,email,section\ns1,홍길동,a@b.c,A\n", id="plain"),
        pytest.param("\ufeffID;Name;Email;Section\r\ns1;홍길동;a@b.c;A\r\n\r\n", id="Excel"),
        pytest.param("학번,이름,이메일,분반\ns1,홍길동,a@b.c,A\n".encode("cp949"), id="Korean Excel"),
        pytest.param('section,email,name,id\nA,a@b.c,"홍길동",s1\n', id="another order"),
    ],
)
def test_reads(tmp_path: Path, data: str | bytes) -> None:
    """As people and spreadsheets write it."""
    found = roster.read(file(tmp_path, data))

    assert found.students == [Student(id="s1", name="홍길동", email="a@b.c", section="A")]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param("name,email\nJane,j@x\n", "no column 'id'", id="no id"),
        pytest.param("", "no column 'id'", id="empty"),
        pytest.param("id,name\ns1,a\ns1,b\n", "line 3: id 's1' is that of line 2", id="id twice"),
        pytest.param("id,name\nS1,a\ns1,b\n", "that of line 2", id="id twice but for capitals"),
        pytest.param("id,name\n../x,a\n", "line 2: .*slash", id="slash"),
        pytest.param("id,name\n,a\n", "line 2: .*0 characters", id="no id in a line"),
        pytest.param(b"id,name\ns1,\xff\xff\n", "not UTF-8", id="bytes"),
        pytest.param('id,name\ns1,"a\n', "no CSV", id="quote"),
    ],
)
def test_refuses(tmp_path: Path, data: str | bytes, says: str) -> None:
    """What is wrong, in which line."""
    with pytest.raises(InputError, match=says):
        roster.read(file(tmp_path, data))
