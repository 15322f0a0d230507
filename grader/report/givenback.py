"""A student's notebook given back with feedback: as a notebook, and as a page by nbconvert.

The notebook is hostile in all its parts. It is read by nbformat and built anew of what is known: source,
tags, and of outputs the text and the pictures (PNG, JPEG); HTML, SVG, scripts and widgets are dropped.
Markdown is turned into HTML by nbconvert and cleaned cell by cell by nh3 (ammonia), so that no cell reaches
beyond itself or looks like feedback; then the page as a whole once more. Formulae stay as they are typed.
"""

import functools
import re
import secrets
import warnings
from collections.abc import Iterator
from typing import Any, Final

import nh3
from markupsafe import Markup

from grader.core.text import visible
from grader.errors import SubmissionError
from grader.report.html import STYLE, environment, style
from grader.report.inplace import Feedback

NOTICE: Final = "dlgrade_feedback"
"""Metadata of cells that are ours: those of an earlier time are taken away."""
TEXT: Final = 20_000  # characters of a text, and of a markdown cell that is rendered
PICTURE: Final = 4 * 2**20  # characters of a picture in base 64
PICTURES: Final = 24 * 2**20  # of all of them
OUTPUTS: Final = 50  # of one cell
TEXTS: Final = 500_000  # characters in all outputs
WORK: Final = 4 * 10**8
"""Squares of the lengths of cells that are rendered or coloured: some texts take both such time. 5 s of it,
or 400 cells of 1,000 characters; what is beyond stands there as it was typed."""
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")
_DATA: Final = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/\s]*={0,2}\s*")
_TAGS: Final = frozenset(
    "a b blockquote br code del dd div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p pre s span strong "  # noqa: SIM905 - read as a line
    "sub sup table tbody td th thead tr ul".split()
)
_PIECE: Final = re.compile("piece-[0-9a-f]{32}")
_ANSI: Final = re.compile(r"ansi-[a-z-]{1,30}")
_LINK: Final = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_CELLS: Final = frozenset(
    "cell border-box-sizing text_cell code_cell rendered rendered_html text_cell_render prompt inner_cell "  # noqa: SIM905
    "input_prompt input input_area output_prompt output_wrapper output output_area output_subarea "
    "output_text output_stream output_stdout output_stderr output_error output_png output_jpeg highlight "
    "hl-ipython3 alert alert-block alert-info alert-warning".split()
)
"""Classes of the page: nbconvert's and ours, whose colours no text of a student's may have."""


@functools.cache
def _of_code() -> frozenset[str]:
    """Classes of highlighted code. One of them is what hides text from all but screen readers in reports."""
    from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

    return frozenset({"highlight", *STANDARD_TYPES.values()}) - {"", "sr"}


def _nbformat() -> Any:
    """Untyped, and a third of a second to import."""
    import nbformat

    return nbformat


def require(data: bytes) -> None:
    """SubmissionError for a notebook that cannot be given back: parts that nobody graded can be broken."""
    _read(data)


def notebook(data: bytes, feedback: Feedback) -> bytes:
    """The `.ipynb` with a cell of feedback behind each cell that some belongs to; raises SubmissionError."""
    v4 = _nbformat().v4

    def notice(html: str) -> Any:
        return v4.new_markdown_cell(html, metadata={NOTICE: True})

    return str(_nbformat().writes(_with(data, feedback, notice))).encode("utf-8", "backslashreplace")


def page(data: bytes, feedback: Feedback, *, title: str, heading: str, student: str, language: str) -> str:
    """The same as one HTML page that opens from disk: no script, nothing that is loaded from elsewhere."""
    import nbconvert
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    v4 = _nbformat().v4
    ours: dict[str, str] = {}
    reader = MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True))

    pieces: dict[str, str] = {}
    work = WORK

    def later(html: str) -> str:
        # A word that no student can guess stands for it until the rest is a page: what nbconvert does to
        # all HTML (bleach, Beautiful Soup) takes half a minute for a long cell.
        word = f"piece-{secrets.token_hex(16)}"
        pieces[word] = html
        return word

    def is_affordable(source: str) -> bool:
        nonlocal work
        if len(source) > TEXT or len(source) ** 2 > work:
            return False
        work -= len(source) ** 2
        return True

    def notice(html: str) -> Any:
        word = secrets.token_hex(16)
        ours[word] = html
        return v4.new_markdown_cell(word)

    def markdown(source: str) -> str:
        if source in ours:
            return later(ours[source])
        typed = f"<pre>{Markup.escape(visible(source, TEXT))}</pre>"
        if not is_affordable(source):
            return later(typed)
        try:
            return later(_cleaner(_attribute_of_text).clean(str(reader.render(source))))
        except Exception:  # noqa: BLE001 - a text that the renderer trips over is shown as it was typed
            return later(typed)

    untyped: Any = nbconvert
    coloured = untyped.filters.Highlight2HTML(pygments_lexer="ipython3")

    def highlight(source: str, **asked: Any) -> str:
        if is_affordable(source):
            return later(str(coloured(source, **asked)))
        return later(f'<div class="highlight hl-ipython3"><pre>{Markup.escape(source)}</pre></div>')

    exporter = untyped.HTMLExporter(template_name="basic", filters={"highlight_code": highlight})
    exporter.register_filter("markdown2html", markdown)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of lexers that IPython would bring
        body, _ = exporter.from_notebook_node(_with(data, feedback, notice))
    body = _PIECE.sub(lambda found: pieces.get(found[0], found[0]), body)
    css, digest = style(STYLE, "notebook.css")
    return (
        environment()
        .get_template("notebook.html.j2")
        .render(
            title=title,
            heading=heading,
            student=student,
            language=language,
            body=Markup(_cleaner(_attribute_of_page).clean(body)),  # noqa: S704 - cleaned in this line
            style=css,
            style_hash=digest,
        )
    )


def _with(data: bytes, feedback: Feedback, notice: Any) -> Any:
    """The notebook built anew, with cells that `notice` makes of feedback."""
    v4 = _nbformat().v4
    cells = [notice(feedback.top)]
    number = 0
    room, left = PICTURES, TEXTS
    for cell in _read(data).cells:
        if NOTICE in cell.metadata:
            continue
        source = visible(cell.source)
        if cell.cell_type == "code":
            number += 1
            outputs = list(_outputs(cell, room, left))
            room -= sum(len(value) for output in outputs for value in output.get("data", {}).values())
            left -= sum(map(_letters, outputs))
            cells.append(
                v4.new_code_cell(
                    source,
                    outputs=outputs,
                    execution_count=number,  # what feedback calls the cell
                    metadata=_tags(cell),
                )
            )
        elif cell.cell_type == "markdown":
            cells.append(v4.new_markdown_cell(source, metadata=_tags(cell)))
        else:
            cells.append(v4.new_raw_cell(source))
        if cell.cell_type == "code" and number in feedback.behind:
            cells.append(notice(feedback.behind[number]))
    if feedback.end:
        cells.append(notice(feedback.end))
    for place, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{place}"
    made = v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    _nbformat().validate(made)
    return made


def _read(data: bytes) -> Any:
    """The notebook as format 4, in which each cell has a kind, a text and metadata."""
    nbformat = _nbformat()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ids that are missing, or there twice
            found = nbformat.reader.reads(data.decode("utf-8"))
            found = nbformat.convert(found, 4)
        for cell in found.cells:
            if isinstance(cell.source, list):
                cell.source = "".join(cell.source)
            if type(cell.source) is not str or type(cell.cell_type) is not str:
                raise TypeError("a cell without text")
            cell.metadata = cell.get("metadata") or {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, nbformat.ValidationError) as e:
        raise SubmissionError(
            f"feedback cannot be written into this notebook ({type(e).__name__}): save it with Jupyter, and "
            "hand it in again"
        ) from e
    return found


def _tags(cell: Any) -> dict[str, Any]:
    tags = cell.metadata.get("tags")
    if not isinstance(tags, list):
        return {}
    kept = list(dict.fromkeys(tag for tag in tags if type(tag) is str and tag and "," not in tag))
    return {"tags": kept[:20]} if kept else {}


def _letters(output: Any) -> int:
    """How much text an output has."""
    texts = [output.get(key, "") for key in ("text", "ename", "evalue")]
    texts += [*output.get("traceback", ()), output.get("data", {}).get("text/plain", "")]
    return sum(map(len, texts))


def _outputs(cell: Any, room: int, left: int) -> Iterator[Any]:
    """Texts and pictures; what is none of them, or not as it should be, is left out.

    So is what follows when `room` for pictures, or what is `left` for texts, is used up.
    """
    v4 = _nbformat().v4
    outputs = cell.get("outputs")
    for output in outputs[:OUTPUTS] if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        kind, given = output.get("output_type"), output.get("data")
        made = None
        if kind == "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            made = v4.new_output("stream", name=name, text=_text(output.get("text")))
        elif kind == "error":
            lines = output.get("traceback")
            # As one text: what turns colours into HTML takes the square of its length.
            told = _text([f"{line}\n" for line in lines[:100]] if isinstance(lines, list) else [])
            name, value = _text(output.get("ename")), _text(output.get("evalue"))
            made = v4.new_output("error", ename=name, evalue=value, traceback=told.split("\n")[:-1])
        elif kind in ("display_data", "execute_result", "pyout") and isinstance(given, dict):
            kept = dict(_pictures(given, room)) or {"text/plain": _text(given.get("text/plain"))}
            made = v4.new_output("display_data", data=kept)
            room -= sum(map(len, kept.values()))
        if made is None:
            continue
        left -= _letters(made)
        if left < 0:
            return
        yield made


def _pictures(given: dict[str, Any], room: int) -> Iterator[tuple[str, str]]:
    for kind in ("image/png", "image/jpeg"):
        value = given.get(kind)
        value = "".join(value) if isinstance(value, list) and all(type(v) is str for v in value) else value
        if type(value) is str and len(value) <= min(PICTURE, room) and _BASE64.fullmatch(value):
            yield kind, "".join(value.split())
            return


def _text(value: object) -> str:
    """A text of an output; colours of a terminal stay, nbconvert and Jupyter show them."""
    if isinstance(value, list):
        value = "".join(part for part in value if type(part) is str)
    text = value if type(value) is str else ""
    return "\x1b".join(visible(part) for part in text[:TEXT].split("\x1b"))


def _attribute_of_text(_: str, name: str, value: str) -> str | None:
    """Attributes in a student's text: links, pictures, and the colours of code."""
    return _attribute(name, value, _of_code())


def _attribute_of_page(_: str, name: str, value: str) -> str | None:
    """Attributes in the whole page: the same, and classes of nbconvert and ours."""
    return _attribute(name, value, _of_code() | _CELLS)


def _attribute(name: str, value: str, classes: frozenset[str]) -> str | None:
    if name == "class":
        kept = [word for word in value.split() if word in classes or _ANSI.fullmatch(word)]
        return " ".join(kept) or None
    if name == "src":
        return value if _DATA.fullmatch(value) else None
    if name == "href":
        return value if _LINK.match(value) else None
    return value if name == "alt" else None


@functools.cache
def _cleaner(attribute: Any) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        attributes={"a": {"href"}, "img": {"src", "alt"}, "*": {"class"}},
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
