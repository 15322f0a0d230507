"""The command `grade`: commands parse, call one function, print and end with an exit code of the contract."""

from grader.cli.entry import main

__all__ = ["main"]
