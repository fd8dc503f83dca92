"""What was asked of several deployments at once, and what each answered: the comparisons and the prompt set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beside:
    """One comparison. Of each column resource, deployment and answer; `better` is the position of the one chosen."""

    person: str
    hours_ago: float
    message: str
    columns: tuple[tuple[str, str, str], ...]
    better: int | None = None
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt set and its one run. Of each column resource and deployment; of each prompt an answer a column."""

    person: str
    hours_ago: float
    name: str
    columns: tuple[tuple[str, str], ...]
    prompts: tuple[tuple[str, tuple[str, ...]], ...]


REFUND = Beside(
    "이서연",
    4.6,
    "고객이 “환불은 언제 되나요?”라고 물어요. FAQ에 넣을 답을 세 문장 안으로 써 주세요.",
    (
        (
            "hanbit-foundry",
            "claude-haiku-support",
            "환불은 상품을 받은 뒤 영업일 기준 **3~5일** 안에 처리됩니다. 카드사에 따라 며칠 더 걸릴 수 있습니다.",
        ),
        (
            "hanbit-foundry",
            "claude-sonnet-5-5",
            "반품하신 상품이 물류 센터에 도착하면 **영업일 3일 안에** 환불해 드립니다. 카드로 결제하셨다면 카드사에서 "
            "취소가 보이기까지 2~3일이 더 걸릴 수 있어요. 일주일이 지나도 보이지 않으면 주문 번호와 함께 알려 주세요, "
            "바로 확인하겠습니다.",
        ),
    ),
    better=1,
    blind=True,
)
IDEMPOTENCY = Beside(
    "최민준",
    2.1,
    "Explain to a product manager what an idempotency key is, in one short paragraph and one example.",
    (
        (
            "contoso-foundry",
            "claude-opus-5-5",
            "An idempotency key is a name the sender gives to *one intended action*, so that repeating the request "
            "repeats nothing else. If the network drops after “pay €40”, the app sends the same request with the same "
            "key; the server sees that it has done this already and answers with the first result.\n\n"
            "**Example.** A customer taps *Pay* twice in a tunnel. Both taps carry key `order-7731`, so the card is "
            "charged once, and both taps see the same receipt.\n\n"
            "What to decide as a product manager: for how long a key is remembered, and what the customer reads when "
            "the second tap differs from the first.",
        ),
        (
            "contoso-foundry",
            "claude-sonnet-5-5",
            "An idempotency key is like the number on a coat-check ticket: however often you hand it over, you get the "
            "same coat. The app attaches a unique key to an action; if it has to retry, the server recognises the key "
            "and returns the first result instead of acting again.\n\n"
            "**Example:** “Place order” times out. The app retries with key `9f2c`, and the customer still gets "
            "**one** order.",
        ),
        (
            "contoso-foundry",
            "claude-haiku-5-5",
            "An idempotency key is a unique ID sent with a request. If the same ID comes twice, the server does the "
            "work only once.\n\nExample: a payment is retried after a timeout, but the customer pays once.",
        ),
    ),
)
COMPARISONS = (REFUND, IDEMPOTENCY)

TRIAGE = Asked(
    "최민준",
    25.3,
    "Ticket triage: team and urgency",
    (("contoso-foundry", "claude-sonnet-5-5"), ("contoso-foundry", "claude-haiku-5-5")),
    (
        (
            "Which team, and how urgent from 1 to 3? “I was charged twice for order 48213.”",
            ("Payments, urgency 1: the customer’s money is missing.", "Payments. Urgency 2."),
        ),
        (
            "Which team, and how urgent from 1 to 3? “The app closes when I open my invoices.”",
            ("Mobile, urgency 2: invoices are also on the web, so there is a way around it.", "Mobile app. Urgency 2."),
        ),
        (
            "어느 팀, 긴급도 1~3? “주소를 잘못 적었는데 아직 출고 전이라고 나와요.”",
            ("물류, 긴급도 1: 출고되면 고칠 수 없어 오늘 안에 처리해야 합니다.", "물류팀. 긴급도 1."),
        ),
        (
            "어느 팀, 긴급도 1~3? “영수증을 회사 이름으로 다시 받고 싶어요.”",
            ("정산, 긴급도 3: 언제든 다시 발행할 수 있습니다.", "정산팀. 긴급도 3."),
        ),
    ),
)
SETS = (TRIAGE,)
