"""A stub is its reference without what students write."""

import textwrap
from pathlib import Path

import pytest

from grader.core import course
from grader.core.stub import stub, write_stubs
from grader.errors import CourseError

ROOT = Path(__file__).parents[2]
OURS = course.load(ROOT / "exercises" / "course.toml")
PAIRS = [
    (ROOT / "solutions" / exercise.id / name, exercise.public_dir / name)
    for exercise in OURS.exercises.values()
    for name in exercise.files
    if (ROOT / "solutions" / exercise.id).is_dir()
]


def cut(source: str) -> str:
    """The stub of an indented text."""
    return stub(textwrap.dedent(source))


@pytest.mark.parametrize(("reference", "public"), PAIRS, ids=[pair[0].stem for pair in PAIRS])
def test_stub_of_the_course_is_up_to_date(reference, public):
    """Each stub is what `make stubs` writes from the reference."""
    assert public.read_text(encoding="utf-8") == stub(reference.read_text(encoding="utf-8"))


def test_function_body():
    """A marked part of a function becomes `raise NotImplementedError`; signature and docstring stay."""
    made = cut('''
        def size(n: int) -> int:
            """Size."""
            # BEGIN SOLUTION
            return n + 1
            # END SOLUTION
    ''')

    assert made == textwrap.dedent('''\
        def size(n: int) -> int:
            """Size."""
            raise NotImplementedError("size is not written yet")
    ''')


def test_method_body():
    """A method is named by itself, also behind a decorator, and inner functions do not confuse."""
    made = cut("""
        class Value:
            @property
            def double(self):
                # BEGIN SOLUTION
                def inner():
                    return 2
                return inner() * self.data
                # END SOLUTION

            def same(self):
                return self
    """)

    assert made == textwrap.dedent("""\
        class Value:
            @property
            def double(self):
                raise NotImplementedError("double is not written yet")

            def same(self):
                return self
    """)


def test_top_level_part_vanishes():
    """A helper and an import of the reference's own leave no trace, not even blank lines."""
    made = cut("""
        import numpy as np
        # BEGIN SOLUTION
        import itertools
        # END SOLUTION


        # BEGIN SOLUTION
        def helper():
            return 1


        # END SOLUTION
        def f():
            # BEGIN SOLUTION
            return helper()
            # END SOLUTION


        # BEGIN SOLUTION
        def tail():
            return 1
        # END SOLUTION
    """)

    assert made == textwrap.dedent("""\
        import numpy as np


        def f():
            raise NotImplementedError("f is not written yet")
    """)


def test_what_stands_around_a_part_stays():
    """Only what is marked goes."""
    made = cut("""
        def f(x):
            y = x + 1  # given
            # BEGIN SOLUTION
            y = y * 2
            # END SOLUTION
            return y
    """)

    assert "y = x + 1  # given" in made
    assert "return y" in made
    assert "y * 2" not in made


def test_marker_in_a_text_is_text():
    """A docstring may speak of markers."""
    made = cut('''
        def f():
            """
            # BEGIN SOLUTION
            """
            # BEGIN SOLUTION
            return 1
            # END SOLUTION
    ''')

    assert '    """\n    # BEGIN SOLUTION\n    """\n' in made


def test_line_endings_are_made_one():
    """A reference with CRLF gives the same stub."""
    source = "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n"

    assert stub(source.replace("\n", "\r\n")) == stub(source)


BROKEN = {
    "no markers": ("x = 1\n", "would give the solution away"),
    "no end": ("# BEGIN SOLUTION\nx = 1\n", "line 1: BEGIN SOLUTION without END"),
    "no begin": ("x = 1\n# END SOLUTION\n", "line 2: END SOLUTION without BEGIN"),
    "nested": (
        "# BEGIN SOLUTION\nx = 1\n# BEGIN SOLUTION\ny = 1\n# END SOLUTION\n# END SOLUTION\n",
        "line 3: BEGIN SOLUTION inside the part begun in line 1",
    ),
    "indented otherwise": (
        "# BEGIN SOLUTION\ndef f():\n    return 1\n    # END SOLUTION\n",
        "line 4: END SOLUTION is not indented",
    ),
    "nothing between": ("# BEGIN SOLUTION\n\n# END SOLUTION\n", "line 3: nothing between"),
    "beside code": (
        "x = 1  # BEGIN SOLUTION\n# END SOLUTION\n",
        "line 1: BEGIN SOLUTION must stand on a line",
    ),
    "not python": ("def f(:\n", "is not Python: invalid syntax in line 1"),
    "not tokens": ("x = (\n", "is not Python"),
    "stub not python": (
        "if True:\n    # BEGIN SOLUTION\n    x = 1\n    # END SOLUTION\n",
        "its stub is not Python: expected an indented block",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_markers_amiss(name):
    """Wrong markers are refused with file and line."""
    source, words = BROKEN[name]

    with pytest.raises(CourseError) as caught:
        stub(source, "convolution.py")

    assert "'convolution.py'" in str(caught.value)
    assert words in str(caught.value)


def test_write_stubs(tmp_path):
    """`make stubs` writes what changed, and only that."""
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "course.toml").write_text(
        'title = "C"\n[exercises.ex01_a]\ntitle = "A"\nfiles = ["a.py"]\n'
        '[exercises.ex02_b]\ntitle = "B"\nfiles = ["b.py"]\n'
    )
    (tmp_path / "solutions" / "ex01_a").mkdir(parents=True)
    (tmp_path / "solutions" / "ex01_a" / "a.py").write_text(
        "x = 1\n# BEGIN SOLUTION\ny = 1\n# END SOLUTION\n"
    )
    loaded = course.load(tmp_path / "exercises" / "course.toml")

    first, second = write_stubs(loaded), write_stubs(loaded)

    assert first == [tmp_path / "exercises" / "ex01_a" / "a.py"]
    assert first[0].read_text() == "x = 1\n"
    assert second == []
