"""Bytes that no editor would show as they are."""

from tests.hostile.sources import right

RIGHT = right("Right, but for what stands above")
VARIANTS = {
    "bidi": f"x = 'passed\u202e'  # \u2066\n{RIGHT}",
    "utf_7": f"# coding: utf-7\n{RIGHT}",
    "rot_13": f"#!/usr/bin/python\n# -*- coding: rot13 -*-\n{RIGHT}",
    "byte_order_mark": b"\xef\xbb\xbf" + RIGHT.encode(),
    "utf_16": RIGHT.encode("utf-16"),
    "latin_1": b"# \xe9\n" + RIGHT.encode(),
    "nul": RIGHT.encode() + b"\0",
    "nothing": b" \n\t\n",
}
