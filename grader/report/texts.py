"""Every sentence that the reports say themselves, in both languages.

Texts of an exercise (titles, messages, names of mistakes) come with the record; these are ours.
A key `name.one` is the form of `name` for n=1.
"""

from grader.core.record import Certainty, CheckResult, Outcome, Text
from grader.report.classwords import CLASS_TEXTS
from grader.report.numbers import points

TEXTS: dict[str, tuple[str, str]] = {
    # Hints that attempts have opened
    "hints": ("Hints", "힌트"),
    "hint_of": ("hint {step} of {steps}", "힌트 {step}/{steps}"),
    "hints_why": (
        "They open as you try. Mend one thing, submit, and see what changes.",
        "시도할수록 힌트가 하나씩 열립니다. 한 가지를 고쳐 제출하고 무엇이 달라지는지 보세요.",
    ),
    # The head
    "skip": ("Skip to the content", "본문으로 건너뛰기"),
    "language": ("Language", "언어"),
    "student": ("Student", "학생"),
    "attempt": ("Attempt", "제출 회차"),
    "submitted": ("Submitted", "제출 시각"),
    "sandbox": ("Sandbox", "샌드박스"),
    "device": ("Device", "장치"),
    "score": ("Score", "점수"),
    "score_words": ("Score: {score} of {max}", "점수: {max}점 만점에 {score}점"),
    "out_of": ("of {max} points", "/ {max}점"),
    "checks_passed": ("{passed} of {total} checks passed", "검사 {total}개 중 {passed}개 통과"),
    "checks_not_run": (
        "{n} checks about a GPU were not run; their points are in the other checks of their groups.",
        "GPU에 관한 검사 {n}개는 실행하지 않았습니다. 그 배점은 같은 영역의 다른 검사에 나누어 더했습니다.",
    ),
    "checks_not_run.one": (
        "One check about a GPU was not run; its points are in the other checks of its group.",
        "GPU에 관한 검사 1개는 실행하지 않았습니다. 그 배점은 같은 영역의 다른 검사에 나누어 더했습니다.",
    ),
    "all_passed": ("Every check passed. Well done!", "모든 검사를 통과했습니다. 잘했습니다!"),
    "all_public_passed": (
        "All public checks passed. Next: grade submit {exercise}",
        "공개 검사를 모두 통과했습니다. 다음 단계: grade submit {exercise}",
    ),
    "practice": ("practice checks, no points", "연습용 검사, 배점 없음"),
    # The sandbox
    "sandbox.none": (
        "No wall: the code could read this machine's files while it ran. Grade only code that you trust.",
        "실행 중인 코드가 이 컴퓨터의 파일을 읽을 수 있었습니다. 신뢰하는 코드만 채점하세요.",
    ),
    "sandbox.reduced": (
        "This ran in a reduced sandbox: some layers of protection are missing on this machine.",
        "축소된 샌드박스에서 실행했습니다. 이 컴퓨터에는 보호 계층 일부가 없습니다.",
    ),
    "sandbox.label.none": ("sandbox: none", "샌드박스 없음"),
    "sandbox.label.reduced": ("sandbox: reduced", "샌드박스 축소"),
    "sandbox.label.full": ("sandbox: full", "샌드박스 정상"),
    "sandbox.level.none": ("none", "없음"),
    "sandbox.level.reduced": ("reduced", "축소"),
    "sandbox.level.full": ("full", "정상"),
    "sandbox_own": ("Run only code that you trust.", "신뢰하는 코드만 실행하세요."),
    "sandbox.full": ("All required layers of protection held.", "필요한 보호 계층이 모두 동작했습니다."),
    # Not graded
    "not_graded": ("Not graded", "채점하지 못했습니다"),
    "not_your_fault": (
        "This is not your fault: the grader or its computer had a problem. No score was recorded.",
        "제출한 코드의 잘못이 아닙니다. 채점기나 채점 컴퓨터에 문제가 있었고, 점수는 기록되지 않았습니다.",
    ),
    "not_graded_next": (
        "It costs you no attempt. If it happens again, send this report to your instructor.",
        "제출 횟수는 줄지 않습니다. 또 이런 결과가 나오면 이 보고서를 담당 교수자에게 보내세요.",
    ),
    "reason": ("Reason", "이유"),
    # What to do next
    "next": ("What to do next", "다음에 할 일"),
    "start_here": ("Start here", "여기부터 시작하세요"),
    "then": ("After that", "그다음"),
    "more_lessons": (
        "And {n} more, in the order in which they stand below.",
        "그 밖에 {n}가지가 더 있습니다. 아래에 나오는 순서대로 고치세요.",
    ),
    "more_lessons.one": ("And one more, at the end.", "그 밖에 한 가지가 더 있습니다. 맨 끝에 있습니다."),
    "lessons_left_out": ("And {n} more.", "그 밖에 {n}가지가 더 있습니다."),
    "same_mistake": (
        "The same mistake fails {n} checks. Mend it once.",
        "같은 실수 때문에 검사 {n}개를 통과하지 못했습니다. 한 곳만 고치면 됩니다.",
    ),
    "same_crash": (
        "The same error ends {n} checks. Mend it once.",
        "같은 오류 때문에 검사 {n}개가 중단되었습니다. 한 곳만 고치면 됩니다.",
    ),
    "worth": ("up to {points} points", "최대 {points}점"),
    "see_pictures": ("See it in pictures", "그림으로 보기"),
    "see_details": ("See the details", "자세히 보기"),
    "same_cause": ("also:", "같은 원인:"),
    "alike": ("also:", "비슷한 검사:"),
    "exact": ("This is a known mistake:", "잘 알려진 실수입니다."),
    "likely": ("This looks like a known mistake:", "잘 알려진 실수로 보입니다."),
    "hint": (
        "On this input your answer equals what a known mistake would give:",
        "이 입력에서 제출한 답은 다음의 알려진 실수를 했을 때의 답과 같습니다.",
    ),
    "no_name": (
        "We found no known mistake that explains this. Compare what was expected with yours.",
        "이 오답을 설명하는 알려진 실수를 찾지 못했습니다. 기댓값과 제출한 값을 비교해 보세요.",
    ),
    # Changes
    "changes": ("Since your last attempt", "지난 제출과 비교"),
    "points_delta": ("{delta} points", "{delta}점"),
    "points_same": ("The score is the same.", "점수가 같습니다."),
    "newly_passing": ("Now passing", "새로 통과한 검사"),
    "newly_failing": ("Passed before, not now", "전에는 통과했으나 이번에는 통과하지 못한 검사"),
    "more_changes": ("{n} more", "{n}개 더 보기"),
    "no_change": ("The same checks pass as before.", "통과한 검사가 지난번과 같습니다."),
    "other_suite": (
        "The checks themselves were changed since then.",
        "그 사이에 검사 내용이 바뀌었습니다.",
    ),
    # Groups
    "groups": ("Points", "영역별 점수"),
    "group": ("Group", "영역"),
    "checks": ("Checks", "검사"),
    "points": ("Points", "점수"),
    "all_or_nothing": ("all or nothing", "모두 통과해야 점수를 받습니다"),
    # Notebooks
    "notebook": ("Your notebook", "제출한 노트북"),
    "cells_left_out": (
        "Left out of the notebook: commands for Jupyter, and what draws (cells {cells}).",
        "노트북의 셀 {cells}에 있는 Jupyter 명령과 그림을 그리는 줄은 실행하지 않았습니다.",
    ),
    "cell_failed": (
        "Cell {cell} ended in line {line} with an error.",
        "셀 {cell}: {line}행에서 오류로 끝났습니다.",
    ),
    "cell_left_out": ("Cell {cell}: a part was left out.", "셀 {cell}: 일부를 실행하지 않았습니다."),
    "cells_left_out_title": ("Left out", "실행하지 않은 부분"),
    # Checks
    "failed_checks": ("What did not pass", "통과하지 못한 검사"),
    "passed_checks": ("What passed", "통과한 검사"),
    "more_checks": ("{n} more checks like this", "비슷한 검사 {n}개 더 보기"),
    "more_checks.one": ("One more check like this", "비슷한 검사 1개 더 보기"),
    "call": ("The call", "호출"),
    "inputs": ("The inputs", "입력"),
    "comparison": ("Expected and yours", "기댓값과 제출한 값"),
    "values": ("values", "값"),
    "expected": ("expected", "기댓값"),
    "got": ("yours", "제출한 값"),
    "difference": ("|difference|", "|차이|"),
    "input": ("input", "입력"),
    "name": ("Name", "이름"),
    "value": ("Value", "값"),
    "event": ("Step", "순서"),
    "differs": ("differs", "다름"),
    "line": ("{file}, line {line}", "{file} {line}행"),
    "cell_line": ("{file}, cell {cell}, line {line}", "{file} 셀 {cell} {line}행"),
    "raised": ("Your code raised", "코드에서 발생한 예외"),
    "should_raise": ("Expected instead", "발생해야 하는 예외"),
    # Figures
    "worst_words": (
        "The entry furthest off is {index}: expected {expected}, yours is {got}, difference {difference}.",
        "차이가 가장 큰 원소는 {index}입니다. 기댓값 {expected}, 제출한 값 {got}, 차이 {difference}.",
    ),
    "count_words": ("{wrong} of {total} entries are off.", "원소 {total}개 중 {wrong}개가 다릅니다."),
    "none_off": ("All entries agree.", "모든 원소가 같습니다."),
    "array_words": (
        "{name}, shape {shape}: values from {low} to {high}.",
        "{name}, 모양 {shape}: 값은 {low}부터 {high}까지입니다.",
    ),
    "no_finite": (
        "{name}, shape {shape}: no finite number in it.",
        "{name}, 모양 {shape}: 유한한 수가 없습니다.",
    ),
    "shapes_differ": (
        "The shapes differ: expected {expected}, yours is {got}. So there is no difference to draw.",
        "모양이 다릅니다. 기대한 모양은 {expected}, 제출한 모양은 {got}이므로 차이는 그릴 수 없습니다.",
    ),
    "not_finite": (
        "{n} entries of yours are nan or infinite (hatched).",
        "제출한 값 중 {n}개가 nan이거나 무한대이며, 빗금으로 표시했습니다.",
    ),
    "not_finite.one": (
        "One entry of yours is nan or infinite (hatched).",
        "제출한 값 중 1개가 nan이거나 무한대이며, 빗금으로 표시했습니다.",
    ),
    "truncated": (
        "Only the first {shown} of {total} entries were kept.",
        "원소 {total}개 중 처음 {shown}개만 남아 있습니다.",
    ),
    "part": ("Shown: {part}.", "표시한 부분: {part}."),
    "panels_part": ("{shown} of {total} panels are shown.", "그림 {total}개 중 {shown}개를 표시했습니다."),
    "axes_2d": ("rows: {rows} · columns: {columns}", "행: {rows} · 열: {columns}"),
    "panels_are": ("one panel for each {names}", "{names}마다 그림 하나"),
    "one_axis": ("along {name}", "축: {name}"),
    "worst_mark": ("furthest off", "차이가 가장 큰 원소"),
    "beyond": (
        "Values beyond the scale have its strongest colour.",
        "척도를 벗어난 값은 가장 진한 색으로 표시했습니다.",
    ),
    "curve_words": (
        "The curves differ most at x = {x}: expected {expected}, yours is {got}, difference {difference}.",
        "두 곡선은 x = {x}에서 가장 많이 다릅니다. 기댓값 {expected}, 제출한 값 {got}, 차이 {difference}.",
    ),
    "curve_alone": (
        "A curve over x from {low} to {high}, values from {y_low} to {y_high}.",
        "x가 {low}부터 {high}까지인 곡선이며, 값은 {y_low}부터 {y_high}까지입니다.",
    ),
    "curve_gaps": (
        "{n} points of yours are nan or infinite: × on the lower edge.",
        "제출한 값 중 {n}개가 nan이거나 무한대이며, 아래쪽에 ×로 표시했습니다.",
    ),
    "curve_gaps.one": (
        "One point of yours is nan or infinite: × on the lower edge.",
        "제출한 값 중 1개가 nan이거나 무한대이며, 아래쪽에 ×로 표시했습니다.",
    ),
    "curve_other_x": (
        "The two curves have different points, so there is no difference to draw.",
        "두 곡선의 점이 서로 달라서 차이는 그릴 수 없습니다.",
    ),
    "clipped": (
        "Some of your values leave the picture; they lie on its edge.",
        "제출한 값 일부가 그림을 벗어나서 가장자리에 표시했습니다.",
    ),
    "graph_words": (
        "A computation graph of {n} nodes, {wrong} of them wrong: {names}.",
        "노드 {n}개로 된 계산 그래프이며, {wrong}개가 틀렸습니다: {names}.",
    ),
    "graph_right": (
        "A computation graph of {n} nodes, all of them right.",
        "노드 {n}개로 된 계산 그래프이며, 모두 맞습니다.",
    ),
    "graph_key": (
        "✗ marks a wrong node; “want” is what was expected. Arrows go from inputs to results.",
        "✗는 틀린 노드이며, want 옆의 값이 기댓값입니다. 화살표는 입력에서 결과로 향합니다.",
    ),
    "graph_part": (
        "{shown} of {total} nodes are shown, those around the wrong ones first.",
        "노드 {total}개 중 {shown}개를 표시했습니다. 틀린 노드 주변을 먼저 보여 줍니다.",
    ),
    "timeline_words": (
        "The first difference is at step {n}.",
        "처음으로 달라지는 곳은 {n}번째 순서입니다.",
    ),
    "more_figures": ("{n} more pictures are left out.", "그림 {n}개는 생략했습니다."),
    "more_figures.one": ("One more picture is left out.", "그림 1개는 생략했습니다."),
    # The rest
    "stdout": ("What your code printed", "코드가 출력한 내용"),
    "stdout_empty": ("Nothing was printed.", "출력한 내용이 없습니다."),
    "stdout_cut": ("Only the beginning is shown.", "앞부분만 표시했습니다."),
    "stdout_withheld": (
        "The output is not shown in this exercise.",
        "이 과제에서는 출력한 내용을 보여 주지 않습니다.",
    ),
    "reproduce": ("How to reproduce this", "다시 실행하는 방법"),
    "reproduce_words": (
        "The same file always gets the same inputs and the same result; a changed file gets fresh inputs.",
        "같은 파일은 항상 같은 입력으로 채점되어 같은 결과가 나옵니다. 파일을 바꾸면 입력도 새로 만듭니다.",
    ),
    "unwritten": ("Not written yet:", "아직 작성하지 않은 부분:"),
    "cmd_check": ("Practice, as often as you like:", "연습은 몇 번이든 할 수 있습니다."),
    "cmd_submit": ("Hand in:", "제출하기:"),
    "seed": ("Seed", "시드"),
    "digest_submission": ("Your file (sha256)", "제출한 파일 (sha256)"),
    "digest_suite": ("The checks (sha256)", "검사 (sha256)"),
    "warnings": ("Warnings", "경고"),
    "time": ("Time", "걸린 시간"),
    "seconds": ("{n} s", "{n}초"),
    "environment": ("Environment", "실행 환경"),
    "full_report": ("Full report", "전체 보고서"),
    # Outcomes
    "outcome.passed": ("passed", "통과"),
    "outcome.failed": ("not right yet", "불일치"),
    "outcome.partial": ("right in part", "부분 인정"),
    "outcome.partial_of": ("right in part: {points} of {max} points", "부분 인정: {max}점 중 {points}점"),
    "outcome.crashed": ("ended with an error", "오류로 중단"),
    "outcome.timed_out": ("took too long", "시간 초과"),
    "outcome.out_of_memory": ("used too much memory", "메모리 초과"),
    "outcome.output_limit": ("printed too much", "출력량 초과"),
    "outcome.forbidden": ("used what was to be written", "금지된 기능 사용"),
    "outcome.skipped": ("waits for another check", "다른 검사를 먼저 통과해야 함"),
    "outcome.not_graded": ("not graded", "채점하지 못함"),
    # What an outcome means, where the record says nothing more
    "meaning.passed": ("Right.", "맞습니다."),
    "meaning.failed": (
        "The answer differs from what was expected.",
        "답이 기댓값과 다릅니다.",
    ),
    "meaning.crashed": (
        "Your code raised an error before it could answer.",
        "답을 내기 전에 코드에서 오류가 발생했습니다.",
    ),
    "meaning.timed_out": (
        "Your code did not finish in time. Look for a loop that never ends or work done again and again.",
        "제한 시간 안에 끝나지 않았습니다. 끝나지 않는 반복이나 되풀이되는 계산이 있는지 살펴보세요.",
    ),
    "meaning.out_of_memory": (
        "Your code needed more memory than it may use. Look for arrays that grow without need.",
        "허용된 것보다 많은 메모리를 사용했습니다. 필요 없이 커지는 배열이 있는지 살펴보세요.",
    ),
    "meaning.output_limit": (
        "Your code printed more than it may. Take the prints out of loops.",
        "허용된 것보다 많이 출력했습니다. 반복문 안의 출력을 없애세요.",
    ),
    "meaning.forbidden": (
        "Your code uses what this exercise asks you to write yourself.",
        "이 과제에서 직접 작성해야 하는 기능을 가져다 썼습니다.",
    ),
    "meaning.skipped": (
        "It earns points once the check that it builds on passes.",
        "먼저 통과해야 하는 검사를 통과하면 점수를 받습니다.",
    ),
    "meaning.not_graded": ("The grader could not judge this.", "채점기가 판정하지 못했습니다."),
    **CLASS_TEXTS,
}


def say(key: str, /, **values: object) -> Text:
    """The text `key` with `values` put in; a `Text` among them in the language of its place.

    Values are put in, never read as formats; they may be hostile and still need escaping.
    """
    if values.get("n") == 1:
        key = f"{key}.one" if f"{key}.one" in TEXTS else key
    en, ko = TEXTS[key]
    if not values:
        return Text(en=en, ko=ko)
    return Text(en=en.format(**_in("en", values)), ko=ko.format(**_in("ko", values)))


def _in(language: str, values: dict[str, object]) -> dict[str, object]:
    return {k: v.in_(language) if isinstance(v, Text) else v for k, v in values.items()}


def outcome_text(outcome: Outcome) -> Text:
    """What an outcome is called."""
    return say(f"outcome.{outcome.value}")


def partial_text(check: CheckResult) -> Text:
    """What is said of a check that did not pass and earned a part of its points."""
    return say("outcome.partial_of", points=points(check.points or 0.0), max=points(check.max_points))


def meaning_text(outcome: Outcome) -> Text:
    """What an outcome means and what to do, for checks without a message."""
    return say(f"meaning.{outcome.value}")


def certainty_text(certainty: Certainty) -> Text:
    """How sure the naming of a mistake is, as the beginning of a sentence."""
    return say(certainty.value)
