"""Our own sentences."""

import re
import string
from pathlib import Path

import numpy as np
import pytest

from grader.core.items import End, Undefined
from grader.core.record import Certainty, Outcome, Text
from grader.judge.faults import Mismatch
from grader.judge.oracles import assert_close
from grader.report import texts
from grader.report.html import environment
from grader.report.texts import TEXTS, certainty_text, meaning_text, outcome_text, say


def fields(text):
    """The names of the values that a text takes."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_are_there_and_take_the_same_values(key):
    """No sentence is empty, and none lacks a value that the other names."""
    en, ko = TEXTS[key]

    assert en.strip()
    assert ko.strip()
    assert fields(en) == fields(ko)


@pytest.mark.parametrize("key", TEXTS)
def test_korean_is_korean(key):
    """A Korean sentence holds Hangul and ends politely."""
    _, ko = TEXTS[key]

    assert re.search("[가-힣]", ko)
    if ko.endswith("."):
        assert re.search(r"(니다|세요|\{\w+\})\.$", ko)


def test_templates_use_only_keys_that_exist():
    """Every key that a template or module names is in the table."""
    env = environment()
    assert env.loader is not None

    for name in env.list_templates(extensions=["j2"]):
        source, _, _ = env.loader.get_source(env, name)
        for key in re.findall(r'(?:say|ours)\("([a-z_.]+)"[,)]', source):
            assert key in TEXTS, (name, key)


def test_no_sentence_is_left_over():
    """Every key is used somewhere."""
    folder = Path(texts.__file__).parent
    files = [*folder.glob("*.py"), *folder.glob("templates/*.j2")]
    tables = ("texts.py", "classwords.py")
    source = "".join(path.read_text("utf-8") for path in files if path.name not in tables)

    closed = ("outcome.", "meaning.", "sandbox.", "class_end.", "class_undefined.", "class_certainty.")
    closed += tuple(Certainty)
    open_keys = {key.removesuffix(".one") for key in TEXTS if not key.startswith(closed)}

    assert {key for key in open_keys if f'"{key}"' not in source} == set()


def test_every_outcome_and_certainty_has_words():
    """Closed sets are covered."""
    for outcome in Outcome:
        assert outcome_text(outcome).ko
        assert meaning_text(outcome).ko
    for certainty in Certainty:
        assert certainty_text(certainty).ko
        assert say(f"class_certainty.{certainty}", n=2).ko
    for end in End:
        assert say(f"class_end.{end}").ko
    for reason in Undefined:
        assert say(f"class_undefined.{reason}").ko


def test_values_are_put_in_not_read():
    """A value that looks like a format stays what it is; a text is put in by language."""
    assert say("seconds", n="{0} {x} %s").en == "{0} {x} %s s"
    assert say("reason", x=Text(en="a", ko="b")).en == "Reason"
    assert say("array_words", name=Text(en="e", ko="k"), shape="", low=1, high=2).ko.startswith("k")


def test_korean_words_are_the_agreed_ones():
    """One word for one thing: no 기대값, no 보호벽, no praise of mending "once"."""
    korean = " ".join(ko for _, ko in TEXTS.values())

    assert "기댓값" in korean
    for word in ("기대값", "보호벽", "한 번만 고치면"):
        assert word not in korean
    assert say("sandbox.label.none").ko == "샌드박스 없음"
    assert say("same_mistake", n=2).ko.endswith("한 곳만 고치면 됩니다.")


def test_one_is_singular():
    """n=1 takes its own form, where there is one."""
    assert say("more_checks", n=1).en == "One more check like this"
    assert say("more_checks", n=2).en == "2 more checks like this"


@pytest.mark.parametrize(
    ("got", "told"),
    [
        (np.ones(3), "기댓값 0, 제출한 값 1"),
        (np.zeros((3, 1)), "기대한 모양: (3,), 제출한 모양: (3, 1)"),
        (np.zeros(3, dtype="int64"), "기대한 dtype: float64, 제출한 dtype: int64"),
    ],
    ids=["value", "shape", "dtype"],
)
def test_messages_of_the_oracles_use_the_words_of_the_report(got, told):
    """What was expected and what was submitted are called the same in messages and pictures."""
    with pytest.raises(Mismatch) as caught:
        assert_close(got, np.zeros(3), name="dx")

    assert told in caught.value.message.ko
