"""The stock of phrases that answers are made from, in English and in Korean."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """`{a}`, `{b}` and `{c}` are words of the question, `{topic}` is its first sentence.

    `headings` are read by name; `criteria` are names and levels of a comparison.
    """

    greetings: tuple[str, ...]
    welcomes: tuple[str, ...]
    openings: tuple[str, ...]
    paragraphs: tuple[str, ...]
    asking: tuple[str, ...]
    checks: tuple[str, ...]
    steps: tuple[str, ...]
    remarks: tuple[str, ...]
    closings: tuple[str, ...]
    verdicts: tuple[str, ...]
    code_notes: tuple[str, ...]
    headings: dict[str, str]
    columns: tuple[str, str, str]
    criteria: tuple[tuple[str, tuple[str, ...]], ...]
    fillers: tuple[str, str, str]
    stop_words: frozenset[str]
    again: str
    attached: str
    points: str
    summary_lead: str
    letter_lead: str
    more: str
    nothing: str
    note: str
    part: str
    letter: str
    letter_hint: str
    python: str
    sql: str
    javascript: str
    bash: str
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
        "A good way in is to separate what is known from what is assumed. For **{a}** that usually takes one "
        "definition, one example, and one case where the example fails.",
        "Most explanations get long because they begin with the exceptions. Begin with the ordinary case of **{a}**, "
        "then bring in {b}, and keep {c} for the end.",
        "The same three questions help every time: what is it for, what does it depend on, and what happens when it "
        "goes wrong? Here they lead to **{a}**, {b} and {c}.",
        "Two people can talk about **{a}** all day and mean different things. Agree on the words first; {b} and {c} "
        "are easier afterwards.",
    ),
    asking=(
        "what is the simplest case, and does the answer already hold there?",
        "who would notice first if it changed?",
        "which figure would settle the argument?",
        "what do people usually get wrong about it?",
        "what would have to be true for the opposite to hold?",
    ),
    checks=(
        "a definition everybody shares",
        "one real example",
        "a figure that can be measured",
        "somebody who does it every day",
        "what happened last time",
    ),
    steps=(
        "**Write the goal down** in one sentence, with the name of the person who will be glad when it is reached.",
        "**Collect three real examples** from the last month. Two good ones and one that went wrong.",
        "**Choose the smallest change** that would have helped in all three.",
        "**Try it** with one team for two weeks, and note what surprised you.",
        "**Decide** together: keep it, change it, or stop. Put the date of that talk in the calendar today.",
    ),
    remarks=(
        "This is the part to settle first; the rest depends on it.",
        "True in most cases. Watch for the exception at the edges.",
        "Worth testing with real data before relying on it.",
        "Worth a conversation with the people who do it every day.",
    ),
    closings=(
        "A good next step is to try this with one real case of **{a}** and see where it breaks.",
        "If you tell me more about **{b}**, I can make this concrete.",
        "Shall I go deeper into **{a}** or into **{b}**?",
    ),
    verdicts=(
        "If I had to choose today, I would take **{chosen}** and keep **{other}** as the way back.",
        "Both can be right. With little time I would start with **{chosen}**; with much at stake, I would test "
        "**{other}** first.",
    ),
    code_notes=(
        "The names are placeholders: put your own in their place.",
        "Try it on a handful of rows first, and compare with a count by hand.",
        "It changes nothing, so it is safe to run twice.",
    ),
    headings={
        "short": "In short",
        "table": "What to look at",
        "compare": "Side by side",
        "code": "An example",
        "ask": "Worth asking",
        "notes": "Before you use it",
        "points": "The points",
        "draft": "A draft",
        "steps": "Step by step",
    },
    columns=("Part", "Look for", "Weight"),
    criteria=(
        ("Cost at the start", ("low", "medium", "high")),
        ("Cost over a year", ("low", "steady", "growing")),
        ("Time until it helps", ("days", "weeks", "months")),
        ("Easy to undo", ("yes", "with some work", "hardly")),
    ),
    fillers=("the goal", "the people", "the time"),
    stop_words=words(
        "about answer compare could describe difference differences does doing draft each explain find finds four give",
        "have help into just know like make many much need please really short should some somebody someone somehow",
        "table tell than that their them then there these they thing things this three translate using very want what",
        "when where which while will with work works would write your from were been being between more most better",
        "email letter summary summarize summarise python code function script javascript checklist steps plan well",
        "main whose good choose great best whether because after before while until during every other another",
        "the and for why how are was not but you can all any our out use who its has had did get may one two see now",
        "new way too say she him her his let put yes off own per via ask best old add big few lot set sum try",
    ),
    again="This is turn {turn}; it builds on what you asked before (“{before}”).",
    attached="I have also looked at {things}.",
    points="Your text makes several points. Taking them one by one:",
    summary_lead="Here is the gist of what you sent.",
    letter_lead="Here is a draft for **{topic}**. Fill in what is in italics.",
    more="… and {count} more.",
    nothing="your message",
    note="A sample answer from the sandbox; no model was asked.",
    part="Part {number}",
    letter="""
> **Subject:** About {a} and {b}
>
> Hello,
>
> thank you for your patience. I am writing about **{a}** and **{b}**.
>
> - What happened: *one honest sentence*
> - What we are doing now: *one concrete action, with a date*
> - What you can expect from us: *who writes next, and when*
>
> If anything is unclear, just reply to this message.
>
> Kind regards
""",
    letter_hint="Keep it to one screen: people read the first line and the last.",
    python='''
def {name}(cases: list[dict]) -> dict[str, int]:
    """Count outcomes for: {topic}"""
    totals: dict[str, int] = {{}}
    for case in cases:
        outcome = case.get("outcome", "unknown")
        totals[outcome] = totals.get(outcome, 0) + 1
    return totals


print({name}([{{"outcome": "{a}"}}, {{"outcome": "{b}"}}]))
''',
    sql="""
-- {topic}
SELECT name, COUNT(*) AS entries, SUM(amount) AS total
FROM records
WHERE recorded_at >= CURRENT_DATE - INTERVAL '90 days'
GROUP BY name
ORDER BY total DESC
LIMIT 10;
""",
    javascript="""
// {topic}
export function {name}(cases) {{
  const totals = new Map();
  for (const {{ outcome = "unknown" }} of cases) {{
    totals.set(outcome, (totals.get(outcome) ?? 0) + 1);
  }}
  return totals;
}}
""",
    bash="""
# {topic}
set -euo pipefail
sort records.txt | uniq -c | sort -rn | head -n 10
""",
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
        "**{topic}**, 먼저 짧게 답하고 이어서 자세히 말씀드릴게요.",
        "질문하신 **{topic}**, 세 가지로 나누어 보면 이해하기 쉽습니다.",
        "**{topic}** – 실제로 써먹을 수 있게 답해 보겠습니다.",
    ),
    paragraphs=(
        "아는 것과 짐작하는 것을 나누는 데서 시작하면 좋습니다. **{a}** 문제라면 정의 하나, 사례 하나, "
        "그리고 그 사례가 들어맞지 않는 경우 하나면 충분합니다.",
        "설명이 길어지는 까닭은 대개 예외부터 말하기 때문입니다. **{a}**의 평범한 경우부터 보고, {b}, {c} 순서로 "
        "넓혀 가면 훨씬 쉽습니다.",
        "늘 같은 세 가지 질문이 도움이 됩니다. 무엇을 위한 것인가, 무엇에 기대고 있는가, 잘못되면 어떻게 되는가. "
        "여기서는 **{a}**, {b}, {c}, 이렇게 세 가지로 이어집니다.",
        "같은 낱말을 쓰면서도 뜻이 서로 다를 때가 많습니다. **{a}**, {b}, {c} – 이 말들의 뜻부터 맞추고 나면 나머지는 "
        "한결 쉬워집니다.",
    ),
    asking=(
        "가장 단순한 경우는 무엇이고, 그때도 답이 들어맞나요?",
        "달라진다면 누가 가장 먼저 알아차릴까요?",
        "어떤 숫자를 보면 결론이 날까요?",
        "사람들이 흔히 오해하는 점은 무엇인가요?",
        "반대가 맞으려면 무엇이 사실이어야 할까요?",
    ),
    checks=(
        "모두가 같은 뜻으로 쓰는 정의",
        "실제 사례 하나",
        "잴 수 있는 숫자",
        "매일 그 일을 하는 사람의 말",
        "지난번의 결과",
    ),
    steps=(
        "**목표 적기.** 한 문장으로 적고, 이루어지면 가장 기뻐할 사람의 이름도 함께 적습니다.",
        "**실제 사례 세 가지 모으기.** 지난달 일 가운데 잘된 것 두 가지, 어긋난 것 한 가지를 고릅니다.",
        "**가장 작은 변화 고르기.** 세 사례 모두에 도움이 되었을 한 가지를 찾습니다.",
        "**해 보기.** 한 팀에서 2주 동안 시도하고, 뜻밖이었던 점을 기록합니다.",
        "**함께 결정하기.** 유지할지, 바꿀지, 멈출지 정합니다. 그 날짜를 오늘 달력에 넣어 두세요.",
    ),
    remarks=(
        "이 부분을 먼저 정해야 나머지가 풀립니다.",
        "대체로 맞는 말씀입니다. 다만 예외를 살펴보세요.",
        "믿고 쓰기 전에 실제 데이터로 확인해 보는 것이 좋겠습니다.",
        "매일 이 일을 하는 분들과 이야기해 볼 만합니다.",
    ),
    closings=(
        "다음 단계로, **{a}** 관련 실제 사례 하나에 적용해 보고 어디서 막히는지 확인해 보세요.",
        "**{b}** 쪽 상황을 조금 더 알려 주시면 더 구체적으로 답해 드릴 수 있어요.",
        "**{a}** 쪽을 더 자세히 볼까요, 아니면 **{b}** 쪽을 볼까요?",
    ),
    verdicts=(
        "오늘 골라야 한다면 **{chosen}** 쪽을 택하고, **{other}** 쪽은 돌아올 길로 남겨 두겠습니다.",
        "둘 다 맞을 수 있습니다. 시간이 없다면 **{chosen}**, 걸린 것이 크다면 **{other}** 쪽을 먼저 시험해 보세요.",
    ),
    code_notes=(
        "이름은 예시이니 실제 이름으로 바꿔 쓰세요.",
        "먼저 몇 줄만으로 돌려 보고, 손으로 센 값과 비교해 보세요.",
        "아무것도 바꾸지 않으므로 두 번 실행해도 안전합니다.",
    ),
    headings={
        "short": "한눈에 보기",
        "table": "살펴볼 것",
        "compare": "나란히 비교",
        "code": "예시",
        "ask": "함께 생각할 점",
        "notes": "쓰기 전에",
        "points": "주요 내용",
        "draft": "초안",
        "steps": "차근차근",
    },
    columns=("항목", "확인할 것", "비중"),
    criteria=(
        ("초기 비용", ("낮음", "보통", "높음")),
        ("1년 비용", ("낮음", "일정함", "늘어남")),
        ("효과까지 걸리는 시간", ("며칠", "몇 주", "몇 달")),
        ("되돌리기", ("쉬움", "손이 조금 감", "어려움")),
    ),
    fillers=("목표", "사람", "시간"),
    stop_words=words(
        "알려줘 설명 설명해줘 설명해 정리 정리해 정리해줘 요약 요약해줘 요약해 무엇 무엇인 무엇인가 뭐야 어떻게 어떤",
        "그리고 그런데 하지만 대해 대한 있는 부탁 부탁해 좀더 비교 비교해 비교해줘 작성 작성해 작성해줘 만들어",
        "만들어줘 써줘 써서 한국어 영어 함께 함수 코드 파이썬 가장 정말 조금 오늘 다음 궁금해 이유 차이 방법 단계",
        "체크리스트 메일 편지 이것 그것 표로",
    ),
    again="{turn}번째 질문이네요. 앞서 물어보신 “{before}”에 이어서 답할게요.",
    attached="함께 보내 주신 {things}도 살펴보았습니다.",
    points="보내 주신 글을 하나씩 짚어 보겠습니다.",
    summary_lead="보내 주신 글의 핵심만 추렸습니다.",
    letter_lead="**{topic}** – 초안을 써 보았습니다. 기울인 글씨만 채우면 됩니다.",
    more="… 그 밖에 {count}가지가 더 있습니다.",
    nothing="보내 주신 메시지",
    note="샌드박스의 예시 답변이며, 실제 모델에게 묻지 않았습니다.",
    part="{number}부",
    letter="""
> **제목:** {a} 안내
>
> 안녕하세요.
>
> 기다려 주셔서 감사합니다. **{a}** 관련하여, 그리고 {b} 쪽에 어떤 영향이 있는지 알려 드립니다.
>
> - 무슨 일이 있었나: *솔직한 한 문장*
> - 지금 하고 있는 일: *날짜가 있는 구체적인 조치 하나*
> - 앞으로: *누가 언제 다시 연락드릴지*
>
> 궁금한 점이 있으면 이 메일에 바로 답장해 주세요.
>
> 감사합니다.
""",
    letter_hint="한 화면을 넘지 않게 쓰세요. 사람들은 첫 줄과 마지막 줄을 읽습니다.",
    python='''
def {name}(사례들: list[dict]) -> dict[str, int]:
    """결과를 셉니다: {topic}"""
    합계: dict[str, int] = {{}}
    for 사례 in 사례들:
        결과 = 사례.get("결과", "알 수 없음")
        합계[결과] = 합계.get(결과, 0) + 1
    return 합계


print({name}([{{"결과": "{a}"}}, {{"결과": "{b}"}}]))
''',
    sql="""
-- {topic}
SELECT name AS 이름, COUNT(*) AS 건수, SUM(amount) AS 합계
FROM records
WHERE recorded_at >= CURRENT_DATE - INTERVAL '90 days'
GROUP BY name
ORDER BY 합계 DESC
LIMIT 10;
""",
    javascript=ENGLISH.javascript,
    bash=ENGLISH.bash,
    refusal="해로운 활동에 도움이 될 수 있어 이 요청을 거절했습니다.",
    tool_lead="`{tool}` 도구로 찾아보겠습니다.",
    tool_done="도구가 이렇게 답했습니다.\n\n> {result}\n\n이것으로 **{topic}** 질문은 해결되었습니다.",
)
