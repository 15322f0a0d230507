"""The far side of the wall: all that runs in the student's process.

Imports the standard library and numpy (torch lazily), nothing else of `grader` (tests/test_layers.py).
"""
