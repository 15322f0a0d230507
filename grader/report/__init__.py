"""Views of records for people: the student's HTML report and the terminal summary.

Nothing is imported here, so that the terminal view does not pay for jinja2, nor HTML for rich.
"""
