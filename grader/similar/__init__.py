"""Submissions compared with each other: what is alike, under whatever names. The extra `similar`."""
