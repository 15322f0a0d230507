"""Names of checks as authors write them: ids, or globs of ids."""

import fnmatch


def matches(id: str, glob: str) -> bool:
    """Whether the check's id is `glob`, or matches it; `[` and `]` stand for themselves."""
    return id == glob or fnmatch.fnmatchcase(id, glob.replace("[", "[[]"))
