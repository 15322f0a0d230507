"""Releasing: what students receive of a course, and the proof that nothing else is in it."""
