"""The student's HTML report."""

import base64
import hashlib
import html.parser
import re

import pytest

from grader.core.record import (
    ArrayEvidence,
    CallEvidence,
    Certainty,
    ExceptionEvidence,
    Frame,
    GraphEvidence,
    GraphNode,
    Outcome,
    Record,
    SandboxReport,
    ScalarEvidence,
    SequenceEvidence,
    Stdout,
    TimelineEvidence,
)
from grader.report.html import render
from tests import factories as make

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "attribute": "' onload='alert(1)",
    "template": "{{7*7}}{% raw %}{#",
    "format": "{0} {x} %s %(a)s",
    "bidi": "dessap\u202eevil\u2066",
    "ansi": "\x1b[2J\x1b]52;c;ZXZpbA==\x07",
    "cdata": "]]>--></style></title></svg><!--",
    "surrogate": "\udcff\x00\ufeff",
}
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(html.parser.HTMLParser):
    """Tags, attributes and text of a page; complains about tags that do not balance."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.ids: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"
        self.text = " ".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, its attributes and its id."""
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), (tag, names)
        self.tags.append((tag, dict(attrs)))
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close the last tag, which must be this one."""
        assert self.open, f"</{tag}> closes nothing"
        last = self.open.pop()
        assert last == tag, f"</{tag}> closes <{last}> at line {self.getpos()}"

    def handle_data(self, data: str) -> None:
        """Note text."""
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each `tag`."""
        return [attrs for name, attrs in self.tags if name == tag]


def page_of(record: Record, **given: object) -> Page:
    """The parsed report of `record`."""
    return Page(render(record, title=make.text("Convolution", "합성곱"), **given))


def failing(*evidence: object, **fields: object) -> Record:
    """A record with one failed check that shows `evidence`."""
    return make.record([make.check("test_one", Outcome.FAILED, evidence=list(evidence), **fields)])


def node(id: int, label: str = "n", *, wrong: bool = False) -> GraphNode:
    """A node whose gradient is 1 and should be 2 if it is wrong."""
    want = 2.0 if wrong else 1.0
    return GraphNode(
        id=id, label=label, data=3.0, grad=1.0, expected_data=3.0, expected_grad=want, wrong=wrong
    )


EVIDENCE = {
    "call": [CallEvidence(text="conv2d(x=…)")],
    "array": [make.array("expected", range(16), [1, 1, 4, 4]), make.array("got", [1] * 16, [1, 1, 4, 4])],
    "vector": [make.array("expected", [1, 2, 3]), make.array("got", [1, 2, 4])],
    "long vector": [make.array("expected", range(100)), make.array("got", range(1, 101))],
    "five axes": [
        make.array("expected", range(64), [2, 2, 2, 2, 4]),
        make.array("got", [0] * 64, [2, 2, 2, 2, 4]),
    ],
    "large": [make.array("expected", range(4096), [64, 64]), make.array("got", [0] * 4096, [64, 64])],
    "empty": [make.array("expected", [], [0, 3]), make.array("got", [], [0, 3])],
    "0-d": [
        ArrayEvidence(role="expected", name="y", dtype="float64", shape=[], data=[1.0], truncated=False),
        ArrayEvidence(role="got", name="y", dtype="float64", shape=[], data=["nan"], truncated=False),
    ],
    "sequence": [
        SequenceEvidence(role="expected", name="f", x=[0, 1, 2], y=[0.0, 1.0, 4.0]),
        SequenceEvidence(role="got", name="f", x=[0, 1, 2], y=[0.0, "nan", 5.0]),
    ],
    "graph": [GraphEvidence(nodes=[node(0, "a", wrong=True), node(1, "b")], edges=[(0, 1)])],
    "scalar": [
        ScalarEvidence(role="expected", name="n", value=4),
        ScalarEvidence(role="got", name="n", value="an object of type Foo"),
    ],
    "exception": [ExceptionEvidence(type="IndexError", message="out of bounds", expected="ValueError")],
    "timeline": [
        TimelineEvidence(role="expected", name="hooks", events=["setup", "fit"]),
        TimelineEvidence(role="got", name="hooks", events=["fit"]),
    ],
}


def everything(language: str = "en") -> Record:
    """A record with every kind of evidence, outcome and certainty."""
    checks = [
        make.check(f"test_{k}", Outcome.FAILED, evidence=items, group=name)
        for k, (name, items) in enumerate(EVIDENCE.items())
    ]
    checks += [
        make.check(f"test_{c.value}", Outcome.FAILED, diagnosis=make.diagnosis(f"m_{c.value}", certainty=c))
        for c in Certainty
    ]
    checks += [make.check(f"test_{o.value}", o) for o in Outcome if o is not Outcome.NOT_GRADED]
    return make.record(checks, language=language)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_page_is_well_formed(language):
    """Every tag is closed and every id is unique, whatever the record shows."""
    page = page_of(everything(language))

    assert len(set(page.ids)) == len(page.ids)
    assert [{"lang": language, "class": f"begins-{language}"}] == page.of("html")


def test_policy_allows_the_one_style_and_nothing_else():
    """The policy denies everything but the inline style, by its hash."""
    source = render(everything(), title=make.text("t"))
    style = re.search(r"<style>(.*?)</style>", source, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    (policy,) = [m["content"] for m in Page(source).of("meta") if m.get("http-equiv")]

    assert policy == (f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")


def test_nothing_is_loaded_and_nothing_runs():
    """No script, no inline style, no event handler, and no link that leaves the page."""
    page = page_of(everything())

    for tag, attrs in page.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "img", "form", "base"}
        for name, value in attrs.items():
            assert name != "style"
            assert not name.startswith("on")
            if name in {"href", "src", "xlink:href"}:
                assert value is not None
                assert value.startswith("#")
                assert value == "#content" or value[1:] in page.ids
    assert "http" not in render(everything(), title=make.text("t")).replace("http-equiv", "")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_only_text(text):
    """Whatever a student can write adds no tag and no attribute, and is shown."""

    def record(word: str) -> Record:
        evidence = [
            CallEvidence(text=word),
            make.array("expected", [1, 2], name=word, dtype=word, axes=[word]),
            make.array("got", [1, 3], name=word, dtype=word, axes=[word]),
            SequenceEvidence(role="got", name=word, x=[0, 1], y=[0, 1]),
            GraphEvidence(nodes=[node(0, word, wrong=True)], edges=[]),
            ScalarEvidence(role="got", name=word, value=word),
            ExceptionEvidence(type=word, message=word, expected=word),
            TimelineEvidence(role="got", name=word, events=[word]),
        ]
        frames = [Frame(file=word, line=1, cell=None, text=word)]
        checks = [
            make.check(
                "test_a",
                Outcome.CRASHED,
                title=make.text(word),
                message=make.text(word),
                evidence=evidence,
                traceback=frames,
            )
        ]
        sandbox = SandboxReport(level="none", layers=[word], warnings=[word])
        return make.record(
            checks,
            student=word,
            seed=word,
            sandbox=sandbox,
            stdout=Stdout(text=word, truncated=False),
            environment={word: word},
        )

    calm, page = page_of(record("w"), source={"w": "w"}), page_of(record(text), source={text: text})

    assert [tag for tag, _ in calm.tags] == [tag for tag, _ in page.tags]
    assert [sorted(a) for _, a in calm.tags] == [sorted(a) for _, a in page.tags]
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", page.text
    )
    assert "49" not in re.sub(r"[\d.]{3,}", "", page.text)
    render(record(text), title=make.text("t")).encode()


def test_hidden_controls_are_written_out():
    """Escapes and bidi controls are shown as what they are."""
    page = page_of(make.record(stdout=Stdout(text="a\x1b[31m\u202eb", truncated=False)))

    assert r"a\x1b[31m\u202eb" in page.text


@pytest.mark.parametrize("evidence", EVIDENCE.values(), ids=EVIDENCE)
def test_each_evidence_is_shown_with_words(evidence):
    """Each kind of evidence renders, and each picture has a text alternative in the page."""
    page = page_of(failing(*evidence))

    for svg in page.of("svg"):
        if svg.get("role") == "img":
            labels = (svg["aria-labelledby"] or "").split()
            assert labels
            assert set(labels) <= set(page.ids)
        else:
            assert svg["aria-hidden"] == "true"


def test_the_same_mistake_is_told_once():
    """Nine checks with one named mistake are one lesson; pictures of most are left out."""
    named = make.diagnosis("flips_kernel")
    checks = [make.check(f"test_{k}", Outcome.FAILED, diagnosis=named) for k in range(9)]

    page = page_of(make.record(checks))

    assert len(page.of("article")) == 1
    assert "The same mistake fails 9 checks" in page.text
    assert all(f"Title of test_{k}" in page.text for k in range(9))


def test_certainty_is_worded():
    """Each certainty has its own beginning of the sentence."""
    text = page_of(everything()).text

    assert "This is a known mistake:" in text
    assert "This looks like a known mistake:" in text
    assert "On this input your answer equals what a known mistake would give:" in text


def test_lines_around_the_traceback_come_from_the_source():
    """The line is shown with its neighbours, unless the source does not hold it there."""
    frame = Frame(file="a.py", line=2, cell=None, text="b = 2")
    record = failing(traceback=[frame])

    with_source = page_of(record, source={"a.py": "a = 1\nb = 2\nc = 3\n"}).text
    other_source = page_of(record, source={"a.py": "x\ny\nz\n"}).text

    assert "a = 1" in with_source
    assert "c = 3" in with_source
    assert "b = 2" in other_source
    assert "z" not in other_source.split("b = 2")[0][-40:]


def test_not_graded_says_whose_fault_it_is_not():
    """A record without a score says so, gives the reason and shows no score."""
    page = page_of(make.not_graded())

    assert "This is not your fault" in page.text
    assert "제출한 코드의 잘못이 아닙니다" in page.text
    assert "the worker did not start" in page.text
    assert not [a for _, a in page.tags if a.get("id") == "score"]


@pytest.mark.parametrize("level", ["none", "reduced"])
def test_a_weak_sandbox_is_seen(level):
    """Anything less than the full sandbox is said at the top."""
    page = page_of(make.record(sandbox=SandboxReport(level=level, layers=[], warnings=["no cgroup"])))

    assert f"sandbox: {level}" in page.text
    assert "no cgroup" in page.text


def test_changes_since_the_last_attempt():
    """Newly passing, newly failing and the points between are told."""
    before = make.record([make.check("a", Outcome.FAILED), make.check("b"), make.check("c", Outcome.FAILED)])
    now = make.record([make.check("a"), make.check("b", Outcome.FAILED), make.check("c")], attempt=2)

    text = page_of(now, previous=before).text

    assert "+10 points" in text
    assert "Now passing" in text
    assert "Passed before, not now" in text


def test_long_lists_of_changes_are_folded_and_stand_last():
    """Four titles are shown, the rest unfolds; and what to do next comes before all of them."""
    before = make.record([make.check(f"c{k}", Outcome.FAILED) for k in range(28)])
    page = page_of(make.record([make.check(f"c{k}") for k in range(28)], attempt=2), previous=before)

    changes = page.text[page.text.index("Since your last attempt") :]
    shown, rest = changes.split("24 more", 1)

    assert [k for k in range(28) if f"Title of c{k} " in shown] == [0, 1, 2, 3]
    assert "Title of c27" in rest
    assert page.ids.index("next") < page.ids.index("changes")


def test_few_changes_are_not_folded():
    """Four changes need no fold."""
    before = make.record([make.check(f"c{k}", Outcome.FAILED) for k in range(4)])
    source = render(
        make.record([make.check(f"c{k}") for k in range(4)]), title=make.text("t"), previous=before
    )

    assert "more</span>" not in source[source.index('id="changes"') : source.index('id="groups"')]


def start_of(record: Record) -> str:
    """What the box "Start here" says."""
    source = render(record, title=make.text("t"))
    return source[source.index('<div class="start">') : source.index('class="button"') + 120]


def test_start_here_names_the_check():
    """The message alone does not say which function it is about."""
    start = start_of(failing(title=make.text("rnn_backward: dx"), message=make.text("It is wrong.")))

    assert start.index("rnn_backward: dx") < start.index("It is wrong.")


def test_start_here_names_the_check_before_the_known_mistake():
    """The words "This is a known mistake:" lead into its message, with nothing between."""
    start = start_of(failing(title=make.text("rnn_backward: dx"), diagnosis=make.diagnosis()))

    words = [start.index(w) for w in ("rnn_backward: dx", "This is a known mistake:", "Do not flip")]
    assert words == sorted(words)


def test_the_button_promises_pictures_only_where_there_are_some():
    """Without a figure it leads to details."""
    assert "See it in pictures" in start_of(failing(*EVIDENCE["array"]))
    assert "See the details" in start_of(failing())


def test_folded_checks_tell_their_own_message():
    """Each failed check says what it found, however deep it is folded."""
    checks = [
        make.check(f"c{k}", Outcome.FAILED, message=make.text(f"dx: {k} of 99 entries are wrong."))
        for k in range(9)
    ]

    text = page_of(make.record(checks)).text

    assert all(f"dx: {k} of 99 entries are wrong." in text for k in range(9))


def test_every_kind_of_failure_is_told():
    """A changed input is not folded under a wrong value of its group."""
    told = ["dWh: 16 of 16 entries are wrong.", "rnn_backward changed its input 'dh' in place."]
    checks = [make.check(f"c{k}", Outcome.FAILED, message=make.text(t)) for k, t in enumerate(told)]

    page = page_of(make.record(checks))

    assert len(page.of("article")) == 2
    assert all(words in page.text for words in told)


def test_failures_without_a_name_say_so():
    """No known mistake explains it; what to do is to compare."""
    text = page_of(failing(*EVIDENCE["array"])).text

    assert "We found no known mistake that explains this." in text


def test_public_checks_are_not_the_end():
    """After public checks the student is told to hand in."""
    text = page_of(make.record([make.check(max_points=0.0)], exercise="ex12_rnn")).text

    assert "All public checks passed. Next: grade submit ex12" in text
    assert "Well done" not in text


def test_the_sandbox_is_named_in_both_languages():
    """No English level stands beside a Korean sentence."""
    text = page_of(make.record(sandbox=SandboxReport(level="none", layers=[], warnings=[]))).text

    assert "샌드박스 없음" in text
    assert "보호벽" not in text


def test_notes_for_staff_are_never_shown():
    """Not even of a record that still holds them."""
    source = render(failing(staff_note="assert secret == 42"), title=make.text("t"))

    assert "secret" not in source


def test_pages_stay_small():
    """A record where everything fails with large arrays stays under 700 KB, long output included."""
    big = [make.array("expected", range(4096), [4, 4, 16, 16]), make.array("got", [0] * 4096, [4, 4, 16, 16])]
    checks = [make.check(f"t{k}", Outcome.FAILED, evidence=big, group=f"g{k}") for k in range(60)]

    source = render(
        make.record(checks, stdout=Stdout(text="x\n" * 10**6, truncated=True)), title=make.text("t")
    )

    assert len(source.encode()) < 700_000


def test_withheld_output_is_not_called_empty():
    """Output that the student may not see is said to be withheld."""
    text = page_of(make.record(stdout=Stdout(text="", truncated=True))).text

    assert "The output is not shown in this exercise." in text


def test_a_long_message_is_cut():
    """A message may quote an exception of a megabyte; the page does not."""
    source = render(failing(message=make.text("x" * 10**6)), title=make.text("t"))

    assert len(source) < 60_000


def test_checks_that_were_not_run_are_told_and_not_counted():
    """One about a GPU, without one: neither passed nor failed, and no lesson."""
    away = [make.check(id, Outcome.SKIPPED, max_points=0.0, not_run=True) for id in ("gpu", "gpu_too")]

    page = render(make.record([make.check("a"), *away]), title=make.text("Convolution", "합성곱"))

    assert "1 of 1 checks passed" in page
    assert "2 checks about a GPU were not run" in page
    assert "GPU에 관한 검사 2개는 실행하지 않았습니다" in page
    assert "Title of gpu" not in page
