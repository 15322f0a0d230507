"""Archives of students: what is honest is read, what is not is refused in words, nothing is unpacked."""

import contextlib
import io
import os
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.collect import archive
from grader.errors import SubmissionError
from tests.collect.conftest import SOURCE, packed

MIB = 2**20


@pytest.fixture(autouse=True)
def nothing_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever an archive holds, no file comes into being: not here, not in the temporary folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield
    assert [path.name for path in tmp_path.rglob("*")] == []


def names(data: bytes) -> list[str]:
    """The names in an archive."""
    with archive.opened(data, "s1.zip") as leaves:
        return [str(leaf.path) for leaf in leaves]


def contents(data: bytes) -> bytes:
    """The bytes of the one file in an archive."""
    with archive.opened(data, "s1.zip") as (leaf,):
        return leaf.read()


def entry(name: str, **fields: object) -> bytes:
    """An archive with one entry, whose fields are as given."""
    page = io.BytesIO()
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    for key, value in fields.items():
        setattr(info, key, value)
    with zipfile.ZipFile(page, "w") as file:
        file.writestr(info, SOURCE)
    return page.getvalue()


def test_honest_archive() -> None:
    """Files in folders are found, and read as they are."""
    data = packed({"hw/convolution.py": SOURCE, "hw/notes.txt": b"x"})

    assert names(data) == ["hw/convolution.py", "hw/notes.txt"]
    with archive.opened(data, "s1.zip") as leaves:
        assert leaves[0].read() == SOURCE


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("../convolution.py", "leads out of the archive", id="up"),
        pytest.param("a/../../convolution.py", "leads out of the archive", id="up inside"),
        pytest.param("/etc/convolution.py", "absolute path", id="absolute"),
        pytest.param("C:/convolution.py", "absolute path", id="drive"),
        pytest.param("a\\convolution.py", "backslash", id="backslash"),
        pytest.param("a//convolution.py", "empty part", id="empty part"),
        pytest.param("./convolution.py", "empty part", id="dot"),
        pytest.param("convolution.py ", "ends in a dot or a space", id="trailing space"),
        pytest.param("a./convolution.py", "ends in a dot or a space", id="trailing dot"),
        pytest.param("aux.py", "device of Windows", id="device"),
        pytest.param("con/convolution.py", "device of Windows", id="device folder"),
        pytest.param("x" * 300 + ".py", "255 bytes", id="long"),
        pytest.param("\u202eyp.noitulovnoc", "invisible characters", id="bidi"),
        pytest.param("a\nb.py", "invisible characters", id="newline"),
        pytest.param("\x1b[31m.py", "invisible characters", id="escape"),
    ],
)
def test_hostile_name(name: str, says: str) -> None:
    """A name that is more than a name refuses the archive, in words that show it harmlessly."""
    with pytest.raises(SubmissionError, match=says) as error:
        names(packed({name: SOURCE, "convolution.py": SOURCE}))

    assert str(error.value).isprintable()


def test_nul_in_a_name() -> None:
    """A name with a NUL in it is not the name before the NUL."""
    data = packed({"convolution.pyXexe": SOURCE}).replace(b"convolution.pyXexe", b"convolution.py\0exe")

    with pytest.raises(SubmissionError, match="NUL"):
        names(data)


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(("A.py", "a.py"), id="case"),
        pytest.param(("é.py", "e\u0301.py"), id="normal forms"),
        pytest.param(("a.py", "a.py/b.py"), id="file and folder"),
        pytest.param(("a.py/b.py", "a.py"), id="folder and file"),
        pytest.param(("Straße.py", "STRASSE.py"), id="case folding"),
    ],
)
def test_two_names_that_are_one(pair: tuple[str, str]) -> None:
    """Names that are one on some file system are refused."""
    with pytest.raises(SubmissionError, match="twice"):
        names(packed(dict.fromkeys(pair, SOURCE)))


def test_one_name_twice() -> None:
    """Two entries of one name: programs disagree on which one counts."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as file:
        file.writestr("a.py", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.py", b"2")

    with pytest.raises(SubmissionError, match="twice"):
        names(page.getvalue())


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        pytest.param(0o120777, "is a link", id="link"),
        pytest.param(0o010644, "no regular file", id="pipe"),
        pytest.param(0o020644, "no regular file", id="device"),
    ],
)
def test_no_file(mode: int, says: str) -> None:
    """Links and special files are not followed and not made."""
    with pytest.raises(SubmissionError, match=says):
        names(entry("convolution.py", external_attr=mode << 16, create_system=3))


def test_encrypted() -> None:
    """A password is not asked for."""
    data = bytearray(packed({"convolution.py": SOURCE}))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<H", data, at + 8, 1)
    struct.pack_into("<H", data, 6, 1)

    with pytest.raises(SubmissionError, match="encrypted"):
        names(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_unusual_method(method: int) -> None:
    """Methods that take gigabytes for a few bytes are not tried."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", method) as file:
        file.writestr("convolution.py", SOURCE)

    with pytest.raises(SubmissionError, match="unusual way"):
        contents(page.getvalue())


def peak(action: Callable[[], object]) -> int:
    """The most bytes that Python held while it ran."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_bomb() -> None:
    """A file that would be far too large is refused by what it says, without being unpacked."""
    data = packed({"convolution.py": bytes(200 * MIB)})

    def refuse() -> None:
        with pytest.raises(SubmissionError, match="over 1 MiB"):
            contents(data)

    assert peak(refuse) < 8 * MIB


def test_bomb_of_many_files() -> None:
    """Many files that are each allowed, and too much together."""
    data = packed({f"f{n}.py": bytes(MIB) for n in range(300)})

    with pytest.raises(SubmissionError, match="300 MiB unpacked"):
        names(data)


@pytest.mark.parametrize("claimed", [10, 3 * MIB // 4], ids=["less", "more"])
def test_lying_size(claimed: int) -> None:
    """A size that is not that of the file: no more than it claims is unpacked, and the file is refused."""
    real = bytes(64 * MIB) if claimed == 10 else SOURCE
    data = bytearray(packed({"convolution.py": real}))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, claimed)
    struct.pack_into("<I", data, 22, claimed)

    def refuse() -> None:
        with pytest.raises(SubmissionError, match="damaged"):
            contents(bytes(data))

    assert peak(refuse) < 8 * MIB


def test_too_many_files() -> None:
    """The number is bounded before the list is read."""
    data = packed({f"{n}": b"" for n in range(archive.STUDENT.files + 1)})

    with pytest.raises(SubmissionError, match="over 2000"):
        names(data)


def test_number_that_lies() -> None:
    """An archive that says it holds one file, and holds thousands."""
    data = bytearray(packed({f"{n}": b"" for n in range(archive.STUDENT.files + 1)}))
    at = data.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", data, at + 8, 1, 1)

    with pytest.raises(SubmissionError, match="over 2000"):
        names(bytes(data))


def test_huge_list() -> None:
    """A list of files that would fill the memory is not read: its size stands at the end."""
    data = bytearray(packed({"convolution.py": SOURCE}))
    at = data.rfind(b"PK\x05\x06")
    struct.pack_into("<I", data, at + 12, 2**31)

    with pytest.raises(SubmissionError, match="files, over"):
        names(bytes(data))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"<html>" + packed({"a.py": SOURCE}), "no zip", id="html in front"),
        pytest.param(b"PK00" + packed({"a.py": SOURCE}), "begins with something else", id="PK in front"),
        pytest.param(packed({"a.py": SOURCE}) + b"<html>", "behind its end", id="html behind"),
        pytest.param(b"Rar!\x1a\x07\x01\x00", "no zip", id="rar"),
        pytest.param(b"", "no zip", id="nothing"),
        pytest.param(packed({"a.py": SOURCE})[:-30], "damaged", id="cut"),
        pytest.param(b"PK\x03\x04" + bytes(100), "damaged", id="no end"),
    ],
)
def test_no_zip_or_more_than_one(data: bytes, says: str) -> None:
    """What is no zip, half a zip, or a zip and something else."""
    with pytest.raises(SubmissionError, match=says):
        names(data)


@pytest.mark.parametrize("field", [4, 6], ids=["disk", "first disk"])
def test_several_disks(field: int) -> None:
    """A part of an archive in several files."""
    data = bytearray(packed({"a.py": SOURCE}))
    struct.pack_into("<H", data, data.rfind(b"PK\x05\x06") + field, 1)

    with pytest.raises(SubmissionError, match="several files"):
        names(bytes(data))


def test_zip64_of_a_student() -> None:
    """Nobody hands in four gigabytes of source."""
    data = bytearray(packed({"a.py": SOURCE}))
    struct.pack_into("<I", data, data.rfind(b"PK\x05\x06") + 12, 0xFFFFFFFF)

    with pytest.raises(SubmissionError, match="zip64"):
        names(bytes(data))


def test_names_differ() -> None:
    """The list calls a file otherwise than the file itself does."""
    data = packed({"convolution.py": SOURCE}).replace(b"convolution.py", b"convolutiom.py", 1)

    with pytest.raises(SubmissionError, match="damaged"):
        contents(data)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_encodings(encoding: str) -> None:
    """Korean names in zips that do not say how they are written: macOS and Windows."""
    name = "홍길동/convolution.py".encode(encoding)
    stand_in = b"x" * len(name)
    data = packed({stand_in.decode(): SOURCE}).replace(stand_in, name)

    assert names(data) == ["홍길동/convolution.py"]


@pytest.mark.parametrize("seed", range(8))
def test_damaged_anywhere(seed: int) -> None:
    """Whatever bytes are changed: a sentence, or files, and no other error."""
    rng = random.Random(seed)
    good = packed({"a/convolution.py": SOURCE * 5, "b.txt": b"b" * 100, "c/": b""})
    for _ in range(300):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with (
            contextlib.suppress(SubmissionError),
            archive.opened(bytes(data), "s1.zip") as leaves,
        ):
            for leaf in leaves:
                leaf.read()


def test_download_of_a_platform() -> None:
    """In the zip of a whole class one odd name is the fault of that file, not of the class."""
    data = packed({"../evil.py": SOURCE, "s2.py": SOURCE})

    with archive.opened(data, "class.zip", archive.DOWNLOAD) as leaves:
        faults = {str(leaf.path): leaf.fault for leaf in leaves}
        assert "leads out" in (faults["../evil.py"] or "")
        assert faults["s2.py"] is None
        with pytest.raises(SubmissionError, match="leads out"):
            leaves[0].read()


def test_descriptors() -> None:
    """A refused archive holds nothing open."""
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(20):
        with pytest.raises(SubmissionError):
            names(packed({"../x": b""}))

    assert len(os.listdir("/proc/self/fd")) == before
