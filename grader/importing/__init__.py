"""Taking courses in that were written for other graders, as exercises here."""
