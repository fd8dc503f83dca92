"""What was asked, and what can be read off it without understanding it: language, kind, topic, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Language = Literal["en", "ko"]
Kind = Literal["greeting", "thanks", "summary", "letter", "code", "compare", "steps", "explain"]

HANGUL = re.compile(r"[\uac00-\ud7af]")
LATIN = re.compile(r"[A-Za-z]")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{2,}|[\uac00-\ud7af]{2,}")
SENTENCE = re.compile(r"(?<=[.!?。？！])\s+|\n+")
ECHO = re.compile(
    r"\b(?:reply|respond|answer) (?:only )?with (?:only |exactly )?[\"'“]?([^\"'”.\n]{1,60})", re.IGNORECASE
)
KINDS: tuple[tuple[Kind, str], ...] = (
    ("greeting", r"^\W*(hi|hello|hey|good (morning|evening)|안녕|안녕하세요|반가워요?|반갑습니다)\b.{0,14}$"),
    ("thanks", r"^\W*(thanks?|thank you|고마워요?|감사합니다|감사해요)\b.{0,20}$"),
    ("summary", r"\b(summari[sz]e|summary|tl;?dr|key points)\b|요약|핵심만|정리해"),
    ("letter", r"\b(e-?mail|letter|message to|reply to (a|the|my) customer)\b|메일|편지|공지|안내문"),
    (
        "code",
        r"\b(code|python|javascript|typescript|sql|script|regex|function|bash)\b|코드|함수|파이썬|스크립트|쿼리|정규식",
    ),
    ("compare", r"\b(compare|versus|vs|differences?|which is better|pros and cons)\b|비교|차이|장단점|더 나은|나을까"),
    ("steps", r"\b(plan|steps?|how (do i|do we|can|to)|checklist|schedule)\b|계획|단계|방법|절차|체크리스트|일정"),
)
PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in KINDS)
PARTICLES = re.compile(
    r"(에서는|으로는|에게는|으로|에서|에게|까지|부터|에는|이나|인가요|[은는이가을를에의로와과도만])$"
)
VERBS = re.compile(r"(는지|니다|어요|나요|까요|세요|해서|하면|하고|었다|했다|한다|된다|하는|되는|기로|해줘|인지|을까)$")
OPTIONS = (
    re.compile(
        r"\b(?:compare|between)\s+(.{2,40}?)\s+(?:and|with|to|vs\.?|versus)\s+(.{2,40}?)(?=\s+(?:for|in|on)\b|[,.?!\n]|$)",
        re.I,
    ),
    re.compile(r"([\w.+-]{2,30})\s+(?:vs\.?|versus|or)\s+([\w.+-]{2,30})", re.I),
    re.compile(r"([\w.+-]{1,20}?)(?:이랑|랑|와|과|하고)\s+([\w.+-]{1,20}?)(?:을|를|의|이|가|은|는|에|\s|[,.?!]|$)"),
)
READ = 8_000  # characters of a question that are looked at for its words


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
        if re.search(r"in Korean|한국어로", self.system[:READ]):
            return "ko"
        hangul, latin = len(HANGUL.findall(self.text)), len(LATIN.findall(self.text))
        return "ko" if hangul * 2 > latin else "en"

    @property
    def kind(self) -> Kind:
        """By the first sentences: what follows them is usually the material."""
        head = self.text[:400]
        return next((kind for kind, pattern in PATTERNS if pattern.search(head)), "explain")

    @property
    def depth(self) -> int:
        """1 to 3: short questions get short answers. A Korean letter says as much as two Latin ones."""
        size = len(self.text) * (2 if self.language == "ko" else 1)
        return 1 if size < 24 else 2 if size < 220 else 3

    @property
    def topic(self) -> str:
        """The first sentence, safe to stand inside Markdown, at most 80 characters."""
        return plain(SENTENCE.split(self.text[:READ].strip(), maxsplit=1)[0], 80).rstrip("?.!… ")

    @property
    def sentences(self) -> list[str]:
        """The sentences of the material: what comes after the first colon or line, else after the first sentence."""
        head, separator, material = self.text[:READ].partition(":")
        if not separator or len(material.strip()) < 40:
            head, _, material = self.text[:READ].strip().partition("\n")
        if len(material.strip()) < 40:
            material = " ".join(SENTENCE.split(self.text[:READ].strip())[1:])
        return [plain(one, 160) for one in SENTENCE.split(material.strip()) if len(one.strip()) > 8]

    @property
    def options(self) -> tuple[str, str] | None:
        """The two things that a comparison is about, when the question names them plainly."""
        for pattern in OPTIONS:
            found = pattern.search(self.text[:400])
            if found:
                return plain(found.group(1), 40), plain(found.group(2), 40)
        return None

    def keywords(self, stop_words: frozenset[str], fillers: tuple[str, str, str]) -> list[str]:
        """Three words that may carry the question's meaning, filled up with plain ones.

        The first sentence comes first, and in it the longest words: short ones rarely are what a question is about.
        """
        first = SENTENCE.split(self.text[:READ].strip(), maxsplit=1)[0]
        here, everywhere = (
            sorted(telling(text, stop_words), key=len, reverse=True) for text in (first, self.text[:READ])
        )
        chosen = list(dict.fromkeys([*here[:3], *everywhere]))[:3]
        inside = [word for word in telling(self.text[:READ], stop_words) if word in chosen]
        return [*inside, *fillers][:3]

    def pick(self, options: tuple[str, ...], salt: str) -> str:
        """One of `options`, always the same for this question."""
        digest = sha256(f"{salt}\0{self.turn}\0{self.text}".encode("utf-8", "surrogatepass")).digest()
        return options[digest[0] % len(options)]


def telling(text: str, stop_words: frozenset[str]) -> list[str]:
    """The words of `text` in their order, each once, without particles, verbs and stop words."""
    bare = (noun(word) if HANGUL.search(word) else word for word in WORD.findall(text))
    return list(dict.fromkeys(word[:40] for word in bare if word and word.lower() not in stop_words))


def noun(word: str) -> str:
    """A Korean word without its particle; empty for a verb or an adjective."""
    bare = PARTICLES.sub("", word)
    if VERBS.search(word) or (len(bare) < 2 and word.endswith(("은", "는", "을", "를"))):
        return ""
    return bare if len(bare) > 1 else word


def plain(text: str, most: int) -> str:
    """One line without Markdown's or HTML's signs, at most `most` characters."""
    bare = re.sub(r"[*_`#<>\[\]|\\]", "", " ".join(text.split()))
    return bare if len(bare) <= most else bare[: most - 1].rstrip() + "…"
