"""`python -m grader.cli`: the same as the command `grade`."""

from grader.cli.entry import main

main()
