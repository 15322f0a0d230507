"""The roster: read as spreadsheets write it, whole, or refused with its line."""

from pathlib import Path

import pytest

from grader.core import roster
from grader.core.roster import Student
from grader.errors import InputError


def file(tmp_path: Path, data: str | bytes) -> Path:
    """A roster on the disk."""
    path = tmp_path / "roster.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("id,name,email,section\ns1,홍길동,a@b.c,A\n", id="plain"),
        pytest.param("\ufeffID;Name;Email;Section\r\ns1;홍길동;a@b.c;A\r\n\r\n", id="Excel"),
        pytest.param("학번,이름,이메일,분반\ns1,홍길동,a@b.c,A\n".encode("cp949"), id="Korean Excel"),
        pytest.param('section,email,name,id\nA,a@b.c,"홍길동", s1 \n', id="another order"),
        pytest.param("번호,학번,이름,학과,메일,분반\n1,s1,홍길동,수학과,a@b.c,A\n", id="other columns"),
        pytest.param("id\tname\temail\tsection\ns1\t홍길동\ta@b.c\tA\t\t\n", id="empty cells at the end"),
    ],
)
def test_reads(tmp_path: Path, data: str | bytes) -> None:
    """As people and spreadsheets write it."""
    found = roster.read(file(tmp_path, data))

    assert found == [Student(id="s1", name="홍길동", email="a@b.c", section="A")]


def test_what_is_not_said_is_empty(tmp_path: Path) -> None:
    """Ids are enough, and come in NFC."""
    found = roster.read(file(tmp_path, "id,name\ns1\n\n\u1112\u1161\u11ab,x\n"))

    assert found == [Student(id="s1"), Student(id="한", name="x")]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param("name,email\nJane,j@x\n", "no column 'id'", id="no id"),
        pytest.param("", "no column 'id'", id="empty"),
        pytest.param("id,sid\nx,1\n", "two columns for the id, 'id' and 'sid'", id="two ids"),
        pytest.param("id,name,name\nx,1,2\n", "two columns for the name", id="two names"),
        pytest.param("id,name\ns1,a\ns1,b\n", "line 3: id 's1' is that of line 2", id="id twice"),
        pytest.param("id,name\nS1,a\ns1,b\n", "that of line 2", id="id twice but for capitals"),
        pytest.param("id,name\n../x,a\n", "line 2: .*slash", id="slash"),
        pytest.param("id,name\n,a\n", "line 2: .*0 characters", id="no id in a line"),
        pytest.param("id,name\ns1,x,y\n", "line 2: 3 cells", id="too many cells"),
        pytest.param("id,name\ns1,a\x1bb\n", "line 2: name has to be", id="not printable"),
        pytest.param("id,email\ns1," + "x" * 201, "line 2: email has to be at most 200", id="too long"),
        pytest.param(b"id,name\ns1,\xff\xff\n", "not UTF-8", id="bytes"),
        pytest.param("id,name\ns1,José\n".encode("latin-1"), "not UTF-8", id="Latin-1"),
        pytest.param('id,name\ns1,"a\n', "no CSV: unexpected end", id="quote"),
        pytest.param("id\n" + "x" * 140_000 + "\n", "no CSV", id="field without end"),
        pytest.param(bytes(roster.MAX_BYTES + 1), "over 16 MiB", id="too large"),
    ],
)
def test_refuses(tmp_path: Path, data: str | bytes, says: str) -> None:
    """What is wrong, in which line."""
    with pytest.raises(InputError, match=says):
        roster.read(file(tmp_path, data))


def test_a_roster_that_is_not_there(tmp_path: Path) -> None:
    """The system's words, in a line."""
    with pytest.raises(InputError, match="cannot be read: no such file"):
        roster.read(tmp_path / "nothing.csv")
