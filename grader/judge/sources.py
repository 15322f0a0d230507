"""What the sources of two solutions say about where they differ: the public names that behave otherwise."""

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.errors import CourseError


def parse(path: Path) -> ast.Module:
    """The file's syntax tree; raises CourseError."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, SyntaxError, UnicodeDecodeError) as e:
        raise CourseError(f"{str(path)!r} cannot be read: {e}") from e


def definitions(files: Mapping[str, Path]) -> dict[str, ast.stmt]:
    """Top-level names and what defines them, without docstrings.

    Of several files, names of the first one, whose module is called, stand as they are, those of the others
    as `layers.relu`. An import of another of the files defines what it binds.
    """
    stems = [name.removesuffix(".py") for name in files]
    found: dict[str, ast.stmt] = {}
    for stem, path in zip(stems, files.values(), strict=True):
        prefix = "" if stem == stems[0] else f"{stem}."
        for node in parse(path).body:
            found |= {prefix + name: node for name in _defined(node, stems)}
    return found


def _defined(node: ast.stmt, stems: list[str]) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(inner) is not None:
            inner.body = inner.body[1:] or [ast.Pass()]
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.ImportFrom) and node.module in stems:
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Import) and any(alias.name in stems for alias in node.names):
        yield from (alias.asname or alias.name for alias in node.names if alias.name in stems)


def changed(base: dict[str, ast.stmt], other: dict[str, ast.stmt]) -> frozenset[str]:
    """Public names of the first file whose definition differs from `base`, or that use one that does."""
    different = {
        name
        for name in {*base, *other}
        if name not in base or name not in other or _dump(base[name]) != ast.dump(other[name])
    }
    uses = {name: frozenset(_used(name, node, other)) for name, node in other.items()}
    while more := {name for name, used in uses.items() if used & different} - different:
        different |= more
    return frozenset(name for name in different if not name.startswith("_") and "." not in name)


@functools.lru_cache(maxsize=256)
def _dump(node: ast.stmt) -> str:
    """Of the reference's definitions, which every wrong solution is compared with."""
    return ast.dump(node)


def used(definitions: Mapping[str, ast.stmt], functions: frozenset[str]) -> frozenset[str]:
    """Public names of the first file that `functions` come to in these definitions, themselves aside."""
    reached = set(functions)
    while (
        more := {
            name
            for one in reached & definitions.keys()
            for name in _used(one, definitions[one], definitions)
            if name in definitions
        }
        - reached
    ):
        reached |= more
    return frozenset(name for name in reached - functions if not name.startswith("_") and "." not in name)


def _used(name: str, node: ast.stmt, every: Mapping[str, ast.stmt]) -> Iterator[str]:
    """Names, as `definitions` writes them, that the definition of `name` comes to."""
    stem, dot, _ = name.rpartition(".")
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield stem + dot + inner.id
        elif isinstance(inner, ast.ImportFrom):
            yield from (f"{inner.module}.{alias.name}" for alias in inner.names)
        elif isinstance(inner, ast.Import):  # of a whole module: all that it has
            whole = tuple(f"{alias.name}." for alias in inner.names)
            yield from (one for one in every if one.startswith(whole))
