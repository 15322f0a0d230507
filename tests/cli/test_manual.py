"""The tutorial in docs/authoring.md, typed word by word into a shell in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

MANUAL = Path(__file__).parent.parent.parent / "docs" / "authoring.md"
CUT = "@@@ the next block @@@"


def blocks() -> list[tuple[str, str]]:
    """(language, text) of each block of code in the tutorial, in order."""
    text = MANUAL.read_text(encoding="utf-8")
    tutorial = text.partition("## Ten minutes")[2].partition("\n## ")[0]
    return re.findall(r"^```(\w*)\n(.*?)^```$", tutorial, re.MULTILINE | re.DOTALL)


def script(commands: list[str]) -> str:
    """All blocks in one shell that stops at the first surprise; `# exit 1` is how a line is to end."""
    parts = ["set -e"]
    for block in commands:
        parts += [
            re.sub(r"^(\S.*?) +# exit (\d+)$", r"if \1; then exit 99; else test $? -eq \2; fi", line)
            for line in block.splitlines()
        ]
        parts.append(f"echo '{CUT}'")
    return "\n".join(parts)


def shown(expected: str, output: str) -> None:
    """Each line of a block of output was printed, in this order; `…` stands for anything."""
    position = 0
    for line in filter(None, (line.rstrip() for line in expected.splitlines())):
        if line != "…":
            pattern = ".*".join(map(re.escape, line.split("…")))
            found = re.compile(rf"^{pattern}\s*$", re.MULTILINE).search(output, position)
            assert found, f"not printed: {line!r}\n\n{output}"
            position = found.end()


def test_the_tutorial_works_as_it_is_written(tmp_path):
    """Every command ends as it says, and prints what is shown below it."""
    found = blocks()
    commands = [text for language, text in found if language == "bash"]
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRADE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", "-c", script(commands)],
        cwd=folder,
        env={**environment, "COLUMNS": "80", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=170,
    )

    assert done.returncode == 0, done.stdout
    outputs = iter(done.stdout.split(f"{CUT}\n"))
    output = ""
    for language, text in found:
        if language == "bash":
            output = next(outputs)
        else:
            assert language == "text"
            shown(text, output)


def test_the_tutorial_is_all_commands_and_their_output():
    """No block of it escapes the test above."""
    languages = [language for language, _ in blocks()]

    assert set(languages) == {"bash", "text"}
    assert languages.count("bash") > 8
