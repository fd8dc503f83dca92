"""What each way to fail means for the log (reference C.0), and that the card says the same about a second bill."""

from __future__ import annotations

import pytest
from httpx import RemoteProtocolError

from console.azure.connection_faults import connection_error
from console.azure.error_bodies import KIND_BY_STATUS
from console.azure.errors import KINDS, AzureError
from console.requestlog.calls import outcome_of
from console.requestlog.models import Outcome
from console.web.problems import explain_error

FAILED, TRUNCATED, UNKNOWN = Outcome.FAILED, Outcome.TRUNCATED, Outcome.UNKNOWN_BILLING


def error(kind, **facts):
    return KINDS[kind](kind=kind, **facts)


# The error, how its row ends, and whether another try may be billed again.
TABLE = {
    "no connection": (error("connect", phase="connect"), FAILED, False),
    "no TLS": (error("tls", phase="connect"), FAILED, False),
    "a pool that stayed full": (error("reset", phase="connect"), FAILED, False),
    "a reset after the body": (error("reset", phase="send"), UNKNOWN, True),
    "no first byte": (error("first-byte-timeout", phase="send"), UNKNOWN, True),
    "an answer that is not HTTP": (connection_error(RemoteProtocolError("x"), begun=True), UNKNOWN, True),
    "a redirect": (error("redirect", status=302), FAILED, False),
    "200 in a packing we refuse": (error("content-encoding", status=200), UNKNOWN, True),
    "200 with a web page": (error("unexpected-page", status=200), UNKNOWN, True),
    "200 with an error in it": (error("overloaded", status=200), FAILED, True),
    "headers, then the end": (error("truncated", status=200), TRUNCATED, True),
    "silence midway": (error("idle-timeout", status=200, phase="stream"), TRUNCATED, True),
    "an end midway": (error("truncated", status=200, phase="stream"), TRUNCATED, True),
    "an error midway": (error("overloaded", status=200, phase="stream"), FAILED, True),
    "a frame that is none": (error("protocol", status=200, phase="stream"), FAILED, True),
    "Azure cannot sign in to Anthropic": (error("backend-authentication", status=500), FAILED, False),
    **{str(status): (error(KIND_BY_STATUS.get(status, "invalid-request"), status=status), FAILED, False)
       for status in (400, 401, 402, 403, 404, 409, 410, 413, 422, 429, 503, 529)},
    **{str(status): (error(KIND_BY_STATUS.get(status, "server-error"), status=status), UNKNOWN, True)
       for status in (408, 500, 502, 504, 524)},
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_an_ending_and_its_card_agree(name: str) -> None:
    fault, outcome, again = TABLE[name]
    assert isinstance(fault, AzureError)
    assert outcome_of(fault) == outcome
    assert explain_error(fault).may_bill_again is again
