"""What answers say: in the prompt's language, about the prompt, and the same for the same prompt."""

from __future__ import annotations

import pytest

from console.sandbox import tokenizer
from console.sandbox.answers import Question, answer, long_answer
from console.sandbox.hard_text import HARD_TEXT

ENGLISH = "Compare nuclear and solar energy for a small island, in a table, and say what you would choose."
KOREAN = "작은 섬에 원자력과 태양광 중 무엇이 나은지 표로 비교해 주세요. 비용과 안전을 함께 봐 주세요."
LONG = " ".join(f"Point {number} is about budgets, staffing and delays in the northern office." for number in range(9))


def hangul_share(text: str) -> float:
    letters = [one for one in text if one.isalpha()]
    return sum("가" <= one <= "힣" for one in letters) / len(letters)


@pytest.mark.parametrize(
    ("prompt", "least", "most"), [(KOREAN, 0.8, 1.0), (ENGLISH, 0.0, 0.0), ("안녕하세요", 0.9, 1.0)]
)
def test_an_answer_is_in_the_prompts_language(prompt: str, least: float, most: float) -> None:
    assert least <= hangul_share(answer(Question(prompt))) <= most


def test_a_system_prompt_may_ask_for_korean() -> None:
    assert hangul_share(answer(Question("What is a bridge?", system="Always answer in Korean."))) > 0.5


def test_the_same_prompt_gets_the_same_answer_and_another_one_another() -> None:
    prompts = [ENGLISH, KOREAN, "Why is the sky blue?", "Why is the sea blue?", "Why is the sea green?"]
    assert [answer(Question(one)) for one in prompts] == [answer(Question(one)) for one in prompts]
    assert len({answer(Question(one)) for one in prompts}) == len(prompts)


@pytest.mark.parametrize("prompt", [ENGLISH, KOREAN, LONG])
def test_an_answer_has_headings_a_list_and_a_table(prompt: str) -> None:
    text = answer(Question(prompt))
    assert "\n## " in text
    assert "\n- **" in text
    assert "\n|---|---|" in text


@pytest.mark.parametrize(
    "prompt", ["Write a python function that counts words", "단어를 세는 파이썬 함수를 써 주세요", LONG]
)
def test_code_comes_fenced_and_compiles(prompt: str) -> None:
    fenced = answer(Question(prompt)).partition("```python\n")[2].partition("\n```")[0]
    compile(fenced, "answer", "exec")
    assert fenced.startswith("def ")


def test_it_echoes_the_question_and_its_words() -> None:
    text = answer(Question("How do glaciers shape valleys?"))
    assert "How do glaciers shape valleys" in text
    assert "glaciers" in text
    assert "valleys" in text


def test_longer_questions_get_longer_answers() -> None:
    sizes = [len(answer(Question(one))) for one in ("hi", "Why is it cold?", ENGLISH, LONG)]
    assert sizes == sorted(sizes)
    assert sizes[0] < 60


def test_a_later_turn_remembers_the_one_before() -> None:
    text = answer(Question("And in winter?", turn=3, before="Tell me about tides"))
    assert "turn 3" in text
    assert "Tell me about tides" in text


def test_attachments_are_mentioned() -> None:
    assert "image/png (12 KB)" in answer(Question("What is this?", attachments=("image/png (12 KB)",)))


@pytest.mark.parametrize(("prompt", "reply"), [("Reply with OK", "OK"), ('Please answer only with "pong".', "pong")])
def test_a_wanted_word_is_said(prompt: str, reply: str) -> None:
    assert answer(Question(prompt)) == reply


@pytest.mark.parametrize(
    "prompt",
    ["", " ", "\ud800", "{topic} {0} %s", "`|`|*_[]<b>", "\x00", "a" * 100_000, "?" * 500, "🧑‍🚀" * 50, HARD_TEXT],
)
def test_any_text_gets_an_answer(prompt: str) -> None:
    assert answer(Question(prompt)).strip()
    assert answer(Question("And then?", turn=2, before=prompt)).strip()


def test_a_long_answer_is_about_the_prompt_throughout() -> None:
    text = long_answer(Question("How do glaciers shape valleys?"))
    assert text.count("## Part") == 60
    assert text.count("glaciers") > 60


@pytest.mark.parametrize("text", [ENGLISH, KOREAN, HARD_TEXT, "", "\r\n\t x", "e\u0301👩\u200d👩"])
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokenizer.pieces(text)) == text


@pytest.mark.parametrize(("text", "least", "most"), [("word " * 1000, 1000, 1400), ("가나다라 " * 1000, 2300, 4000)])
def test_counts_are_believable(text: str, least: int, most: int) -> None:
    assert least <= tokenizer.count(text) <= most
    assert 0.5 < len(tokenizer.pieces(text)) / tokenizer.count(text) < 1.5
