"""Trusted modules: references and known wrong solutions, loaded by path under names of their own."""

import importlib.util
import sys
import types
from pathlib import Path

from grader.core.course import Exercise
from grader.errors import CourseError


def load(path: Path, name: str) -> types.ModuleType:
    """The file at `path` as a module called `name`; raises CourseError if it does not run."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CourseError(f"{str(path)!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except FileNotFoundError as e:
        raise CourseError(f"no file {str(path)!r}") from e
    except Exception as e:
        raise CourseError(f"{str(path)!r} does not run: {type(e).__name__}: {e}") from e
    return module


def load_probe(exercise: Exercise) -> types.ModuleType | None:
    """The exercise's probe, for this process; None if it has none. Raises CourseError if it does not run."""
    path = exercise.probe_path
    return None if path is None else load(path, f"probe_{exercise.module}")
