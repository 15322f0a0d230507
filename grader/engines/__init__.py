"""Engines map submissions to records, many at once, and lose none."""
