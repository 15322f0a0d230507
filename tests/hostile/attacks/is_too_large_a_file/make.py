"""Over a mebibyte of source."""

from tests.hostile.sources import right

VARIANTS = {"weights": right("Right", head=f"WEIGHTS = '{'x' * 2**20}'")}
