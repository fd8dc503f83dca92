"""Thinking blocks: what is thought, and the signature that tells whether a block came back unaltered."""

from __future__ import annotations

import base64
import hashlib
import hmac

SEAL_KEY = b"sandbox thinking"  # guards nothing; it only tells an altered block from an unaltered one
OMITTED = "omitted"


def signature_of(text: str) -> str:
    """Looks like Anthropic's: base64 that starts with EqQB. Binds to the text, so that a changed one is noticed."""
    body = b"\x12\xa4\x01" + hashlib.sha512(text.encode("utf-8", "surrogatepass")).digest()
    seal = hmac.new(SEAL_KEY, body, hashlib.sha256).digest()
    return "EqQB" + base64.b64encode(body + seal).decode()


def is_authentic(text: str, signature: str) -> bool:
    """True for a block of ours whose text is unchanged, or was left out from the start."""
    try:
        raw = base64.b64decode(signature.removeprefix("EqQB"), validate=True)
    except ValueError:
        return False
    body, seal = raw[:-32], raw[-32:]
    if not hmac.compare_digest(seal, hmac.new(SEAL_KEY, body, hashlib.sha256).digest()):
        return False
    return not text or hmac.compare_digest(signature_of(text), signature)


def thoughts(question: str, language: str, topic: str) -> str:
    """What the model seems to think about a question, in its language."""
    size = len(question)
    if language == "ko":
        return (
            f"질문은 “{topic}”에 관한 것이다. 글자 수는 {size}자. "
            "먼저 무엇을 정말 알고 싶은지 확인하고, 핵심부터 답한 뒤 근거를 붙이는 것이 좋겠다. "
            "표로 정리하면 비교하기 쉽고, 마지막에는 바로 해볼 수 있는 다음 단계를 적자."
        )
    return (
        f"The question is about “{topic}”, in {size} characters. "
        "First I should work out what the person really wants to know, answer that, and only then give reasons. "
        "A small table makes the comparison easy to read; I will end with a next step that can be tried today."
    )
