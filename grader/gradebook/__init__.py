"""The gradebook: who handed in what, when, and what became of it. Imports SQLAlchemy: import it on use."""

from grader.gradebook.book import Attempt, Best, Gradebook, Recorded

__all__ = ["Attempt", "Best", "Gradebook", "Recorded"]
