"""Notebooks as a way in: `.ipynb` made from exercises, and `%grade` inside them.

`%load_ext grader` in a notebook gives the magic; `check("ex10")` and `submit("ex10")` do the same as
functions.
"""

from grader.notebooks.session import check, submit

__all__ = ["check", "submit"]
