"""The text of an answer: Markdown in the prompt's language, echoing the prompt, the same for the same prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from console.sandbox.phrases import ENGLISH, KOREAN, Phrases

Language = Literal["en", "ko"]
Kind = Literal["greeting", "thanks", "echo", "code", "compare", "steps", "explain"]

HANGUL = re.compile(r"[\uac00-\ud7af]")
LATIN = re.compile(r"[A-Za-z]")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{3,}|[\uac00-\ud7af]{2,}")
SENTENCE = re.compile(r"(?<=[.!?。？！])\s+|\n+")
ECHO = re.compile(
    r"\b(?:reply|respond|answer) (?:only )?with (?:only |exactly )?[\"'“]?([^\"'”.\n]{1,60})", re.IGNORECASE
)
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "greeting",
        re.compile(
            r"^\W*(hi|hello|hey|good (morning|evening)|안녕|안녕하세요|반가워요?|반갑습니다)\b.{0,14}$", re.IGNORECASE
        ),
    ),
    ("thanks", re.compile(r"^\W*(thanks?|thank you|고마워요?|감사합니다|감사해요)\b.{0,20}$", re.IGNORECASE)),
    (
        "code",
        re.compile(
            r"\b(code|python|javascript|typescript|sql|script|regex|function|bash)\b|코드|함수|파이썬|스크립트|쿼리|정규식",
            re.IGNORECASE,
        ),
    ),
    (
        "compare",
        re.compile(r"\b(compare|versus|vs|difference|table|pros and cons)\b|비교|차이|장단점|표로", re.IGNORECASE),
    ),
    (
        "steps",
        re.compile(
            r"\b(plan|steps?|how (do|can|to)|checklist|schedule)\b|계획|단계|방법|어떻게|절차|체크리스트", re.IGNORECASE
        ),
    ),
)
PARTICLES = re.compile(
    r"(으로|에서|에게|까지|부터|이나|은|는|이|가|을|를|에|의|로|와|과|도|만|해줘|해주세요|하는|하고|인가요|입니다)$"
)
LONG_PARTS = 60


@dataclass(frozen=True)
class Question:
    """What an answer is made from. `turn` counts from 1; `before` is the previous question."""

    text: str
    turn: int = 1
    before: str = ""
    system: str = ""
    attachments: tuple[str, ...] = ()

    @property
    def language(self) -> Language:
        """Korean when a good part of the letters is Hangul, or when the system prompt asks for it."""
        if re.search(r"in Korean|한국어로", self.system):
            return "ko"
        hangul, latin = len(HANGUL.findall(self.text)), len(LATIN.findall(self.text))
        return "ko" if hangul * 2 > latin else "en"

    @property
    def kind(self) -> Kind:
        return next((kind for kind, pattern in KINDS if pattern.search(self.text)), "explain")

    @property
    def depth(self) -> int:
        """1 to 3: short questions get short answers."""
        return 1 if len(self.text) < 24 else 2 if len(self.text) < 220 else 3

    @property
    def topic(self) -> str:
        """The first sentence, safe to stand inside Markdown, at most 80 characters."""
        first = SENTENCE.split(self.text.strip(), maxsplit=1)[0]
        plain = re.sub(r"[*_`#<>\[\]|\\]", "", " ".join(first.split())).rstrip("?.!… ")
        return plain if len(plain) <= 80 else plain[:77].rstrip() + "…"

    def pick(self, options: tuple[str, ...], salt: str) -> str:
        """One of `options`, always the same for this question."""
        digest = sha256(f"{salt}\0{self.turn}\0{self.text}".encode("utf-8", "surrogatepass")).digest()
        return options[digest[0] % len(options)]


def answer(question: Question) -> str:
    """The whole answer."""
    echoed = ECHO.search(question.text)
    if echoed and question.depth < 3:
        return echoed.group(1).strip()
    phrases = KOREAN if question.language == "ko" else ENGLISH
    if question.kind in ("greeting", "thanks"):
        return question.pick(phrases.greetings if question.kind == "greeting" else phrases.welcomes, question.kind)
    words = keywords(question.text, phrases)
    parts = [opening(question, phrases), *body(question, phrases, words), closing(question, phrases, words)]
    return "\n\n".join(part for part in parts if part)


def opening(question: Question, phrases: Phrases) -> str:
    topic = question.topic or phrases.nothing
    lines = [question.pick(phrases.openings, "opening").format(topic=topic)]
    if question.turn > 1 and question.before:
        before = Question(question.before).topic
        lines.append(phrases.again.format(turn=question.turn, before=before))
    if question.attachments:
        lines.append(phrases.attached.format(things=", ".join(question.attachments)))
    return " ".join(lines)


def body(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    """The middle: what the kind asks for, more of it the longer the question is."""
    kind, depth = question.kind, question.depth
    parts = []
    if depth > 1:
        parts.append(f"## {phrases.headings[0]}")
    parts.append(question.pick(phrases.paragraphs, "first").format(a=words[0], b=words[1], c=words[2]))
    if depth == 3:
        parts.append(points(question, phrases))
    if kind == "code":
        parts += [f"### {phrases.headings[2]}", code(question, phrases, words)]
    if kind == "steps":
        parts.append(numbered(phrases, words))
    else:
        parts.append(bullets(question, phrases, words))
    if kind == "compare" or depth > 1:
        parts += [f"### {phrases.headings[1]}", table(question, phrases, words)]
    if depth == 3 and kind != "code":
        parts += [f"### {phrases.headings[2]}", code(question, phrases, words)]
    return parts


def closing(question: Question, phrases: Phrases, words: list[str]) -> str:
    last = question.pick(phrases.closings, "closing").format(a=words[0], b=words[1])
    return f"{last}\n\n*{phrases.note}*"


def keywords(text: str, phrases: Phrases) -> list[str]:
    """Three words of the question that may carry its meaning, filled up with plain ones."""
    found: dict[str, None] = {}
    for word in WORD.findall(text[:4_000]):
        bare = PARTICLES.sub("", word) if HANGUL.search(word) else word
        if len(bare) > 1 and bare.lower() not in phrases.stop_words:
            found.setdefault(bare)
    return [*list(found)[:3], *phrases.fillers][:3]


def points(question: Question, phrases: Phrases) -> str:
    """The question's own sentences, each with a remark."""
    sentences = [Question(part).topic for part in SENTENCE.split(question.text) if len(part.strip()) > 8]
    lines = [f"> {one}\n\n{phrases.remarks[index % len(phrases.remarks)]}" for index, one in enumerate(sentences[1:5])]
    return "\n\n".join([phrases.points, *lines]) if lines else ""


def bullets(question: Question, phrases: Phrases, words: list[str]) -> str:
    count = 2 if question.depth == 1 else 3
    start = len(question.text) % len(phrases.advice)
    advice = [phrases.advice[(start + index) % len(phrases.advice)] for index in range(count)]
    return "\n".join(f"- **{word}** – {text}" for word, text in zip(words, advice, strict=False))


def numbered(phrases: Phrases, words: list[str]) -> str:
    steps = [step.format(a=words[0], b=words[1], c=words[2]) for step in phrases.steps]
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def table(question: Question, phrases: Phrases, words: list[str]) -> str:
    first, second, third = phrases.columns
    rows = [f"| {first} | {second} | {third} |", "|---|---|---:|"]
    for index, word in enumerate(words):
        share = 20 + sha256(f"{word}/{question.text}".encode("utf-8", "surrogatepass")).digest()[0] % 60
        rows.append(f"| {word} | {phrases.judgements[(index + share) % len(phrases.judgements)]} | {share} % |")
    return "\n".join(rows)


def code(question: Question, phrases: Phrases, words: list[str]) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", " ".join(word for word in words if LATIN.search(word)).lower()).strip("_")
    return phrases.code.format(name=name or "steps", topic=question.topic.replace('"', "'"), a=words[0], b=words[1])


def long_answer(question: Question) -> str:
    """Thousands of tokens: the answer, then part after part about its words."""
    phrases = KOREAN if question.language == "ko" else ENGLISH
    words = keywords(question.text, phrases)
    parts = [answer(question)]
    for number in range(1, LONG_PARTS + 1):
        one = Question(question.text, turn=number)
        turned = words[number % 3 :] + words[: number % 3]
        paragraphs = [text.format(a=turned[0], b=turned[1], c=turned[2]) for text in phrases.paragraphs]
        parts.append(f"## {phrases.part.format(number=number)}: {turned[0]}")
        parts += [one.pick(tuple(paragraphs), "long"), bullets(one, phrases, turned)]
    return "\n\n".join(parts)
