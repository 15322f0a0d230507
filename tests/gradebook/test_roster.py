"""A roster is read whole or refused with its line."""

import pytest

from grader.errors import InputError
from grader.gradebook.ledger import Student
from grader.gradebook.roster import read


def test_roster(tmp_path):
    """Columns in any order, a mark of Excel's, blank lines; ids in NFC."""
    file = tmp_path / "roster.csv"
    file.write_bytes("\ufeffName,ID,email\r\n김민수,s1,m@x.kr\r\n\r\n, s2 ,\r\n".encode())

    assert read(file) == [Student(id="s1", full_name="김민수", email="m@x.kr"), Student(id="s2")]


def test_other_columns(tmp_path):
    """A list of the university's: Korean heads, and columns that are no matter here."""
    file = tmp_path / "roster.csv"
    file.write_text("번호,학번,이름,학과\n1,s1,김민수,수학과\n")

    assert read(file) == [Student(id="s1", full_name="김민수")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must name the columns"),
        ("name\nx\n", "must name the columns"),
        ("id,sid\nx,1\n", "must name the columns id, name, email, section"),
        ("id\ns1\ns1\n", "line 3: student 's1' stands there twice"),
        ("id,name\na/b,x\n", "line 2: student id 'a/b' contains a slash"),
        ("id,name\n,x\n", "line 2: student id '' has 0 characters"),
        ("id,name\ns1,x,y\n", "line 2: 3 cells"),
        ("id,name\ns1,a\x1bb\n", "line 2: name has to be"),
        ('id,name\ns1,"a\n', "no CSV: unexpected end"),
        ("id\n" + "x" * 140_000 + "\n", "no CSV"),
    ],
)
def test_broken_rosters(tmp_path, text, says):
    """What cannot be taken is said with its line; nothing is taken then."""
    file = tmp_path / "roster.csv"
    file.write_text(text)

    with pytest.raises(InputError, match=says):
        read(file)


def test_unreadable_rosters(tmp_path):
    """A file that is not there, and one that is not UTF-8."""
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "nothing.csv")

    (tmp_path / "latin.csv").write_bytes("id,name\ns1,José\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        read(tmp_path / "latin.csv")
