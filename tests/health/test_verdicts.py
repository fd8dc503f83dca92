from __future__ import annotations

import pytest

from console.azure.errors import KINDS, AzureError, Forbidden
from console.health import verdicts
from console.health.models import Rung, Verdict
from console.health.words import OWN_CARDS, RUNGS

OWN = {verdicts.SLOW, verdicts.NOT_READY, verdicts.NOT_MADE}
ILL, DEGRADED, UNKNOWN = Verdict.ILL, Verdict.DEGRADED, Verdict.UNKNOWN

# Every kind of failure, with the rung it breaks and the verdict it means.
TABLE: dict[tuple[Rung, Verdict], str] = {
    (Rung.NAME, ILL): "dns connect",
    (Rung.NAME, UNKNOWN): "proxy host-not-allowed",
    (Rung.TLS, ILL): "tls",
    (Rung.AUTH, ILL): """
        bad-key no-key missing-role forbidden expired-token keys-disabled network-rule sign-in-needed bad-token
        wrong-audience wrong-tenant claims-challenge sign-in-refused sign-in-expired sign-in-over sign-in-loop
        state-mismatch nonce-mismatch code-used interaction-required redirect-mismatch not-assigned foreign-account
        conditional-access consent-missing consent-declined app-not-found tenant-not-found client-secret-wrong
        client-secret-expired id-token-invalid id-token-expired clock-skew entra-misconfigured""",
    (Rung.AUTH, UNKNOWN): "identity-missing identity-refused identity-unreachable entra-unavailable entra-unreachable",
    (Rung.DEPLOYMENT, ILL): "deployment-not-found wrong-route retired not-found subscription-not-found",
    (Rung.DEPLOYMENT, UNKNOWN): "not-ready",
    (Rung.DEPLOYMENT, DEGRADED): "not-made",
    (Rung.QUOTA, DEGRADED): "rate-limited",
    (Rung.QUOTA, ILL): "spend-limit quota billing",
    (Rung.ANSWER, DEGRADED): "slow",
    (Rung.ANSWER, ILL): """
        overloaded server-error unavailable backend-authentication gateway-html first-byte-timeout idle-timeout
        total-timeout upstream-timeout reset truncated protocol redirect response-too-large content-encoding
        unexpected-page paging not-offered invalid-request prompt-too-long content-filtered too-large conflict
        wrong-api-version not-registered""",
}
ROWS = [(kind, rung, verdict) for (rung, verdict), kinds in TABLE.items() for kind in kinds.split()]


def test_every_kind_the_client_can_raise_stands_in_the_table():
    assert {kind for kind, _, _ in ROWS} == set(KINDS) | OWN
    assert len(ROWS) == len(KINDS) + len(OWN)


@pytest.mark.parametrize(("kind", "rung", "verdict"), ROWS)
def test_a_failure_breaks_its_rung(kind, rung, verdict):
    assert (verdicts.rung_of(kind), verdicts.verdict_of(kind)) == (rung, verdict)


def test_without_a_failure_no_rung_is_broken():
    assert (verdicts.rung_of(""), verdicts.verdict_of("")) == (None, Verdict.WELL)


def test_a_kind_nobody_knows_is_a_bad_answer():
    assert (verdicts.rung_of("new-kind"), verdicts.verdict_of("new-kind")) == (Rung.ANSWER, Verdict.ILL)


@pytest.mark.parametrize(("latency", "kind"), [(0, ""), (412, ""), (5000, ""), (5001, "slow"), (30_000, "slow")])
def test_a_late_answer_is_slow(latency, kind):
    finding = verdicts.answered(latency, request_id="req_1", apim_request_id="", record_id=None)
    assert (finding.kind, finding.latency_ms, finding.http_status) == (kind, latency, 200)


def test_a_failed_call_keeps_what_azure_told():
    error = Forbidden("no", kind="missing-role", status=401, apim_request_id="apim-1")
    finding = verdicts.failed(error, latency_ms=90)
    assert (finding.kind, finding.http_status, finding.latency_ms) == ("missing-role", 401, 90)
    assert (finding.request_id, finding.apim_request_id, finding.record_id) == ("", "apim-1", None)


def test_a_kind_fits_its_column():
    assert len(verdicts.failed(AzureError(kind="x" * 100)).kind) == 40


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("Succeeded", None),
        ("succeeded", None),
        ("", None),
        ("Creating", "not-ready"),
        ("Accepted", "not-ready"),
        ("Moving", "not-ready"),
        ("Failed", "not-made"),
        ("Canceled", "not-made"),
        ("Disabled", "not-made"),
        ("Deleting", "not-made"),
        ("SomethingNew", "not-made"),
    ],
)
def test_what_azure_does_not_call_ready_is_not_called(state, kind):
    finding = verdicts.before_a_call(state)
    assert (finding.kind if finding else None) == kind


def test_this_rooms_own_kinds_have_cards_and_every_rung_a_word():
    assert set(OWN_CARDS) == OWN
    assert list(RUNGS) == list(Rung)
