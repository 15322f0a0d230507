"""Which files make a solution: the reference's, with those of another solution in place of some.

A known solution beside the reference, `accepted/NAME` or `wrong/NAME`, is a file `NAME.py`, which stands for
the first file of the exercise, or a folder `NAME/` with the files that differ, under their own names. What it
does not hold is the reference's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from grader.core.course import Exercise
from grader.errors import CourseError


@dataclass(frozen=True, slots=True)
class Layout:
    """The names that a solution may have, the one that is loaded first, and where the reference's are."""

    folder: Path
    names: tuple[str, ...]

    @classmethod
    def of(cls, exercise: Exercise) -> Self:
        """That of an exercise; CourseError where it has no solutions here."""
        if exercise.solution_dir is None:
            raise CourseError(f"{exercise.id} has no solutions folder here")
        return cls(exercise.solution_dir, exercise.names)

    @classmethod
    def around(cls, reference: Path, names: Sequence[str] = ()) -> Self:
        """That of a reference's first file; without `names` it is the only one."""
        return cls(reference.parent, tuple(names) or (reference.name,))

    @property
    def reference(self) -> Path:
        """What stands for the reference."""
        return self.folder / self.names[0]

    def files(self, solution: Path) -> dict[str, Path]:
        """The files of a solution by name, what is loaded first; CourseError for one of another name."""
        own = {self.names[0]: solution}
        if solution.is_dir():
            own = {path.name: path for path in sorted(solution.glob("*.py"))}
            if stray := [name for name in own if name not in self.names] or ([] if own else ["no file"]):
                wanted = ", ".join(self.names)
                raise CourseError(f"{str(solution)!r} holds {', '.join(stray)}: expected some of {wanted}")
        found = {name: own.get(name, self.folder / name) for name in self.names}
        return {name: path for name, path in found.items() if name in own or path.is_file()}

    def own(self, solution: Path) -> list[Path]:
        """Those of its files that are not the reference's, the one with the header first."""
        files = self.files(solution).values()
        return [path for path in files if solution in (path, path.parent)]


def known(folder: Path) -> list[Path]:
    """The solutions in a folder such as `wrong`, by name."""
    found = [path for path in folder.glob("*") if path.suffix == ".py" or any(path.glob("*.py"))]
    return sorted(found, key=lambda path: path.stem)
