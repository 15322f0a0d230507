"""What the commands of students say beside results, in English and Korean."""

from typing import Final

from grader.core.course import Language

_PHRASES: Final = {
    "checking": ("checking {file}", "{file} 검사"),
    "checking_stub": (
        "checking {file}: the untouched stub; write your solution there, and save it",
        "{file} 검사: 처음 받은 파일 그대로입니다. 풀이를 작성하고 저장하세요",
    ),
    "checking_course": (
        "checking the course's own {file}: no {name} in this folder; run 'grade start {number}'",
        "강의 폴더의 {file} 검사: 현재 폴더에 {name} 파일이 없습니다 → grade start {number}",
    ),
    "checking_course_stub": (
        "checking the course's stub {file}: no {name} in this folder; run 'grade start {number}'",
        "강의 폴더의 빈 {file} 검사: 현재 폴더에 {name} 파일이 없습니다 → grade start {number}",
    ),
    "watching": (
        "watching {names}: save it to check again, Ctrl-C ends",
        "{names} 감시 중: 저장하면 다시 검사하고, Ctrl-C를 누르면 끝납니다",
    ),
    "waiting": ("{error}; waiting for the next save", "{error}; 다음 저장을 기다립니다"),
    "started": (
        "wrote {names}; write your solution there, then: grade check {exercise}",
        "{names} 파일을 만들었습니다. 풀이를 작성한 뒤 실행하세요: grade check {exercise}",
    ),
    "feedback_notebook": ("Your notebook with feedback: {path}", "피드백을 넣은 노트북: {path}"),
    "feedback_page": ("The same as a web page: {path}", "같은 내용의 웹 페이지: {path}"),
    "started_notebook": (
        "wrote {names}; open it in JupyterLab, VS Code or Colab; its cells say '%grade check {exercise}'",
        (
            "{names} 노트북을 만들었습니다. JupyterLab, VS Code, Colab에서 여세요. "
            "셀에서 %grade check {exercise}로 검사합니다"
        ),
    ),
    "no_sandbox": (
        "no sandbox: {names} runs in this process, with your rights and no limits; for your own code only",
        "샌드박스 없이, 이 프로세스에서, 제한 없이 실행합니다: {names}. 직접 작성한 코드에만 쓰세요",
    ),
    "handed_in": (
        "wrote {file} for {student}: upload it where your instructor says; the public checks earn no points",
        "{student}의 제출 파일 {file}을 만들었습니다. 안내받은 곳에 올리세요. 공개 검사에는 배점이 없습니다",
    ),
    "handin_unchecked": (
        "the public checks could not run: {why}; the hand-in file is written all the same, unchecked",
        "공개 검사를 실행하지 못했습니다: {why}. 제출 파일은 검사하지 않은 채로 만들었습니다",
    ),
    "graded_before": (
        "this file was graded before, as attempt {attempt}: its record stands",
        "이 파일은 {attempt}번째 제출에서 이미 채점했습니다. 그때의 기록을 그대로 씁니다",
    ),
}


def say(key: str, language: Language, /, **values: object) -> str:
    """A phrase with its values, which must have been made visible."""
    return _PHRASES[key][language == "ko"].format(**values)
