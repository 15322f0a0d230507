"""The line magic `%grade`; imported by `%load_ext grader` alone, in a student's kernel."""

import shlex
from typing import Any, Final

from grader.notebooks import session
from grader.notebooks.phrases import say

OPTIONS: Final = ("lang", "student", "course", "device")


def grade(line: str) -> None:
    """`%grade check ex10` and `%grade submit ex10`; options as of the command `grade`."""
    try:
        words = shlex.split(line)
    except ValueError:  # a quote that does not end
        words = []
    plain: list[str] = []
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            plain.append(word)
        elif name in OPTIONS and (found := value if equals else next(rest, "")):
            given[name] = found
        else:
            plain = []
            break
    match plain:
        case ["check" | "submit" as command, exercise] if given.get("lang", "en") in ("en", "ko"):
            session.run(command, exercise, **given)
        case _:
            options = ", ".join(f"--{name}" for name in OPTIONS)
            language = session.language_of(given.get("lang"))
            session.show(*session.complaint(say("usage", language, line=line.strip()[:200], options=options)))


def register(shell: Any) -> None:
    """Give the shell the magic."""
    shell.register_magic_function(grade, magic_kind="line", magic_name="grade")
