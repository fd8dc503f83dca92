"""The text of an answer: Markdown in the prompt's language, echoing the prompt, the same for the same prompt."""

from __future__ import annotations

from console.sandbox import passages
from console.sandbox.phrases import ENGLISH, KOREAN, Phrases
from console.sandbox.question import ECHO, Question

LONG_PARTS = 60

__all__ = ["Question", "answer", "long_answer", "phrases_for"]


def phrases_for(question: Question) -> Phrases:
    return KOREAN if question.language == "ko" else ENGLISH


def answer(question: Question) -> str:
    """The whole answer: a few words, or what the kind of question asks for."""
    echoed = ECHO.search(question.text)
    if echoed and question.depth < 3:
        return echoed.group(1).strip()
    phrases = phrases_for(question)
    if question.kind in ("greeting", "thanks"):
        return question.pick(phrases.greetings if question.kind == "greeting" else phrases.welcomes, question.kind)
    words = question.keywords(phrases.stop_words, phrases.fillers)
    parts = ready_made(question, phrases, words) or discussion(question, phrases, words)
    return "\n\n".join(part for part in [*parts, f"*{phrases.note}*"] if part)


def ready_made(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    """A summary or a letter stands for itself; nothing when the question is not about one."""
    if question.kind == "summary":
        return passages.summary(question, phrases)
    return passages.letter(question, phrases, words) if question.kind == "letter" else []


def discussion(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    closing = question.pick(phrases.closings, "closing").format(a=words[0], b=words[1])
    return [opening(question, phrases), *body(question, phrases, words), closing]


def opening(question: Question, phrases: Phrases) -> str:
    lines = [question.pick(phrases.openings, "opening").format(topic=question.topic or phrases.nothing)]
    if question.turn > 1 and question.before:
        before = Question(question.before).topic
        lines.append(phrases.again.format(turn=question.turn, before=before))
    if question.attachments:
        lines.append(phrases.attached.format(things=", ".join(question.attachments)))
    return " ".join(lines)


def body(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    """What this kind of question asks for; an explanation where nothing else fits."""
    match question.kind:
        case "compare":
            return passages.comparison(question, phrases, words)
        case "steps":
            return passages.steps(phrases)
        case "code":
            return passages.programme(question, phrases, words)
        case _:
            return passages.explanation(question, phrases, words)


def long_answer(question: Question) -> str:
    """Thousands of tokens: the answer, then part after part about its words."""
    phrases = phrases_for(question)
    words = question.keywords(phrases.stop_words, phrases.fillers)
    parts = [answer(question)]
    for number in range(1, LONG_PARTS + 1):
        one = Question(question.text, turn=number)
        turned = words[number % 3 :] + words[: number % 3]
        parts.append(f"## {phrases.part.format(number=number)}: {turned[0]}")
        parts += [passages.paragraph(one, phrases, turned), passages.bullets(one, phrases, turned)]
    return "\n\n".join(parts)
