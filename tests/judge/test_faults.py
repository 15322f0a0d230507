"""What an exception of the student's is told as."""

import pytest

from grader.judge.faults import StudentError, unwritten


@pytest.mark.parametrize(
    ("type_name", "text", "expected"),
    [
        ("NotImplementedError", "forward is not written yet", True),
        ("NotImplementedError", "", True),
        (
            "NotImplementedError",
            "Support for `training_epoch_end` has been removed in v2.0.0. `C` implements it.",
            False,
        ),
        ("NotImplementedError", "Could not run 'aten::x' with arguments from the 'Meta' backend", False),
        ("ValueError", "forward is not written yet", False),
    ],
    ids=["stub", "bare", "removed_hook", "device", "another"],
)  # fmt: skip
def test_what_counts_as_unwritten(type_name: str, text: str, expected: bool) -> None:
    """The stub's own exception, and not what a library says in the same type."""
    assert unwritten(type_name, text) is expected
    assert (StudentError(type_name, text).message.en == "This part is not written yet.") is expected
