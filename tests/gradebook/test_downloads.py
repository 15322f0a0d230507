"""Feedback goes back under names as Canvas and Moodle read them, and never to another student."""

import re
import zipfile

import pytest

from grader.errors import InputError
from grader.gradebook.export import downloads
from grader.gradebook.ledger import Student

KIM = Student(id="s1", full_name="Minsu Kim")
LEE = Student(id="s2", full_name="이지은")


def student_of_canvas(path: str) -> tuple[str, str] | None:
    """User and attachment that Canvas finds in a name (Assignment#infer_comment_context_from_filename)."""
    name = path.rpartition("/")[2]
    if name.startswith("._"):
        return None
    numbers = [part for part in name.split("_") if re.fullmatch(r"\d+", part)][:2]
    return (
        (numbers[0], numbers[1]) if len(numbers) == 2 and not name.split("_")[-1].startswith("link") else None
    )


def student_of_moodle(path: str) -> tuple[str, str] | None:
    """Participant and file that Moodle finds (is_valid_filename_for_import of its feedback plugin)."""
    parts = path.split("/")
    if parts[-1].startswith((".", "~")):
        return None
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 4 or not info[1].isdigit() or (info[2], info[3]) != ("assignfeedback", "file"):
            continue
        return info[1], "/".join([*info[4:], *parts]).lstrip("/")
    return None


def zipped(path, **members: str):
    """A zip file of these members."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_canvas(tmp_path):
    """The numbers of user and attachment go back as they came; nothing else of the name does."""
    names = {
        "kimminsu_901_5501_convolution.py": "one",
        "leejieun_LATE_902_5502_my_own_name_77.py": "two",
        "._junk": "",
        "notes.txt": "",
    }

    places = downloads.read(zipped(tmp_path / "s.zip", **names), "canvas")

    found = downloads.matched(places, {KIM: [digest("one")], LEE: [digest("two")]})
    assert student_of_canvas(found[KIM].target) == ("901", "5501")
    assert student_of_canvas(found[LEE].target) == ("902", "5502")
    assert found[KIM].target == "feedback_901_5501_report.html"


@pytest.mark.parametrize(
    "name",
    [
        "Minsu Kim_31_assignsubmission_file_/convolution.py",
        "Minsu Kim_31_assignsubmission_file_convolution.py",
        "Minsu Kim_31_assignsubmission_file/convolution.py",
    ],
    ids=["folders", "flat", "4.1"],
)
def test_moodle(tmp_path, name):
    """The participant's number goes back under the plugin that takes feedback."""
    places = downloads.read(zipped(tmp_path / "s.zip", **{name: "one"}), "moodle")

    found = downloads.matched(places, {KIM: [digest("one")]})

    assert student_of_moodle(found[KIM].target) == ("31", "report.html")


def test_a_folder(tmp_path):
    """The unpacked download will do."""
    folder = tmp_path / "download" / "이지은_32_assignsubmission_file_"
    folder.mkdir(parents=True)
    (folder / "rnn.py").write_text("two")

    (place,) = downloads.read(tmp_path / "download", "moodle")

    assert (place.number, place.name, place.digests) == ("32", "이지은", digest("two"))


def digest(text: str) -> frozenset[str]:
    """Digests of one file."""
    return frozenset({downloads.digest(text.encode())})


def place(number: str, name: str, *texts: str) -> downloads.Place:
    """A place in a download."""
    files = frozenset().union(*map(digest, texts))
    return downloads.Place(target=f"t{number}", number=number, name=name, digests=files)


def test_known_by_files():
    """The files tell whose a place is, whatever the LMS calls the student."""
    one = place("1", "unknown", "one", "a second file")

    assert downloads.matched([one], {KIM: [digest("zero"), digest("one")], LEE: [digest("two")]}) == {
        KIM: one
    }


@pytest.mark.parametrize("name", ["kimminsu", "minsukim", "Minsu Kim", "S1"])
def test_known_by_name(name):
    """Where the files were changed on the way, the name or the id tells."""
    one = place("1", name, "changed")

    assert downloads.matched([one], {KIM: [digest("one")], LEE: [digest("two")]}) == {KIM: one}


def test_same_files_are_told_apart_by_name():
    """Two who handed in the same bytes get their own."""
    mine, other = place("1", "kimminsu", "same"), place("2", "이지은", "same")

    assert downloads.matched([mine, other], {KIM: [digest("same")], LEE: [digest("same")]}) == {
        KIM: mine,
        LEE: other,
    }


def test_nobody_gets_a_neighbours_report():
    """Whoever hands in another one's file gets no report of theirs, and takes none away."""
    thief, owner = place("1", "kimminsu", "two"), place("2", "이지은", "two")
    unknown = place("3", "someone", "two")

    assert downloads.matched([thief, unknown, owner], {KIM: [digest("one")], LEE: [digest("two")]}) == {
        LEE: owner
    }
    assert downloads.matched([unknown, place("4", "else", "two")], {LEE: [digest("two")]}) == {}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "cannot be read"),
        (lambda path: path.write_bytes(b"no zip"), "no zip file"),
        (lambda path: zipped(path, notes="x"), "holds no submission"),
    ],
    ids=["not there", "no zip", "another zip"],
)
def test_what_is_no_download(tmp_path, make, says):
    """A file that is none is refused."""
    make(tmp_path / "s.zip")

    with pytest.raises(InputError, match=says):
        downloads.read(tmp_path / "s.zip", "canvas")


def test_hostile_members(tmp_path):
    """Names that climb, numbers without end, and bombs come to nothing."""
    names = {
        "../../x_1_2_a.py": "one",
        "a_" + "9" * 5000 + "_1_a.py": "",
        "b_3_4_bomb.py": "0" * (2**20 + 1),
        "/abs_5_6_a.py": "two",
    }
    with zipfile.ZipFile(tmp_path / "s.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in names.items():
            archive.writestr(name, text)

    places = downloads.read(tmp_path / "s.zip", "canvas")

    assert sorted(one.target for one in places) == ["feedback_1_2_report.html", "feedback_5_6_report.html"]
    assert all("/" not in one.target and ".." not in one.target for one in places)
