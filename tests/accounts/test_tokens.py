"""The person's token cache: sealed, bound to its person, and safe with two writers."""

from __future__ import annotations

import json
from itertools import count
from threading import Barrier, Thread

import pytest
from django.db import connection

from console.accounts import tokens
from console.accounts.models import TokenCache
from console.azure.errors import SignInNeeded, Unreachable
from console.azure.shapes import SilentToken
from console.web import vault
from tests.accounts.entra import refusal
from tests.factories import ada, ben

SCOPE = "https://ai.azure.com/.default"
CACHE = json.dumps({"RefreshToken": "sentinel-refresh-token"})


def opened(user) -> str:
    return vault.open_sealed(bytes(TokenCache.objects.get(user=user).sealed), bound_to=tokens.bound_to(user))


@pytest.mark.django_db
class TestOnePerson:
    def test_a_token_comes_from_the_stored_cache(self, entra):
        user = ada()
        tokens.store(user, CACHE, "home")
        assert tokens.token_for(user, SCOPE) == "sentinel-access-token"
        assert entra.asked == [{"cache": CACHE, "account": "home", "scope": SCOPE, "claims": None, "force": False}]

    def test_the_cache_is_sealed(self, entra):
        tokens.store(ada(), CACHE, "home")
        assert b"sentinel" not in bytes(TokenCache.objects.get().sealed)

    def test_a_changed_cache_is_written_back(self, entra):
        user = ada()
        tokens.store(user, CACHE, "home")
        entra.silently = lambda cache: SilentToken("token", 0.0, "changed")
        tokens.token_for(user, SCOPE)
        assert opened(user) == "changed"
        assert TokenCache.objects.get().version == 1

    def test_who_loses_the_race_goes_on_from_what_the_winner_wrote(self, entra):
        user = ada()
        tokens.store(user, CACHE, "home")

        def silently(cache: str) -> SilentToken:
            if cache == CACHE:
                tokens.store(user, "the winner's", "home")
                return SilentToken("loser", 0.0, "the loser's")
            return SilentToken("after", 0.0, None)

        entra.silently = silently
        assert tokens.token_for(user, SCOPE) == "after"
        assert opened(user) == "the winner's"

    def test_a_race_that_never_ends_still_gives_a_token(self, entra):
        user = ada()
        tokens.store(user, CACHE, "home")

        def silently(cache: str) -> SilentToken:
            tokens.store(user, cache + "x", "home")
            return SilentToken("token", 0.0, "mine")

        entra.silently = silently
        assert tokens.token_for(user, SCOPE) == "token"
        assert len(entra.asked) == tokens.TRIES

    def test_without_a_stored_sign_in_one_is_needed(self, entra):
        with pytest.raises(SignInNeeded) as needed:
            tokens.token_for(ada(), SCOPE)
        assert needed.value.kind == "sign-in-needed"
        assert not entra.asked

    @pytest.mark.parametrize("place", [0, 5, 12, 20, -1])
    def test_a_damaged_row_needs_a_sign_in_and_is_no_fault(self, entra, place):
        user = ada()
        tokens.store(user, CACHE, "home")
        row = TokenCache.objects.get()
        damaged = bytearray(bytes(row.sealed))
        damaged[place] ^= 1
        TokenCache.objects.update(sealed=bytes(damaged))
        with pytest.raises(SignInNeeded):
            tokens.token_for(user, SCOPE)

    def test_a_cache_copied_from_another_person_does_not_open(self, entra):
        user, thief = ada(), ben()
        tokens.store(user, CACHE, "home")
        tokens.store(thief, "{}", "home")
        TokenCache.objects.filter(user=thief).update(sealed=TokenCache.objects.get(user=user).sealed)
        with pytest.raises(SignInNeeded):
            tokens.token_for(thief, SCOPE)

    @pytest.mark.parametrize(
        ("kind", "claims", "remembered"),
        [
            ("consent-missing", None, (SCOPE, "")),
            ("interaction-required", None, (SCOPE, "")),
            ("sign-in-over", None, ("", "")),
            ("claims-challenge", '{"a":1}', (SCOPE, '{"a":1}')),
        ],
    )
    def test_what_only_a_sign_in_can_bring_is_remembered(self, entra, kind, claims, remembered):
        user = ada()
        tokens.store(user, CACHE, "home")
        entra.fault = refusal(kind)
        with pytest.raises(SignInNeeded):
            tokens.token_for(user, SCOPE, claims=claims)
        row = TokenCache.objects.get()
        assert (row.wanted_scope, row.challenge) == remembered
        tokens.store(user, CACHE, "home")
        row.refresh_from_db()
        assert (row.wanted_scope, row.challenge) == ("", "")

    def test_entra_away_is_no_reason_to_sign_in(self, entra):
        user = ada()
        tokens.store(user, CACHE, "home")
        entra.fault = Unreachable("connect", kind="entra-unreachable")
        with pytest.raises(Unreachable):
            tokens.token_for(user, SCOPE)
        assert TokenCache.objects.get().wanted_scope == ""

    def test_no_secret_is_in_a_repr(self, entra):
        user = ada()
        tokens.store(user, CACHE, "home")
        assert "sentinel" not in repr(tokens.read(user))


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_once_both_get_a_token_and_the_cache_stays_whole(entra):
    user = ada()
    tokens.store(user, CACHE, "home")
    together = Barrier(2, timeout=10)
    calls = count()

    def silently(cache: str) -> SilentToken:
        if next(calls) < 2:  # both have read the same cache
            together.wait()
        return SilentToken("token", 0.0, cache + "+")

    got = []

    def use() -> None:
        try:
            got.append(tokens.token_for(user, SCOPE))
        finally:
            connection.close()

    entra.silently = silently
    threads = [Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["token", "token"]
    assert opened(user) == CACHE + "++"
