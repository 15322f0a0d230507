"""An automated grading and exercise platform for deep-learning courses."""

__version__ = "0.1.0"


def load_ipython_extension(shell: object) -> None:
    """`%load_ext grader` in a notebook: the magic `%grade`."""
    from grader.notebooks import magic  # here, so that `import grader` stays light

    magic.register(shell)
