"""The stock of phrases that answers are made from, in English and in Korean."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """`{a}`, `{b}` and `{c}` are words of the question, `{topic}` is its first sentence."""

    greetings: tuple[str, ...]
    welcomes: tuple[str, ...]
    openings: tuple[str, ...]
    paragraphs: tuple[str, ...]
    advice: tuple[str, ...]
    steps: tuple[str, ...]
    remarks: tuple[str, ...]
    closings: tuple[str, ...]
    headings: tuple[str, str, str]
    columns: tuple[str, str, str]
    judgements: tuple[str, ...]
    fillers: tuple[str, str, str]
    stop_words: frozenset[str]
    again: str
    attached: str
    points: str
    nothing: str
    note: str
    part: str
    code: str
    refusal: str
    tool_lead: str
    tool_done: str


def words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


ENGLISH = Phrases(
    greetings=(
        "Hello! How can I help you today?",
        "Hi there. What are you working on?",
        "Hello! Ask me anything, short or long.",
    ),
    welcomes=("You're welcome! Anything else?", "Glad it helped. Just write when something else comes up."),
    openings=(
        "Here is a clear way to look at **{topic}**.",
        "Let us take **{topic}** in small steps.",
        "**{topic}**: the short version first, the details after it.",
        "There are three things worth knowing about **{topic}**.",
    ),
    paragraphs=(
        "The centre of it is **{a}**. Once that is settled, {b} mostly follows, and {c} becomes a matter of taste.",
        "Start with **{a}**, because mistakes there are the expensive ones. Then look at {b}; keep {c} for the end.",
        "People often begin with {c}. It works better the other way round: **{a}** first, then {b}, and only what is "
        "left over needs a decision about {c}.",
        "Think of {a} as the question, {b} as the constraint and {c} as the thing you can still change tomorrow.",
    ),
    advice=(
        "write down who owns it and how you will notice a change.",
        "keep the first version small enough to throw away.",
        "measure before and after, with the same yardstick.",
        "ask one person who has never seen it to explain it back to you.",
        "agree on what *done* means before anyone starts.",
    ),
    steps=(
        "**Name the goal.** One sentence on what {a} should look like when it is right.",
        "**Look at today.** Collect three real examples that involve {b}.",
        "**Choose the smallest change** that would make {a} better this week.",
        "**Try it** with one team and write down what surprised you about {c}.",
        "**Decide**: keep it, change it, or stop.",
    ),
    remarks=(
        "This is the part to settle first; the rest depends on it.",
        "True in most cases. Watch for the exception at the edges.",
        "I would test this with real data before relying on it.",
        "Worth a conversation with the people who do it every day.",
    ),
    closings=(
        "A good next step is to try this with one real case of {a} and see where it breaks.",
        "If you tell me more about {b}, I can make this concrete.",
        "In short: get {a} right, and {b} will be easy to change later.",
    ),
    headings=("In short", "Side by side", "An example"),
    columns=("What", "How it looks", "Weight"),
    judgements=("settled", "needs a decision", "risky if rushed", "easy to change", "worth measuring"),
    fillers=("the goal", "the people", "the time"),
    stop_words=words(
        "about answer compare could difference does doing explain give have help into just know like make please "
        "short should some table tell than that their them then there these they thing this what when where which "
        "will with would write your from were been being between more most"
    ),
    again="This is turn {turn}; it builds on what you asked before (“{before}”).",
    attached="I have also looked at {things}.",
    points="Your text makes several points. Taking them one by one:",
    nothing="your message",
    note="A sample answer from the sandbox; no model was asked.",
    part="Part {number}",
    code="""```python
def {name}(cases: list[dict]) -> dict[str, int]:
    \"\"\"Count outcomes for: {topic}\"\"\"
    totals: dict[str, int] = {{}}
    for case in cases:
        outcome = case.get("outcome", "unknown")
        totals[outcome] = totals.get(outcome, 0) + 1
    return totals


print({name}([{{"outcome": "{a}"}}, {{"outcome": "{b}"}}]))
```""",
    refusal="This request was refused because it may help with harmful activity.",
    tool_lead="Let me look that up with `{tool}`.",
    tool_done="The tool answered:\n\n> {result}\n\nThat settles **{topic}**.",
)

KOREAN = Phrases(
    greetings=(
        "안녕하세요! 무엇을 도와드릴까요?",
        "반갑습니다. 어떤 일을 하고 계신가요?",
        "안녕하세요. 짧은 질문도 긴 질문도 편하게 물어보세요.",
    ),
    welcomes=("천만에요! 더 궁금한 점이 있으신가요?", "도움이 되었다니 기쁩니다. 필요하면 언제든 다시 물어보세요."),
    openings=(
        "**{topic}** – 핵심부터 차근차근 정리해 보겠습니다.",
        "**{topic}**에 대해 먼저 짧게, 그다음 자세히 말씀드릴게요.",
        "질문하신 **{topic}**, 세 가지로 나누어 보면 이해하기 쉽습니다.",
        "**{topic}** – 실제로 써먹을 수 있게 답해 보겠습니다.",
    ),
    paragraphs=(
        "가장 먼저 볼 것은 **{a}**입니다. 이 부분이 정해지면 {b} 쪽은 대체로 따라오고, {c} 문제는 취향에 가깝습니다.",
        "**{a}**부터 시작하세요. 여기서 생기는 실수가 가장 비쌉니다. "
        "그다음 {b} 순서로 보고, {c} 쪽은 마지막에 두어도 됩니다.",
        "많은 분이 {c}부터 손대지만 순서를 바꾸는 편이 낫습니다. "
        "**{a}** 먼저, 그다음 {b}, 남은 것만 {c}에서 결정하면 됩니다.",
        "{a}에는 질문이, {b}에는 조건이, {c}에는 내일이라도 바꿀 수 있는 것이 담겨 있다고 생각해 보세요.",
    ),
    advice=(
        "담당자와, 변화를 알아차릴 방법을 적어 두세요.",
        "첫 버전은 버려도 아깝지 않을 만큼 작게 만드세요.",
        "바꾸기 전과 후를 같은 기준으로 재어 보세요.",
        "처음 보는 사람에게 설명을 부탁해 보면 빈틈이 보입니다.",
        "시작하기 전에 ‘끝났다’의 뜻을 맞춰 두세요.",
    ),
    steps=(
        "**목표 적기.** {a}의 바람직한 모습을 한 문장으로 적습니다.",
        "**지금 상태 보기.** {b} 관련 실제 사례를 세 가지 모읍니다.",
        "**가장 작은 변화 고르기.** 이번 주에 {a} 쪽을 나아지게 할 한 가지를 정합니다.",
        "**해 보기.** 한 팀에서 먼저 시도하고, {c}에서 뜻밖이었던 점을 기록합니다.",
        "**결정하기.** 유지할지, 바꿀지, 멈출지 정합니다.",
    ),
    remarks=(
        "이 부분을 먼저 정해야 나머지가 풀립니다.",
        "대체로 맞는 말씀입니다. 다만 예외를 살펴보세요.",
        "믿고 쓰기 전에 실제 데이터로 확인해 보는 것이 좋겠습니다.",
        "매일 이 일을 하는 분들과 이야기해 볼 만합니다.",
    ),
    closings=(
        "다음 단계로, {a}의 실제 사례 하나에 적용해 보고 어디서 막히는지 확인해 보세요.",
        "{b}에 대해 조금 더 알려 주시면 더 구체적으로 답해 드릴 수 있어요.",
        "정리하면, {a}부터 바로잡으면 {b} 쪽은 나중에 바꾸기 쉽습니다.",
    ),
    headings=("한눈에 보기", "나란히 비교", "예시"),
    columns=("항목", "상태", "비중"),
    judgements=("정해짐", "결정 필요", "서두르면 위험", "바꾸기 쉬움", "측정 필요"),
    fillers=("목표", "사람", "시간"),
    stop_words=words(
        "알려줘 알려주세요 설명 설명해줘 설명해 정리 정리해 무엇 무엇인 어떻게 어떤 그리고 그런데 하지만 대해 대한 "
        "있는 있나요 해주세요 부탁 부탁해 합니다 주세요 좀더 비교해 작성 작성해 만들어 만들어줘 써줘"
    ),
    again="{turn}번째 질문이네요. 앞서 물어보신 “{before}”에 이어서 답할게요.",
    attached="함께 보내 주신 {things}도 살펴보았습니다.",
    points="보내 주신 글을 하나씩 짚어 보겠습니다.",
    nothing="보내 주신 메시지",
    note="샌드박스의 예시 답변이며, 실제 모델에게 묻지 않았습니다.",
    part="{number}부",
    code="""```python
def {name}(사례들: list[dict]) -> dict[str, int]:
    \"\"\"결과를 셉니다: {topic}\"\"\"
    합계: dict[str, int] = {{}}
    for 사례 in 사례들:
        결과 = 사례.get("결과", "알 수 없음")
        합계[결과] = 합계.get(결과, 0) + 1
    return 합계


print({name}([{{"결과": "{a}"}}, {{"결과": "{b}"}}]))
```""",
    refusal="해로운 활동에 도움이 될 수 있어 이 요청을 거절했습니다.",
    tool_lead="`{tool}` 도구로 찾아보겠습니다.",
    tool_done="도구가 이렇게 답했습니다.\n\n> {result}\n\n이것으로 **{topic}** 질문은 해결되었습니다.",
)
