"""`grade start`: the stub goes into the working folder, and nothing there is overwritten."""

from pathlib import Path

from grader.cli.phrases import say
from grader.core.course import Exercise, Language
from grader.errors import CourseError, InputError


def start(exercise: Exercise, folder: Path) -> list[Path]:
    """The files written; InputError, and nothing written, if one of them is there."""
    stubs = {}
    for name in exercise.files:
        try:
            stubs[folder / name] = (exercise.public_dir / name).read_bytes()
        except OSError as e:
            where = str(exercise.public_dir / name)
            raise CourseError(f"the stub {where!r} cannot be read: {(e.strerror or str(e)).lower()}") from e
    return _write(stubs)


def start_notebook(exercise: Exercise, folder: Path, language: Language) -> list[Path]:
    """The notebook written; InputError, and nothing written, if there is one of its name."""
    from grader.notebooks import making

    path = folder / making.file_name(exercise)
    if path.exists() or path.is_symlink():  # before the work of making one
        raise _there(path)
    return _write({path: making.notebook(exercise, language)})


def _write(files: dict[Path, bytes]) -> list[Path]:
    for path in files:
        if path.exists() or path.is_symlink():
            raise _there(path)
    for path, data in files.items():
        try:
            with path.open("xb") as file:
                file.write(data)
        except FileExistsError as e:
            raise _there(path) from e
        except OSError as e:
            raise InputError(f"{str(path)!r} cannot be written: {(e.strerror or str(e)).lower()}") from e
    return list(files)


def _there(path: Path) -> InputError:
    return InputError(
        f"{path.name!r} is in this folder, and work is never overwritten: "
        "go on with it, or move it away and start again"
    )


def next_steps(written: list[Path], exercise: str, language: Language) -> str:
    """What to do with the files."""
    notebook = any(path.suffix == ".ipynb" for path in written)
    names = ", ".join(path.name for path in written)
    return say("started_notebook" if notebook else "started", language, names=names, exercise=exercise)
