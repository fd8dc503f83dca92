from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from console.azure.errors import KINDS, Forbidden, Overloaded, Throttled, Truncated
from console.web.cards import CARDS, SECTIONS, SIDES, VARIANTS, WHO, card_of
from console.web.problems import CALLERS, FOUNDRY_USER, Place, catalogue, explain, explain_error, in_words, variants

PRINCIPAL = "8a6f0f5c-1111-4222-8333-444455556666"
SUBSCRIPTION = "00000000-0000-4000-8000-00000000abcd"
OURS = {
    "too-many-messages", "too-many-streams", "console-full", "still-answering", "console-fault", "process-ended",
    "stopped", "truncated", "refusal", "no-column-left", "tokens-spent", "budget-spent", "deployment-closed",
    "attachment-gone", "attachments-too-large", "not-possible-there",
}  # fmt: skip


def test_every_kind_of_the_azure_client_has_a_card():
    assert set(KINDS) - set(CARDS) == set()


def test_our_own_refusals_have_cards():
    assert set(CARDS) >= OURS


def test_every_card_belongs_to_one_section_and_to_a_kind_that_exists():
    assert sum(len(section) for _title, section in SECTIONS) == len(CARDS)
    assert set(CARDS) <= set(KINDS) | OURS


@pytest.mark.parametrize(
    ("slug", "called_as"),
    [
        *((slug, "person") for slug in sorted(CARDS)),
        *((slug, caller) for caller in VARIANTS for slug in VARIANTS[caller]),
    ],
)
def test_a_card_says_cause_and_remedy_and_who(slug, called_as):
    card = card_of(slug, called_as)
    assert 5 < len(str(card.title)) <= 70
    assert str(card.why).endswith(".")
    assert str(card.remedy).endswith(".")
    assert len(f"{card.why} {card.remedy}") <= 420
    assert card.who in WHO
    assert card.side in SIDES


def test_titles_tell_cards_apart():
    assert len({str(card.title) for card in CARDS.values()}) == len(CARDS)


@pytest.mark.parametrize("kind", ["claims-challenge", "bad-token", "expired-token", "sign-in-needed"])
def test_only_a_person_is_told_to_sign_in_again(kind):
    person, console = (explain(kind, status=401, called_as=caller) for caller in ("person", "console"))
    assert "sign" in person.remedy.lower()
    assert "sign" not in console.remedy.lower()
    assert console.who not in (str(WHO["you"]), str(WHO["anyone"]))
    assert (person.slug, console.slug) == (kind, kind)


def test_a_refused_refresh_says_that_the_sign_in_is_over():
    card = explain("sign-in-over", phase="headers", status=400)
    assert "ten minutes" not in f"{card.title} {card.why}"
    assert "Nothing was sent to the model" in card.happened
    assert "Sign in again" in card.remedy


def test_an_unknown_kind_gets_the_general_card():
    problem = explain("something-new", status=418, message="I'm a teapot")
    assert problem.slug == "unknown"
    assert problem.remedy
    assert problem.technical.message == "I'm a teapot"


def test_an_error_keeps_both_ids_and_the_upstream_words():
    error = Throttled("Slow down", status=429, code="429", request_id="req_1", apim_request_id="a-1", retry_after=86400)
    problem = explain_error(error)
    assert (problem.slug, problem.request_id, problem.apim_request_id) == ("rate-limited", "req_1", "a-1")
    assert problem.wait == "24 hours"
    assert (problem.technical.status, problem.technical.code) == (429, "429")
    assert not problem.may_bill_again


@pytest.mark.parametrize(
    ("problem", "again"),
    [
        (explain_error(Truncated("cut", status=200, phase="stream")), True),
        (explain_error(Overloaded("", status=529)), False),
        (explain_error(Overloaded("", status=200, phase="stream")), True),
        (explain("connect", phase="connect"), False),
        (explain("reset", phase="send"), True),
        (explain("first-byte-timeout", phase="send"), True),
        (explain("server-error", status=500), True),
        (explain("upstream-timeout", status=504), True),
        (explain("upstream-timeout", status=408), True),
        (explain("backend-authentication", status=500), False),
        (explain("unavailable", status=503), False),
        (explain("bad-key", status=401), False),
        (explain("stopped"), True),
        (explain("too-many-messages"), False),
    ],
)
def test_it_warns_where_running_again_may_be_billed_again(problem, again):
    assert problem.may_bill_again is again


@pytest.mark.parametrize(
    ("phase", "status", "words"),
    [
        ("connect", None, "did not leave the console"),
        ("send", None, "no answer came back"),
        ("headers", 500, "HTTP 500"),
        ("stream", 200, "had begun"),
        ("", None, ""),
    ],
)
def test_it_says_how_far_the_call_got(phase, status, words):
    assert words in explain("server-error", phase=phase, status=status).happened


def test_it_calls_no_200_an_error():
    assert explain("unexpected-page", phase="headers", status=200).happened == ""


def test_a_missing_role_names_role_and_wait_and_gives_the_command():
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ai/providers/Microsoft.CognitiveServices/accounts/a"
    error = Forbidden("The principal lacks the required data action", status=401, code="PermissionDenied")
    error.principal = PRINCIPAL
    problem = explain_error(error, place=Place(scope=scope))
    assert "Foundry User" in problem.remedy
    assert "5 minutes" in problem.remedy
    assert problem.az == f"az role assignment create --assignee {PRINCIPAL} --role {FOUNDRY_USER} --scope {scope}"


def test_the_command_finds_principal_in_the_message_and_scope_by_name():
    message = f"The principal `{PRINCIPAL}` lacks the required data action"
    place = Place(resource="contoso-ai", subscription_id=SUBSCRIPTION)
    line = explain("missing-role", message=message, place=place).az
    assert f"--assignee {PRINCIPAL} " in line
    assert "[?name=='contoso-ai'].id" in line


@pytest.mark.parametrize(
    ("principal", "place"),
    [
        ("", Place("contoso-ai", SUBSCRIPTION)),
        ("$(reboot)", Place("contoso-ai", SUBSCRIPTION)),
        (PRINCIPAL, Place()),
        (PRINCIPAL, Place("contoso-ai")),
        (PRINCIPAL, Place("a'; reboot", SUBSCRIPTION)),
        (PRINCIPAL, Place("contoso-ai", "$(reboot)")),
        (PRINCIPAL, Place(scope="/subscriptions/$(reboot)")),
    ],
)
def test_there_is_no_half_or_forged_command(principal, place):
    assert explain("missing-role", principal=principal, place=place).az == ""


def test_other_kinds_have_no_role_command():
    assert explain("bad-key", principal=PRINCIPAL, place=Place("contoso-ai", SUBSCRIPTION)).az == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "1 second"), (60, "60 seconds"), (121, "3 minutes"), (86400, "24 hours"), (604800, "7 days")],
)
def test_waits_are_said_in_one_unit(seconds, words):
    assert in_words(seconds) == words


@pytest.mark.parametrize(("kind", "status"), [("rate-limited", 429), ("overloaded", 529), ("unavailable", 503)])
def test_nobody_who_must_wait_for_long_is_told_to_try_again_soon(kind, status):
    soon, late = (explain(kind, status=status, retry_after=wait) for wait in (30, 86400))
    assert "ry again" in soon.remedy
    assert "ry again" not in late.remedy
    assert late.wait == "24 hours"


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ({"request_id": "req_1", "apim_request_id": "a-1"}, "both ids below"),
        ({"apim_request_id": "a-1"}, "the id below"),
        ({}, "no id came"),
    ],
)
def test_support_is_given_the_ids_that_came(ids, words):
    problem = explain("gateway-html", status=502, **ids)
    assert words in problem.who
    assert "both ids" not in f"{problem.remedy} {problem.why}"


def test_a_card_does_not_say_twice_what_another_try_costs():
    for status in (408, 503, 504):
        assert "billed" not in explain("upstream-timeout", status=status).remedy


@pytest.mark.parametrize("wait", [0, -5, None])
def test_no_wait_is_not_mentioned(wait):
    assert explain("rate-limited", retry_after=wait).wait == ""


def test_the_card_shows_everything_and_escapes_what_upstream_said():
    problem = explain(
        "invalid-request",
        status=400,
        message="<script>alert(1)</script>",
        request_id="req_1",
        apim_request_id="apim-1",
    )
    shown = render_to_string("web/_problem.html", {"problem": problem})
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    for part in (problem.title, problem.remedy, problem.who, 'data-copy="req_1"', 'data-copy="apim-1"'):
        assert part in shown


def test_the_catalogue_shows_the_role_command_with_blanks():
    assert catalogue("missing-role").az.endswith(f"--assignee OBJECT_ID --role {FOUNDRY_USER} --scope RESOURCE_ID")
    assert catalogue("bad-key") == explain("bad-key")
    assert "below" not in catalogue("gateway-html").who


def test_the_catalogue_knows_no_other_slugs():
    assert catalogue("something-new") is None
    assert variants("something-new") == []


@pytest.mark.parametrize("slug", ["missing-role", "forbidden"])
def test_whose_role_is_missing_depends_on_who_called(slug):
    person, console, key = (card for _heading, card in variants(slug))
    assert (person.whom, console.whom, key.whom) == ("The person who asked", "The console's own identity", "")
    assert person.az == console.az == catalogue(slug).az != ""
    assert "console's own identity" in console.remedy
    assert "Foundry User" in console.remedy
    assert "sign" not in console.remedy
    assert "role" not in key.remedy
    assert key.az == ""


def test_variants_are_told_where_there_are_any():
    told = {slug: [heading for heading, _card in variants(slug)] for slug in CARDS}
    assert told["bad-key"] == []
    assert told["bad-token"] == ["Called as the person", "Called as the console"]
    assert {slug for slug in told if told[slug]} == {slug for cards in VARIANTS.values() for slug in cards}
    assert set(VARIANTS) <= set(CALLERS)


def test_a_call_by_key_is_told_of_no_role():
    problem = explain("forbidden", status=403, called_as="key", principal=PRINCIPAL, place=Place("a", SUBSCRIPTION))
    assert (problem.az, problem.whom) == ("", "")
    assert "a key" in problem.why
