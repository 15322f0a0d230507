"""Trusted modules: references and known wrong solutions, loaded by path under names of their own."""

import builtins
import importlib.util
import sys
import types
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

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


def load_files(files: Mapping[str, Path], name: str) -> types.ModuleType:
    """The first of `files` as a module called `name`; it may import the others by their names.

    Raises CourseError if one of them does not run.
    """
    if len(files) == 1:
        (path,) = files.values()
        return load(path, name)

    def run(stem: str, module: types.ModuleType) -> None:
        path = files[f"{stem}.py"]
        module.__file__ = str(path)
        try:
            exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)  # noqa: S102 - the instructor's
        except CourseError:
            raise
        except FileNotFoundError as e:
            raise CourseError(f"no file {str(path)!r}") from e
        except Exception as e:
            raise CourseError(f"{str(path)!r} does not run: {type(e).__name__}: {e}") from e

    return linked([file.removesuffix(".py") for file in files], name, run)


def linked(
    stems: Collection[str], name: str, run: Callable[[str, types.ModuleType], None]
) -> types.ModuleType:
    """The first of the modules `stems`, called `name`, of which `run` executes each once.

    They import one another by their stems, and are seen by nobody else: a reference and a known mistake may
    both have a `layers` beside the `layers` of a package that is installed.
    """
    made: dict[str, types.ModuleType] = {}
    first = next(iter(stems))

    def sibling(stem: str) -> types.ModuleType:
        if stem not in made:
            module = types.ModuleType(name if stem == first else f"{name}.{stem}")
            made[stem] = sys.modules[module.__name__] = module  # dataclasses look their module up there
            vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_}
            try:
                run(stem, module)
            except BaseException:
                del made[stem]
                raise
        return made[stem]

    def import_(wanted: str, *args: Any, **kwargs: Any) -> types.ModuleType:
        return sibling(wanted) if wanted in stems else builtins.__import__(wanted, *args, **kwargs)

    return sibling(first)


def load_probe(exercise: Exercise) -> types.ModuleType | None:
    """The exercise's probe, for this process; None if it has none. Raises CourseError if it does not run."""
    path = exercise.probe_path
    return None if path is None else load(path, f"probe_{exercise.module}")
