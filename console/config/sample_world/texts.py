"""What a few people asked Claude, and what it answered: the conversations of the sample world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and its answer. `ended` is "" for a whole answer, else the error that came instead of one.

    `calls` are the tools the answer ends with, by name and input; `results` what a person answered to those before.
    """

    message: str
    answer: str = ""
    ended: str = ""
    calls: tuple[tuple[str, dict[str, object]], ...] = ()
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation; `hours_ago` is when its last turn was."""

    person: str
    resource: str
    deployment: str
    hours_ago: float
    turns: tuple[Turn, ...]
    system_prompt: str = ""
    tools: tuple[dict[str, object], ...] = ()


MINUTES = Turn(
    """아래 회의 메모를 표로 정리해 주세요.

- 11월 배포: 월요일 → 수요일로 미룸 (민준)
- 고객센터 FAQ 120건 중 38건 오래됨, 서연이 정리
- 한도 증설 신청은 지수가 이번 주 안에
- 다음 회의 금요일 10시""",
    """### 회의 정리

| 안건 | 결정 | 담당 | 기한 |
|---|---|---|---|
| 11월 배포 | 월요일에서 **수요일**로 미룸 | 민준 | 수요일 |
| 고객센터 FAQ | 120건 중 38건을 새로 씀 | 서연 | 미정 |
| 한도 증설 | 신청서 제출 | 지수 | 이번 주 |

다음 회의는 **금요일 10시**입니다.

확인이 필요한 점이 하나 있어요. FAQ 정리에는 기한이 적혀 있지 않습니다. 38건이면 하루 8건씩 잡아 5일 정도 걸리니, \
다음 주 금요일을 제안해 보세요.""",
)
MINUTES_AGAIN = Turn(
    "좋아요. 그럼 서연 담당 부분만 할 일 목록으로 바꿔 주세요.",
    """서연 님의 할 일입니다.

1. **오래된 FAQ 38건 분류하기** – 삭제, 수정, 합치기로 나눕니다. (반나절)
2. **자주 찾는 10건 먼저 고치기** – 조회 수가 많은 순서대로 합니다.
3. **나머지 28건 고치기** – 하루 8건이면 나흘이 걸립니다.
4. **검토 받기** – 민준 님께 최종 확인을 부탁합니다.

기한은 다음 주 금요일로 잡았습니다. 바꾸고 싶으면 알려 주세요.""",
)
LETTER = Turn(
    "배송이 늦어진 고객에게 보낼 사과 메일을 정중하지만 짧게 써 주세요. 보상은 다음 주문 배송비 무료입니다.",
    """**제목: 배송이 늦어져 죄송합니다**

안녕하세요, 고객님.

주문하신 상품이 약속드린 날짜보다 늦게 도착하게 되어 진심으로 사과드립니다. 물류 센터 점검으로 출고가 이틀 밀렸고, \
지금은 정상적으로 발송되었습니다.

불편을 드린 데 대한 작은 보답으로 **다음 주문의 배송비를 받지 않겠습니다.** 따로 신청하실 필요는 없습니다.

앞으로는 늦어질 것 같으면 먼저 알려 드리겠습니다. 기다려 주셔서 고맙습니다.

한빛 고객지원팀 드림""",
)
LETTER_SHORTER = Turn(
    "문자로도 보낼 거예요. 두 문장으로 줄여 주세요.",
    "> [한빛] 물류 센터 점검으로 배송이 이틀 늦어져 죄송합니다. 사과의 뜻으로 다음 주문은 배송비를 받지 않겠습니다.",
)
BACKOFF = Turn(
    "Our batch job gets HTTP 429 from time to time. How should it wait? Please show Python.",
    """A `429` means *not now*, so wait as long as the answer asks, and no more than a few times.

**What to do**

1. Read `retry-after` (seconds). It is the only number that knows your quota.
2. Without it, wait longer each time and add a little chance, so that many workers do not come back together.
3. Give up after a few attempts and say so. Endless retries only hide the problem.

```python
import random
import time


def call_patiently(call, attempts=4):
    for attempt in range(attempts):
        answer = call()
        if answer.status_code != 429:
            return answer
        asked = answer.headers.get("retry-after")
        pause = float(asked) if asked else 2**attempt
        time.sleep(min(pause, 60) + random.random())
    raise RuntimeError("still over quota after %d attempts" % attempts)
```

| Answer | Retry? | Why |
|---|---|---|
| 429 | yes, after `retry-after` | the quota refills every minute |
| 529 | yes, once or twice | the model is busy for everybody |
| 500, 502 | no | the work may have been done and billed |
| 400, 401, 404 | no | it will fail the same way again |""",
)
BACKOFF_LIMIT = Turn(
    "And how do I keep 8 workers below 50 requests per minute together?",
    """Share one budget instead of giving each worker its own. The simplest form is a token bucket in Redis:

- the bucket refills at **50 / 60 ≈ 0.83** permits a second,
- every worker takes a permit before it sends,
- an empty bucket means *wait*, not *fail*.

If you have no Redis, let each worker send at most one request every **10 seconds** (8 × 6 = 48 a minute). It wastes a \
little when some workers are idle, but it can never go over.

Count tokens as well as requests: long prompts use up the tokens-per-minute limit first.""",
)
SLOW_QUERY = Turn(
    """이 쿼리가 12초나 걸려요. 왜 그럴까요?

```sql
SELECT * FROM orders WHERE date(created_at) = '2026-11-20' ORDER BY id DESC LIMIT 50;
```""",
    """`date(created_at)`처럼 **열을 함수로 감싸면 인덱스를 쓰지 못합니다.** \
그래서 모든 행을 읽으며 날짜를 하나씩 계산하게 돼요.

범위로 바꾸면 됩니다.

```sql
SELECT *
FROM orders
WHERE created_at >= '2026-11-20'
  AND created_at <  '2026-11-21'
ORDER BY id DESC
LIMIT 50;
```

그리고 이 인덱스가 있는지 확인해 주세요.

```sql
CREATE INDEX orders_created_at ON orders (created_at, id DESC);
```

`EXPLAIN`에서 `Seq Scan`이 `Index Scan`으로 바뀌면 성공입니다. 보통 수 밀리초면 끝나요.""",
)
OVERLOADED = Turn("고마워요! 그럼 월별 합계도 같은 방법으로 빨라질까요?", ended="overloaded")
ONBOARDING = Turn(
    "Write a first-week checklist for a new colleague in our support team. Keep it friendly.",
    """## Welcome! Your first week

**Monday – arrive**
- [ ] Collect your laptop and badge at the front desk
- [ ] Sign in once to mail, chat and the console
- [ ] Lunch with the team at 12:30, it is on us

**Tuesday – look**
- [ ] Sit next to somebody for ten calls; you only listen
- [ ] Read the five most common questions and their answers

**Wednesday – try**
- [ ] Answer three tickets with your buddy beside you
- [ ] Look up one failed request by its ID, just to see how it works

**Thursday – do**
- [ ] Take tickets on your own until noon
- [ ] Write down everything that puzzled you; we fix it together

**Friday – breathe**
- [ ] Half an hour with your lead: what was good, what was odd?
- [ ] Cake at 15:00 🎂""",
)
ORDER_TOOL: dict[str, object] = {
    "name": "get_order",
    "description": "Looks up where an order is and when it is expected. Call it before you promise anything.",
    "input_schema": {
        "type": "object",
        "properties": {"order": {"type": "integer", "description": "The order's number"}},
        "required": ["order"],
    },
}
ORDER = Turn(
    "A rather annoyed customer asks for order 48213. Look it up, then write me the reply.",
    "I’ll look the order up first, so that the reply promises nothing we cannot keep.",
    calls=(("get_order", {"order": 48213}),),
)
ORDER_FOUND = Turn(
    "",
    """> Hello, and thank you for writing – you should not have had to ask. Your order **48213** left our warehouse \
this morning and is with the carrier; it should be with you **by Thursday**. It waited two days for one item that came \
late, and we are sorry we did not tell you then. If it is not there on Thursday evening, answer this mail and we will \
call the carrier for you.

I left the name of the carrier out: it helps the customer little, and they would have to ask twice.""",
    results=(
        '{"order": 48213, "state": "in transit", "carrier": "Nordpost", "expected": "Thursday", "waited_days": 2}',
    ),
)
TONE = "You are a helpful colleague. Answer briefly and kindly."

TALKS = (
    Talk("최민준", "hanbit-research", "claude-sonnet-5-5", 46.2, (SLOW_QUERY, OVERLOADED)),
    Talk("이서연", "hanbit-foundry", "claude-sonnet-5-5", 21.5, (LETTER, LETTER_SHORTER)),
    Talk("Dana Müller", "contoso-foundry", "claude-sonnet-5-5", 20.1, (ONBOARDING,), TONE),
    Talk("최민준", "contoso-foundry", "claude-opus-5-5", 3.4, (BACKOFF, BACKOFF_LIMIT)),
    Talk("이서연", "hanbit-foundry", "claude-sonnet-5-5", 1.2, (MINUTES, MINUTES_AGAIN)),
)
# Made after all the others, so that these stay as they are.
LATER_TALKS = (Talk("최민준", "contoso-foundry", "claude-sonnet-5-5", 6.8, (ORDER, ORDER_FOUND), TONE, (ORDER_TOOL,)),)
