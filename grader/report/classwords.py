"""The sentences of the class report, in both languages; a part of the table in `texts`."""

CLASS_TEXTS: dict[str, tuple[str, str]] = {
    # The head
    "class_report": ("Class report", "수강생 전체 보고서"),
    "class_students": ("Students graded", "채점한 학생"),
    "class_waiting": ("Not graded", "채점하지 못한 제출물"),
    "class_absent": ("Nothing handed in", "미제출"),
    "class_made": ("Made", "작성 시각"),
    "class_number": ("{n}", "{n}명"),
    "class_number_submissions": ("{n}", "{n}개"),
    "class_best": (
        "Of each student the best attempt counts, before lateness and decisions of staff.",
        "학생마다 점수가 가장 높은 제출을 셉니다. 지각 감점과 교수자의 조정은 반영하지 않았습니다.",
    ),
    "class_last": (
        "Of each student the latest attempt counts, before lateness and decisions of staff.",
        "학생마다 마지막 제출을 셉니다. 지각 감점과 교수자의 조정은 반영하지 않았습니다.",
    ),
    "class_suites": (
        "The checks were changed meanwhile: {n} versions of them judged this class. See grade regrade.",
        "그 사이에 검사 내용이 바뀌어 {n}가지 판으로 채점했습니다. grade regrade를 참고하세요.",
    ),
    "class_few": (
        "With fewer than {least} students, shares and correlations say little.",
        "학생이 {least}명보다 적으면 비율과 상관계수는 참고만 하세요.",
    ),
    "class_nothing": (
        "Nothing has been graded yet, so there is nothing to count.",
        "아직 채점한 제출물이 없어 통계를 낼 수 없습니다.",
    ),
    # What was not understood
    "class_lead": ("What the class did not understand", "많은 학생이 이해하지 못한 내용"),
    "class_lead_none": (
        "Every student passed every check.",
        "모든 학생이 모든 검사를 통과했습니다.",
    ),
    "class_lead_unnamed": (
        "No known mistake was named. The groups below show where points were lost.",
        "알려진 실수로 설명되는 오답은 없습니다. 어디에서 점수를 잃었는지는 아래의 표를 보세요.",
    ),
    "class_of_students": ("{count} of {n} students", "{n}명 중 {count}명"),
    "class_in_group": ("in {group}", "영역: {group}"),
    "class_all_mistakes": ("All named mistakes", "알려진 실수 모두 보기"),
    # Scores
    "class_scores": ("Scores", "점수 분포"),
    "class_median": ("median", "중앙값"),
    "class_full": ("{full} of {n} have all points", "{n}명 중 {full}명이 만점입니다"),
    "class_score_words": (
        "Half of the class lies between {low} % and {high} %; the mean of all {n} is {mean} %.",
        "가운데 절반은 {low}%와 {high}% 사이에 있고, 학생 {n}명의 평균은 {mean}%입니다.",
    ),
    "class_axis_score": ("percent of the points, from", "배점에 대한 백분율(이상)"),
    "class_numbers": ("The numbers", "숫자로 보기"),
    "class_score": ("Score", "점수"),
    "class_count": ("Students", "학생 수"),
    "class_from_to": ("{low} % to below {high} %", "{low}% 이상 {high}% 미만"),
    "class_mean": ("mean", "평균"),
    "class_quartiles": ("quartiles", "사분위수"),
    "class_spread": ("standard deviation", "표준편차"),
    "class_range": ("least and most", "최저와 최고"),
    # Groups
    "class_groups": ("Where points were lost", "점수를 잃은 영역"),
    "class_groups_why": (
        "Where the class lost most comes first. The bar is the share of the points that was earned.",
        "많이 잃은 영역부터 나옵니다. 막대는 얻은 점수의 비율입니다.",
    ),
    "class_earned": ("Earned", "득점률"),
    "class_lost": ("Lost a student", "1인당 잃은 점수"),
    "class_mistakes_in": ("Commonest mistakes", "가장 흔한 실수"),
    "class_lost_points": ("{lost} of {max}", "{max}점 중 {lost}점"),
    # Checks
    "class_checks": ("Checks", "검사별 통과율"),
    "class_checks_why": (
        "The hardest first. Discrimination: +1 if only those who are strong elsewhere pass, 0 no relation.",
        "통과율이 낮은 검사부터 나옵니다. 변별도는 최대 1이며, 다른 검사의 점수와 무관하면 0입니다.",
    ),
    "class_check": ("Check", "검사"),
    "class_ends": ("How it ended", "결과"),
    "class_passed": ("Passed", "통과"),
    "class_discrimination": ("Discrimination", "변별도"),
    "class_end.passed": ("passed", "통과"),
    "class_end.partial": ("right in part", "부분 인정"),
    "class_end.wrong": ("wrong", "불일치"),
    "class_end.stopped": ("error or limit", "오류 또는 한도 초과"),
    "class_end.skipped": ("waits for another", "선행 검사 대기"),
    "class_undefined.all_passed": ("everybody passed", "모두 통과"),
    "class_undefined.none_passed": ("nobody passed", "통과한 학생 없음"),
    "class_undefined.rest_equal": ("all others equal", "나머지 점수가 모두 같음"),
    "class_doubtful": ("look at it", "확인 필요"),
    "class_more_checks": ("{n} more checks", "검사 {n}개 더 보기"),
    "class_more_checks.one": ("One more check", "검사 1개 더 보기"),
    "class_map": ("Difficulty and discrimination", "난이도와 변별도"),
    "class_map_words": (
        "A dot is a check with its number in the table. Right: easy. Up: separates well. Below 0: see why.",
        "점은 검사, 숫자는 표의 번호입니다. 오른쪽일수록 쉽고 위일수록 변별도가 높습니다.",
    ),
    "class_axis_rate": ("share who pass, in percent", "통과율(%)"),
    "class_axis_discrimination": ("discrimination", "변별도"),
    "class_never_failed": ("Checks that everybody passed", "모두 통과한 검사"),
    "class_never_passed": ("Checks that nobody passed", "아무도 통과하지 못한 검사"),
    "class_doubtful_checks": (
        "Checks that the weaker pass more often than the stronger, beyond chance",
        "점수가 낮은 학생이 우연이라고 보기 어려울 만큼 더 많이 통과한 검사",
    ),
    "class_doubtful_why": (
        "The task or the check may be unclear, or may punish a right answer.",
        "과제나 검사가 불분명하거나, 옳은 답을 틀렸다고 하는지 살펴보세요.",
    ),
    "class_none": ("none", "없음"),
    "class_more_titles": ("and {n} more", "그 밖에 {n}개"),
    # Mistakes
    "class_mistakes": ("Named mistakes", "알려진 실수"),
    "class_mistakes_none": ("No known mistake was named.", "알려진 실수로 설명되는 오답이 없습니다."),
    "class_mistake": ("Mistake", "실수"),
    "class_sure": ("How sure", "확실성"),
    "class_examples": ("Examples", "예"),
    "class_certainty.exact": ("for certain: {n}", "확실: {n}명"),
    "class_certainty.likely": ("likely: {n}", "유력: {n}명"),
    "class_certainty.hint": ("a hint: {n}", "추정: {n}명"),
    "class_more_mistakes": ("{n} more mistakes", "실수 {n}개 더 보기"),
    "class_more_mistakes.one": ("One more mistake", "실수 1개 더 보기"),
    "class_unnamed": (
        "{n} students failed something without a known mistake. Their work is worth a look:",
        "학생 {n}명은 알려진 실수로 설명되지 않는 오답을 냈습니다. 직접 살펴보세요.",
    ),
    "class_unnamed.one": (
        "One student failed something without a known mistake. The work is worth a look:",
        "학생 1명은 알려진 실수로 설명되지 않는 오답을 냈습니다. 직접 살펴보세요.",
    ),
    # Attempts
    "class_attempts": ("Attempts to all points", "만점까지의 제출 횟수"),
    "class_attempts_words": (
        "{full} of {n} students have all points; the median of their attempts is {median}.",
        "{n}명 중 {full}명이 만점을 받았습니다. 만점까지 제출한 횟수의 중앙값은 {median}회입니다.",
    ),
    "class_attempts_nobody": (
        "None of {n} students has all points yet.",
        "{n}명 중 아직 만점을 받은 학생이 없습니다.",
    ),
    "class_axis_attempt": ("attempts", "제출 횟수"),
    "class_attempts_full": ("all points at that attempt", "그 제출에서 처음 만점"),
    "class_attempts_trying": ("so many attempts, not all points yet", "아직 만점이 아닌 학생"),
    # Time
    "class_time": ("Time", "채점에 걸린 시간"),
    "class_time_words": (
        "Half of the submissions took at most {median} s to judge, 95 of 100 at most {p95} s.",
        "제출물의 절반은 {median}초, 100개 중 95개는 {p95}초 안에 채점했습니다.",
    ),
    "class_slowest": ("Slowest submissions", "가장 오래 걸린 제출물"),
    "class_slowest_checks": ("Slowest checks", "가장 오래 걸린 검사"),
    "class_longest": ("Longest", "최장"),
    # Not graded, students
    "class_why": ("Why", "이유"),
    "class_unknown": ("unknown", "알 수 없음"),
    "class_more_students": ("and {n} more", "그 밖에 {n}명"),
    "class_waiting_none": ("Every submission was graded.", "모든 제출물을 채점했습니다."),
    "class_all": ("All students", "학생별 결과"),
    "class_attempts_made": ("Attempts", "제출 횟수"),
    # Similar submissions
    "class_similar": ("Similar submissions", "비슷한 제출물"),
    "class_similar_words": (
        "How much of each file also stands in the other one, under whatever names.",
        "각 파일의 코드 가운데 다른 파일에도 들어 있는 비율입니다. 변수 이름은 따지지 않습니다.",
    ),
    "class_similar_why": (
        "What the stub gives and what many share is left out. Short functions look alike: it is no proof.",
        "나누어 준 코드와 여럿이 함께 쓴 코드는 뺐습니다. 짧은 함수는 서로 비슷하므로 증거가 아닙니다.",
    ),
    "class_similar_none": ("No two submissions are this similar.", "이 정도로 비슷한 제출물은 없습니다."),
    "class_similar_left_out": (
        "{n} files were not compared: too long, or with too little code of their own.",
        "파일 {n}개는 너무 길거나 직접 쓴 코드가 너무 적어 비교하지 않았습니다.",
    ),
    "class_similar_left_out.one": (
        "One file was not compared: too long, or with too little code of its own.",
        "파일 1개는 너무 길거나 직접 쓴 코드가 너무 적어 비교하지 않았습니다.",
    ),
    "class_similar_side": ("{one} and {other}, side by side", "{one}, {other} 나란히 보기"),
    "class_similar_more": ("{n} more pairs", "{n}쌍 더 있음"),
    "class_similar_more.one": ("One more pair", "1쌍 더 있음"),
}
