"""What `%grade` says itself, and what a notebook made from an exercise says, in both languages."""

from typing import Final

from grader.core.course import Language

_PHRASES: Final = {
    # Beside a result
    "from_cells": (
        "Taken from {cells}.",
        "가져온 셀: {cells}.",
    ),
    "from_stub": (
        "No cell that was run defines {names}: the empty ones stand there instead.",
        "실행한 셀에서 정의하지 않은 이름: {names}. 비어 있는 처음 정의를 썼습니다.",
    ),
    "left.value": (
        "In [{cell}] gives the name {name} to a value; the function that was defined before was taken.",
        "In [{cell}]에서 함수 이름 {name}에 값을 넣었습니다. 그 전에 정의한 함수를 썼습니다.",
    ),
    "left.not_python": (
        "In [{cell}] could not run, so the {name} before it was taken.",
        (
            "In [{cell}]은 문법 오류로 실행되지 않았습니다. {name}의 정의는 그 전에 실행한 셀에서 "
            "가져왔습니다."
        ),
    ),
    "left.magic": (
        "{name} in In [{cell}] uses a % or ! line: outside the notebook that is an error.",
        "In [{cell}]의 {name}에 % 또는 !로 시작하는 줄이 있습니다. 노트북 밖에서는 오류가 됩니다.",
    ),
    # Instead of a result
    "no_kernel": (
        "this works in a notebook only; in a terminal: grade {command} {exercise}",
        "노트북 안에서만 쓸 수 있습니다. 터미널에서는 grade {command} {exercise}를 실행하세요",
    ),
    "untouched": (
        (
            "nothing was handed in: the functions of {exercise} are still as you received them; write your "
            "solution, and run its cells first"
        ),
        (
            "제출하지 않았습니다. {exercise}의 함수가 처음 받은 그대로입니다. 풀이를 작성하고 그 셀을 먼저 "
            "실행하세요"
        ),
    ),
    "usage": (
        (
            "%grade {line}: write '%grade check ex10' or '%grade submit ex10'; options: {options}; "
            "everything else: !grade --help"
        ),
        (
            "%grade {line}: '%grade check ex10' 또는 '%grade submit ex10'처럼 쓰세요. 옵션: {options}. "
            "다른 명령: !grade --help"
        ),
    ),
    "interrupted": (
        "interrupted",
        "중단했습니다",
    ),
    "broken": (
        "the grader ended without an answer (exit code {code}); run the cell again",
        "채점기가 답 없이 끝났습니다(종료 코드 {code}). 셀을 다시 실행하세요",
    ),
    # In a notebook made from an exercise
    "how_title": (
        "Your solution",
        "풀이",
    ),
    "how": (
        (
            "Write your solution in the cells below, and run each cell that you change (Shift+Enter). The "
            "cell with `%grade check {number}` runs the public checks on what you have run, saved or not. "
            "They earn no points and cost no attempt."
        ),
        (
            "아래 셀에 풀이를 작성하고, 고친 셀은 실행하세요(Shift+Enter). `%grade check {number}` 셀은 "
            "저장하지 않았더라도 실행한 내용을 공개 검사로 확인합니다. 배점이 없고 제출 횟수에도 들어가지 "
            "않습니다."
        ),
    ),
    "how_install": (
        (
            "If the next cell says that there is no module `grader`, install it into this notebook's "
            "Python, as your instructor says."
        ),
        (
            "다음 셀에서 `grader` 모듈이 없다고 나오면, 강의자가 안내하는 대로 이 노트북의 Python에 "
            "설치하세요."
        ),
    ),
    "how_files": (
        (
            "The exercise consists of {files}. Here they share one notebook: define each function once, "
            "and use it by its name. Checking and handing in sort the functions into the files."
        ),
        (
            "이 과제는 {files} 파일로 되어 있습니다. 여기에서는 노트북 하나에 함께 작성합니다. 함수마다 한 "
            "번만 정의하고 이름으로 쓰세요. 검사하거나 제출할 때 함수를 각 파일로 나눕니다."
        ),
    ),
    "how_parts": (
        (
            "Parts of earlier exercises that you import (`from convolution import conv2d`) are taken from "
            "`.py` files in this notebook's folder; or copy their functions into a cell."
        ),
        (
            "앞선 과제의 부품은 `from convolution import conv2d`처럼 가져다 쓸 수 있습니다. 이 노트북과 "
            "같은 폴더에 있는 `.py` 파일에서 가져오며, 함수를 셀에 복사해도 됩니다."
        ),
    ),
    "submit_title": (
        "Hand in",
        "제출",
    ),
    "submit": (
        "When the checks pass, take the `#` away and run the cell.",
        "검사를 통과하면 `#`을 지우고 셀을 실행하세요.",
    ),
    "file_title": (
        "For `{file}`",
        "`{file}`에 들어갈 내용",
    ),
}


def say(key: str, language: Language, /, **values: object) -> str:
    """A phrase with its values, which must have been made visible."""
    return _PHRASES[key][language == "ko"].format(**values)
