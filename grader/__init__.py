"""An automated grading and exercise platform for deep-learning courses."""

__version__ = "0.1.0"
