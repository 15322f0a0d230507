"""Formats that others read: pure functions of grades, or of one record as its student may see it."""
