"""Course, submission, record, seeds: what every other layer speaks of. No numpy, no I/O but reading files."""
