"""The guides for students and instructors, in both languages: their commands, typed as they stand there.

Blocks of `bash` run in one folder, `python` is put in place of the stub's function of that name,
and `ipython` are cells of a real kernel there. What a `text` block shows was printed just before.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import nbformat
import pytest
from nbclient import NotebookClient

from grader.cli.app import app
from tests.cli.test_manual import shown

ROOT = Path(__file__).parent.parent.parent
GUIDES = ["student.md", "student.ko.md", "instructor.md", "instructor.ko.md"]
EXERCISE = {"student": "ex10_convolution", "instructor": "ex02_perceptron"}
STUB = "convolution.py"


def blocks(guide: str) -> list[tuple[str, str]]:
    """(language, text) of each block of code that names its language, in order."""
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    return re.findall(r"^```(bash|text|python|ipython)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def typed(block: str, folder: Path, environment: dict[str, str]) -> str:
    """What a block of commands prints; `# exit 1` is how a line is to end."""
    lines = [
        re.sub(r"^(\S.*?) +# exit (\d+)$", r"if \1; then exit 99; else test $? -eq \2; fi", line)
        for line in block.splitlines()
    ]
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -e", *lines])],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}"
    return done.stdout


def put(function: str, path: Path) -> None:
    """The function in place of the one of its name in the file."""
    (new,) = ast.parse(function).body
    assert isinstance(new, ast.FunctionDef)
    source = path.read_text()
    old = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == new.name)
    lines = source.split("\n")
    lines[old.lineno - 1 : old.end_lineno] = [function.rstrip()]
    path.write_text("\n".join(lines))


def kernel(cells: list[str], folder: Path) -> str:
    """What the last of these cells shows as text."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return "\n".join(output.data["text/plain"] for output in book.cells[-1].outputs if "data" in output)


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_works_as_it_is_written(guide, tmp_path, monkeypatch):
    """Every command ends as it says, and prints what is shown below it; the same for cells of a notebook."""
    kind = guide.partition(".")[0]
    for part in ("exercises", "solutions"):
        shutil.copytree(ROOT / part / EXERCISE[kind], tmp_path / "course" / part / EXERCISE[kind])
    shutil.copy(ROOT / "exercises" / "course.toml", tmp_path / "course" / "exercises")
    folder = tmp_path / "course" if kind == "instructor" else tmp_path / "course" / "mine"
    folder.mkdir(exist_ok=True)
    for name in [name for name in os.environ if name.startswith("GRADE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    if kind == "student":
        monkeypatch.setenv("GRADE_STUDENT", "s001")

    output = ""
    cells: list[str] = []
    for language, text in blocks(guide):
        if language == "bash":
            output = typed(text, folder, dict(os.environ))
        elif language == "python":
            put(text, folder / STUB)
        elif language == "ipython":
            cells.append(text.rstrip())
        else:
            shown(text, kernel(cells, folder) if cells else output)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_of_a_guide_exists(guide):
    """Also those that are no block: each `grade …` names a command, and its options are known to it."""
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    mentioned = re.findall(r"(?:`|^|\$ )[!%]?(grade [a-z].*?)(?:`|  |$)", text, re.MULTILINE)

    assert len(mentioned) > 10
    for line in mentioned:
        words = line.partition("#")[0].split()[1:]
        command: click.Command = app
        while words and isinstance(command, click.Group) and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command is not app, line
        if isinstance(command, click.Group):  # `grade book` means `grade book show`
            command = command.commands["show"]
        options = {name for option in command.params for name in option.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_both_languages_show_the_same_commands():
    """What one guide lets type, the other one does, but for the language asked for."""
    for kind in EXERCISE:
        plain = [
            [
                re.sub(r" --lang ko|\"[^\"]*\"", "", text)
                for language, text in blocks(guide)
                if language in ("bash", "python", "ipython")
            ]
            for guide in (f"{kind}.md", f"{kind}.ko.md")
        ]

        assert plain[0] == plain[1]
        assert plain[0]
