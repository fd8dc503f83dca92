"""The middle of an answer, for each kind of question: summary, letter, comparison, steps, code, explanation."""

from __future__ import annotations

import re

from console.sandbox.phrases import Phrases
from console.sandbox.question import LATIN, Question

MOST_POINTS = 6
TICKS = "```"
LANGUAGES = (("sql", r"\bsql\b|쿼리"), ("javascript", r"javascript|typescript"), ("bash", r"\bbash\b|shell|셸"))


def heading(phrases: Phrases, name: str, level: int) -> str:
    return f"{'#' * level} {phrases.headings[name]}"


def explanation(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    """Paragraph and questions; a table and the person's own points when more was asked."""
    depth = question.depth
    if depth == 1:
        return [paragraph(question, phrases, words), bullets(question, phrases, words[:2])]
    parts = [heading(phrases, "short", 2), paragraph(question, phrases, words)]
    if depth == 3:
        parts += points(question, phrases)
    parts += [heading(phrases, "ask", 3), bullets(question, phrases, words)]
    parts += [heading(phrases, "table", 3), table(question, phrases, words)]
    if depth == 3:
        parts += [heading(phrases, "code", 3), fenced("python", phrases.python, question, words)]
    return parts


def paragraph(question: Question, phrases: Phrases, words: list[str]) -> str:
    return question.pick(phrases.paragraphs, "paragraph").format(a=words[0], b=words[1], c=words[2])


def bullets(question: Question, phrases: Phrases, words: list[str]) -> str:
    """A question worth asking about each word: always sensible, whatever the word."""
    start = len(question.text) + question.turn
    asked = [phrases.asking[(start + index) % len(phrases.asking)] for index in range(len(words))]
    return "\n".join(f"- **{word}** – {text}" for word, text in zip(words, asked, strict=True))


def table(question: Question, phrases: Phrases, words: list[str]) -> str:
    rows = ["| {} | {} | {} |".format(*phrases.columns), "|---|---|---:|"]
    start = len(question.text)
    for index, word in enumerate(words):
        check = phrases.checks[(start + index) % len(phrases.checks)]
        rows.append(f"| {word} | {check} | {share(question, word)} % |")
    return "\n".join(rows)


def share(question: Question, word: str) -> str:
    """A figure from 20 to 79 that belongs to this word of this question."""
    return question.pick(tuple(str(number) for number in range(20, 80)), word)


def points(question: Question, phrases: Phrases) -> list[str]:
    """The person's own sentences, each with a remark."""
    sentences = question.sentences[:4]
    remarks = [phrases.remarks[index % len(phrases.remarks)] for index in range(len(sentences))]
    quoted = [f"> {one}\n\n{remark}" for one, remark in zip(sentences, remarks, strict=True)]
    return [phrases.points, *quoted] if quoted else []


def summary(question: Question, phrases: Phrases) -> list[str]:
    """What a summary can honestly be here: the sentences themselves, the first one above the others."""
    sentences = question.sentences
    if len(sentences) < 2:
        return []
    listed = "\n".join(f"- {one}" for one in sentences[1:MOST_POINTS])
    left = len(sentences) - MOST_POINTS
    more = [phrases.more.format(count=left)] if left > 0 else []
    lead = [phrases.summary_lead, heading(phrases, "short", 2), f"**{sentences[0]}**"]
    return [*lead, heading(phrases, "points", 3), listed, *more]


def letter(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    lead = phrases.letter_lead.format(topic=question.topic)
    draft = phrases.letter.format(a=words[0], b=words[1]).strip()
    return [lead, heading(phrases, "draft", 2), draft, phrases.letter_hint]


def comparison(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    """Two things side by side, and a choice."""
    first, second = question.options or (words[0], words[1])
    rows = [f"| {phrases.columns[0]} | {first} | {second} |", "|---|---|---|"]
    for name, levels in phrases.criteria:
        rows.append(f"| {name} | {question.pick(levels, name + '1')} | {question.pick(levels, name + '2')} |")
    chosen, other = (first, second) if question.pick(("1", "2"), "choice") == "1" else (second, first)
    verdict = question.pick(phrases.verdicts, "verdict").format(chosen=chosen, other=other)
    asking = bullets(question, phrases, [first, second])
    return [heading(phrases, "compare", 2), "\n".join(rows), heading(phrases, "ask", 3), asking, verdict]


def steps(phrases: Phrases) -> list[str]:
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(phrases.steps, 1))
    return [heading(phrases, "steps", 2), listed]


def programme(question: Question, phrases: Phrases, words: list[str]) -> list[str]:
    """Code in the language that was named, and how to read it."""
    text = question.text.lower()
    language = next((name for name, pattern in LANGUAGES if re.search(pattern, text)), "python")
    code = {"sql": phrases.sql, "javascript": phrases.javascript, "bash": phrases.bash}.get(language, phrases.python)
    parts = [fenced(language, code, question, words), heading(phrases, "notes", 3)]
    return [heading(phrases, "code", 2), *parts, "\n".join(f"- {line}" for line in phrases.code_notes)]


def fenced(language: str, code: str, question: Question, words: list[str]) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", " ".join(word for word in words if LATIN.match(word)).lower()).strip("_")
    topic = question.topic.replace('"', "'")
    filled = code.format(name=name[:40] or "count_outcomes", topic=topic, a=words[0], b=words[1])
    return f"{TICKS}{language}\n{filled.strip()}\n{TICKS}"
