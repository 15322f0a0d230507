"""Whether this machine's packages are those that the course was tested with."""

import re
from importlib.metadata import PackageNotFoundError, version

from grader.cli.request import Request
from grader.core.text import visible

_PIN = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*([^\s;#]+)")


def warn(request: Request) -> None:
    """Say on stderr where versions differ from `exercises/constraints.txt`, if the course has one."""
    path = request.course.root / "exercises" / "constraints.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for match in filter(None, map(_PIN.match, lines)):
        name, wanted = match[1], visible(match[2], 40, one_line=True)
        here = installed(name)
        if here is None and name in request.exercise.packages:
            request.note(
                f"grade: {name} is not installed, the course uses {wanted}: pip install {name}=={wanted}"
            )
        elif here is not None and here.partition("+")[0] != wanted:  # +cpu, +cu126: builds of one version
            request.note(
                f"grade: {name} is {here} here, the course uses {wanted}: pip install {name}=={wanted}"
            )


def installed(name: str) -> str | None:
    """Version of a package, without importing it; None if it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
