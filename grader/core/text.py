"""Text that a student can write, made harmless to look at.

Used by every view for people: HTML, terminal, log. Runs on the judge's side, on hostile text.
"""

import re

_UNSEEN = re.compile(
    "["
    "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f"  # C0 but tab and newline, delete, C1
    "\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e"  # Cf of scripts
    "\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"  # zero width, bidi
    "\\U000110bd\\U000110cd\\U00013430-\\U0001345f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\u2028\\u2029"  # line and paragraph separator
    "\\ud800-\\udfff"  # lone surrogates, which no encoder takes
    "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180d\\u180f\\u2800\\u3164\\uffa0"  # blank, yet no spaces
    "\\ufdd0-\\ufdef\\ufffe\\uffff"  # not characters
    "\\U000e0000-\\U000e0fff"  # tags and supplementary variation selectors: text that nobody sees
    "]"
    "|(?<=[\\u0300-\\u036f]{4})[\\u0300-\\u036f]"  # piles of accents that cover other lines
)


def as_name(text: str) -> str:
    """What an exercise or a module could be called after `text`: `problem_set_1` of `Problem Set 1`."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_").lstrip("0123456789_")[:40]


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str, limit: int | None = None, *, one_line: bool = False) -> str:
    r"""`text` with what cannot be seen written out (`\x1b`, `\u202e`), cut to `limit` characters.

    Tabs and newlines stay, unless `one_line`. Cut text ends in an ellipsis.
    """
    if (limit is None or len(text) <= limit) and text.isascii() and text.isprintable():
        return text
    cut = limit is not None and len(text) > limit
    text = _UNSEEN.sub(_escape, text[:limit])
    if one_line:
        text = text.replace("\n", "\\n").replace("\t", "\\t")
    if limit is not None and len(text) > limit:
        text, cut = text[:limit], True
    return text + "…" if cut else text
