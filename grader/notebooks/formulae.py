"""Formulae of a task text in LaTeX, for front ends that render it.

Task texts are read in editors and terminals too, so their formulae are plain Unicode in indented blocks:

    y[n] = b + Σ_k x[n + k] · w[k]

Here such a block becomes `$$…$$`. It is all or nothing, paragraph by paragraph: what is not understood to
the last character (tables of numbers, drawings, code) stays the block that it is.
"""

import re
import unicodedata
from typing import Final

_OTHERWISE: Final = {"epsilon": "varepsilon", "phi": "varphi", "lamda": "lambda", "Lamda": "Lambda"}


def _greek(letter: str) -> str:
    """The command of a Greek letter: by the name that Unicode gives it, but for a few."""
    name = unicodedata.name(letter).rpartition(" ")[2]
    name = name.lower() if letter.islower() else name.capitalize()
    return f"\\{_OTHERWISE.get(name, name)}"


_GREEK: Final = {letter: _greek(letter) for letter in "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΦΨΩ"} | {"ℓ": r"\ell"}
_SYMBOLS: Final = {
    "·": r"\cdot",
    "×": r"\times",
    "⊙": r"\odot",
    "∂": r"\partial",
    "Σ": r"\sum",
    "∇": r"\nabla",
    "←": r"\leftarrow",
    "→": r"\to",
    "≠": r"\ne",
    "≤": r"\le",
    "≥": r"\ge",
    "<=": r"\le",
    ">=": r"\ge",
    "<": r"\lt",
    ">": r"\gt",
    "≈": r"\approx",
    "+=": r"\mathrel{+}=",
    "~": r"\sim",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "…": r"\dots",
    "²": "^{2}",
    "³": "^{3}",
    "ᵀ": r"^{\top}",
    "{": r"\{",
    "}": r"\}",
    **{character: character for character in "=+-/()[],:;'|!"},
}
_FUNCTIONS: Final = frozenset({"exp", "log", "ln", "tanh", "max", "min"})
_ACCENTS: Final = {"\u0302": "hat", "\u0304": "bar"}
_RELATIONS: Final = ("=", r"\mathrel{+}=", r"\leftarrow", r"\sim", r"\approx", r"\le", r"\ge", r"\ne")
_TOKEN: Final = re.compile(
    r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)"
    r"|(?P<name>[A-Za-zͰ-ϿΑ-ωℓ][\u0300-\u036f]*(?:[A-Za-z0-9]|[Ͱ-Ͽ])*(?:_[A-Za-z0-9]+)*)"
    r"|(?P<hangul>[가-힣ㄱ-ㆎ]+)"
    r"|(?P<operator><=|>=|\+=|.)"
)


def rendered(text: str) -> str:
    """A Markdown text with its formulae as `$$…$$`."""
    made: list[str] = []
    paragraph: list[str] = []
    fenced = False

    def flush() -> None:
        made.extend(_block(paragraph))
        paragraph.clear()

    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        if not fenced and line.startswith("    ") and line.strip() and (paragraph or _may_begin(made)):
            paragraph.append(line)
            continue
        flush()
        made.append(line)
    flush()
    return "\n".join(made)


def _may_begin(before: list[str]) -> bool:
    """Whether an indented line is a block of its own: not the next line of a list or a sentence."""
    return not before or not before[-1].strip() or before[-1] == "$$"


def _block(lines: list[str]) -> list[str]:
    formulae = [latex(line) for line in lines]
    known = [one for one in formulae if one is not None]
    if not lines or len(known) < len(lines):
        return list(lines)
    if len(known) == 1:
        return ["$$", known[0].replace(" &", " ", 1), "$$"]
    # Markdown readers may take a backslash at the end of a line for their own: so there is none.
    return [
        "$$",
        r"\begin{aligned}",
        *(f"{one} \\\\ " for one in known[:-1]),
        known[-1],
        r"\end{aligned}",
        "$$",
    ]


def latex(line: str) -> str | None:
    """One line in LaTeX, with `&` before its first relation; None if it is no formula as we know them."""
    if line.rstrip().endswith(":"):
        return None  # a line of code
    chunks = [part for part in re.split(r" {2,}", line.strip()) if part]
    made: list[str] = []
    for chunk in chunks:
        if (one := _chunk(chunk)) is None:
            return None
        glued = not made or _is_relation(one.split(" ")[0]) or _is_relation(made[-1].split(" ")[-1])
        made.append(one if glued else rf"\quad {one}")
    words = " ".join(made).split(" ")
    at = next((k for k, word in enumerate(words) if word in _RELATIONS), None)
    if at is None:
        return None
    words.insert(at, "&")
    return re.sub(r"& ", "&", " ".join(words))


def _is_relation(word: str) -> bool:
    return word in _RELATIONS or word in ("+", "-", r"\cdot", "/")


def _chunk(text: str) -> str | None:
    """A piece without gaps in LaTeX, its words separated by single spaces."""
    if re.search(r"--|\|-|[A-Za-z]\.[A-Za-z]|\d \d|\d -\d|[a-z]\(\)", text):
        return None  # rules of drawings, attributes, rows of numbers, calls
    if re.sub(r"\|[^|\s]+\|", "", text).count("|"):
        return None  # bars that are not around something
    made: list[str] = []
    position = 0
    text = _decomposed(text)
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        if (piece := _group_of(text, position, bool(made)) or _piece(text, position, made)) is None:
            return None
        one, position = piece
        made.append(one)
    return " ".join(made)


def _group_of(text: str, position: int, after: bool) -> tuple[str, int] | None:
    """An index or a root that begins here, and where it ends; None if none does."""
    if text[position] == "_" and after:
        if braced := re.match(r"\{([^{}]*)\}", text[position + 1 :]):
            inner = _chunk(braced[1])
            return None if inner is None else (f"_{{{inner}}}", position + 1 + braced.end())
        single = re.match("[A-Za-z0-9]", text[position + 1 :])
        return None if single is None else (f"_{{{single[0]}}}", position + 2)
    if text[position] == "√" and (end := _closing(text, position + 1)) is not None:
        inner = _chunk(text[position + 2 : end - 1])
        return None if inner is None else (rf"\sqrt{{{inner}}}", end)
    return None


def _piece(text: str, position: int, made: list[str]) -> tuple[str, int] | None:
    """A number, name, word or sign that begins here, and where it ends; None for any other character."""
    match = _TOKEN.match(text, position)
    if match is None:
        return None
    word = match[0]
    if match["number"]:
        return _apart(made, word.replace(",", "{,}")), match.end()
    if match["hangul"]:
        glued = text[match.start() - 1 : match.start()] != " "
        return _apart(made, rf"\text{{{word}}}", glued=glued), match.end()
    if match["name"]:
        return _apart(made, _name(word)), match.end()
    return (_SYMBOLS[word], match.end()) if word in _SYMBOLS else None


def _apart(made: list[str], one: str, *, glued: bool = False) -> str:
    """The piece, behind a space if it or the one before is a word: LaTeX shows none of ours."""
    before = made[-1].lstrip("~") if made else ""
    words = any(piece.startswith((r"\mathrm{", r"\text{")) for piece in (before, one))
    operator = before in _SYMBOLS.values() and before[0] not in "^)],:"
    apart = before[-1:].isalnum() or before.endswith(("}", ")", "]", ",", ":"))
    return f"~{one}" if words and apart and not operator and not glued else one


def _decomposed(text: str) -> str:
    """NFD of all but Hangul, which would fall into letters."""
    return "".join(c if "가" <= c <= "힣" else unicodedata.normalize("NFD", c) for c in text)


def _closing(text: str, start: int) -> int | None:
    """Behind the bracket that closes the one at `start`; None if there is none."""
    if not text.startswith("(", start):
        return None
    depth = 0
    for k in range(start, len(text)):
        depth += (text[k] == "(") - (text[k] == ")")
        if depth == 0:
            return k + 1
    return None


def _name(word: str) -> str:
    """A name: a letter, a function, or a word; an underscore after one or two letters is an index."""
    stem, *indices = word.split("_")
    if indices and (len(stem) > 2 or len(indices) > 1):
        return rf"\mathrm{{{word.replace('_', chr(92) + '_')}}}"
    if stem == "Σ":
        return rf"\sum_{{{indices[0]}}}" if indices else r"\sum"
    accent = next((mark for mark in stem if mark in _ACCENTS), None)
    bare = unicodedata.normalize("NFC", "".join(c for c in stem if not unicodedata.combining(c)))
    if len(bare) == 1:
        made = _GREEK.get(bare, bare)
    elif bare in _FUNCTIONS:
        made = f"\\{bare}"
    elif len(bare) == 2 and bare[1].isdigit():
        made = f"{_GREEK.get(bare[0], bare[0])}_{{{bare[1]}}}"
    elif all(c in _GREEK or c.isascii() for c in bare):
        made = rf"\mathrm{{{bare}}}" if bare.isascii() else " ".join(_GREEK.get(c, c) for c in bare)
    else:
        made = rf"\text{{{bare}}}"
    if accent:
        made = rf"\{_ACCENTS[accent]}{{{made}}}"
    if indices:
        index = indices[0]
        if made.endswith("}") and "_{" in made:
            return rf"\mathrm{{{word.replace('_', chr(92) + '_')}}}"
        made += f"_{{{index if len(index) <= 2 else rf'{chr(92)}mathrm{{{index}}}'}}}"
    return made
