"""Every row of azure-facts 1.8, 2.7 and 3.12, and what proxies and enemies add, to class, kind and ids."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.azure import errors
from console.azure.error_bodies import answer_error
from console.azure.errors import (
    KINDS,
    AzureError,
    Forbidden,
    Missing,
    Overloaded,
    Rejected,
    SignInNeeded,
    Throttled,
    TimedOut,
    Unavailable,
    Unreadable,
)
from console.azure.headers import Circumstances, PrivateHeaders
from console.azure.shapes import CorrelationIds

IDS = {"request-id": "req_1", "apim-request-id": "0f8fad5b-d9cb-469f-a165-70867728950e"}


def error_of(status: int, body: object = None, headers: dict[str, str] | None = None, **sent: str) -> AzureError:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return answer_error(status, raw, Circumstances(httpx.Headers(headers or {}), PrivateHeaders(sent)))


def anthropic(type_: str, message: str = "m", **more: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": type_, "message": message, **more}, "request_id": "req_body"}


def azure(code: str, message: str = "m", **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


BAD_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for"
    " an active subscription and use a correct regional API endpoint for your resource."
)
NO_KEY = (
    "Access denied due to missing subscription key. Make sure to include subscription key when making requests"
    " to an API."
)
NO_ROLE = (
    "The principal `b5cf119e-1111` lacks the required data action "
    "`Microsoft.CognitiveServices/accounts/MaaS/read` to perform `POST /anthropic` operation. For "
    "instructions, see https://aka.ms/FoundryPermissions."
)
NO_ARM_ROLE = (
    "The client 'a@contoso.com' with object id 'b5cf119e-2222' does not have authorization to perform action "
    "'Microsoft.CognitiveServices/accounts/read' over scope '/subscriptions/x' or the scope is invalid."
)
NO_DEPLOYMENT = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
    "minutes, please wait a moment and try again."
)
QUOTA = (
    "Requests to the Messages Operation under Anthropic have exceeded token rate limit of your current "
    "AIServices S0 pricing tier. Please retry after 86400 seconds."
)

TABLE: list[tuple[str, int, object, type[AzureError], str]] = [
    # azure-facts 1.8
    ("bad key", 401, azure("401", BAD_KEY), SignInNeeded, "bad-key"),
    ("no key", 401, azure("401", NO_KEY), SignInNeeded, "no-key"),
    ("no data action", 401, azure("PermissionDenied", NO_ROLE), Forbidden, "missing-role"),
    ("no data action, code lost", 401, azure("401", NO_ROLE), Forbidden, "missing-role"),
    ("no role, as documented", 403, azure("PermissionDenied", NO_ROLE), Forbidden, "missing-role"),
    ("network rule", 403,
     azure("403", "Access denied due to Virtual Network/Firewall rules."), Forbidden, "network-rule"),
    ("private only", 403, azure("403", "Public access is disabled. Use private endpoint."), Forbidden, "network-rule"),
    ("keys disabled", 403,
     azure("AuthenticationTypeDisabled", "Key based authentication is disabled for this resource."),
     Forbidden, "keys-disabled"),
    ("no deployment", 404,
     azure("DeploymentNotFound", NO_DEPLOYMENT, type="invalid_request_error"), Missing, "deployment-not-found"),
    ("no deployment, plain", 404, azure("DeploymentNotFound", NO_DEPLOYMENT), Missing, "deployment-not-found"),
    ("wrong route", 404,
     azure("api_not_supported", "Requested API is currently not supported"), Missing, "wrong-route"),
    ("APIM", 404, {"statusCode": 404, "message": "Resource not found"}, Missing, "wrong-route"),
    ("retired", 410, azure("410", "gone"), Missing, "retired"),
    ("quota", 429, azure("429", QUOTA), Throttled, "rate-limited"),
    ("backend", 500,
     azure("invalid_model_endpoint_authentication", "Failed to authenticate to backend endpoint."),
     Unavailable, "backend-authentication"),
    ("overloaded", 529, anthropic("overloaded_error"), Overloaded, "overloaded"),
    ("expired token", 401, azure("Unauthorized", "The token has expired."), SignInNeeded, "expired-token"),
    ("wrong audience", 401,
     azure("Unauthorized", "Access token is missing, invalid, audience is incorrect (https://ai…), or have expired."),
     SignInNeeded, "wrong-audience"),
    # azure-facts 2.7
    ("400", 400, anthropic("invalid_request_error", "max_tokens: Field required"), Rejected, "invalid-request"),
    ("400 too long", 400,
     anthropic("invalid_request_error", "prompt is too long: 300000 tokens > 200000"), Rejected, "prompt-too-long"),
    ("400 balance", 400, anthropic("invalid_request_error", "Your credit balance is too low"), Rejected, "billing"),
    ("400 spend", 400, anthropic("invalid_request_error", "You have reached your spend limit"), Rejected, "billing"),
    ("400 image", 400,
     anthropic("invalid_request_error", details={"error_code": "image_dimensions_too_large"}), Rejected, "too-large"),
    ("400 filter", 400, azure("content_filter"), Rejected, "content-filtered"),
    ("401", 401, anthropic("authentication_error", "invalid x-api-key"), SignInNeeded, "bad-key"),
    ("401 else", 401, anthropic("authentication_error", "no"), SignInNeeded, "sign-in-needed"),
    ("402", 402, anthropic("billing_error"), Rejected, "billing"),
    ("403", 403, anthropic("permission_error"), Forbidden, "missing-role"),
    ("404", 404, anthropic("not_found_error", "model: claude-x"), Missing, "deployment-not-found"),
    ("404 else", 404, anthropic("not_found_error", "no such file"), Missing, "not-found"),
    ("408", 408, None, TimedOut, "upstream-timeout"),
    ("409", 409, anthropic("conflict_error"), Rejected, "conflict"),
    ("412", 412, None, Rejected, "invalid-request"),
    ("413", 413, anthropic("request_too_large"), Rejected, "too-large"),
    ("413 decoded", 413,
     anthropic("x", details={"error_code": "request_body_too_large_after_decoding"}), Rejected, "too-large"),
    ("418", 418, None, Rejected, "invalid-request"),
    ("422", 422, None, Rejected, "invalid-request"),
    ("429", 429, anthropic("rate_limit_error"), Throttled, "rate-limited"),
    ("429 contract", 429,
     anthropic("rate_limit_error", details={"error_code": "contract_spend_limit_reached"}), Throttled, "spend-limit"),
    ("429 enforced", 429,
     anthropic("rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}), Throttled, "spend-limit"),
    ("429 ramp", 429,
     anthropic("rate_limit_error", details={"error_code": "ramp_limit_exceeded"}), Throttled, "spend-limit"),
    ("500", 500, anthropic("api_error"), Unavailable, "server-error"),
    ("503", 503, None, Unavailable, "unavailable"),
    ("504", 504, anthropic("timeout_error"), TimedOut, "upstream-timeout"),
    ("529 empty", 529, None, Overloaded, "overloaded"),
    ("600", 600, None, Unreadable, "protocol"),
    # azure-facts 3.7, 3.12
    ("ARM expired", 401, azure("ExpiredAuthenticationToken"), SignInNeeded, "expired-token"),
    ("ARM invalid", 401, azure("InvalidAuthenticationToken"), SignInNeeded, "bad-token"),
    ("ARM tenant", 401, azure("InvalidAuthenticationTokenTenant"), SignInNeeded, "wrong-tenant"),
    ("ARM role", 403, azure("AuthorizationFailed", NO_ARM_ROLE, target=None, details=[]), Forbidden, "missing-role"),
    ("ARM subscription", 404, azure("SubscriptionNotFound"), Missing, "subscription-not-found"),
    ("ARM group", 404, azure("ResourceGroupNotFound"), Missing, "not-found"),
    ("ARM resource", 404, azure("ResourceNotFound", "The model deployment 'x' was not found."), Missing, "not-found"),
    ("ARM parent", 404, azure("ParentResourceNotFound"), Missing, "not-found"),
    ("ARM deployment", 404, azure("DeploymentNotFound"), Missing, "deployment-not-found"),
    ("ARM version", 400, azure("InvalidApiVersionParameter"), Rejected, "wrong-api-version"),
    ("ARM provider", 400, azure("NoRegisteredProviderFound"), Rejected, "wrong-api-version"),
    ("ARM provider data", 400, azure("InvalidModelProviderData"), Rejected, "invalid-request"),
    ("ARM quota", 400, azure("InsufficientQuota"), Rejected, "quota"),
    ("ARM conflict", 409, azure("Conflict"), Rejected, "conflict"),
    ("ARM parallel", 409, azure("RequestConflict"), Rejected, "conflict"),
    ("ARM registration", 409, azure("MissingSubscriptionRegistration"), Rejected, "not-registered"),
    ("ARM throttled", 429, azure("TooManyRequests"), Throttled, "rate-limited"),
    ("ARM subscription throttled", 429, azure("SubscriptionRequestsThrottled"), Throttled, "rate-limited"),
    ("ARM timeout", 503, azure("ServerTimeout"), TimedOut, "upstream-timeout"),
    ("ARM unavailable", 503, azure("ServiceUnavailable"), Unavailable, "unavailable"),
    # Front ends, proxies and worse
    ("HTML 502", 502, b"<html><h1>Bad Gateway</h1>", Unavailable, "gateway-html"),
    ("HTML 503", 503, b"\n <!doctype html>", Unavailable, "gateway-html"),
    ("HTML 403", 403, b"<html>Forbidden", Forbidden, "forbidden"),
    ("HTML 404", 404, b"<html>", Missing, "not-found"),
    ("empty 500", 500, b"", Unavailable, "server-error"),
    ("empty 401", 401, b"", SignInNeeded, "sign-in-needed"),
    ("SSE 400", 400,
     b'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"m"}}\n\n',
     Rejected, "invalid-request"),
    ("SSE 529 cut", 529, b'data: {"type":"error","error":{"type":"overloaded_error"}}', Overloaded, "overloaded"),
    ("text 500", 500, b"upstream connect error", Unavailable, "server-error"),
    ("OAuth", 401, {"error": "invalid_token", "error_description": "The token is bad"}, SignInNeeded, "bad-token"),
    ("list", 400, [1], Rejected, "invalid-request"),
    ("error that is a list", 400, {"error": [1]}, Rejected, "invalid-request"),
    ("error of numbers", 400,
     {"error": {"code": 400, "message": 7, "type": [], "details": 3}}, Rejected, "invalid-request"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "error", "kind"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_body_becomes_its_error(status: int, body: object, error: type[AzureError], kind: str) -> None:
    found = error_of(status, body, IDS)
    assert type(found) is error
    assert (found.kind, found.status, found.phase) == (kind, status, "headers")
    assert (found.request_id, found.apim_request_id) == tuple(IDS.values())
    assert KINDS[kind] is error


@pytest.mark.parametrize(
    ("status", "body", "sent", "kind"),
    [
        (401, azure("401", BAD_KEY), "authorization", "bad-token"),
        (401, azure("401", NO_KEY), "authorization", "bad-token"),
        (
            403,
            azure("AuthenticationTypeDisabled", "Key based authentication is disabled."),
            "authorization",
            "bad-token",
        ),
        (401, azure("401", "Invalid API key or audience."), "authorization", "wrong-audience"),
        (401, None, "authorization", "sign-in-needed"),
        (401, azure("401", BAD_KEY), "api-key", "bad-key"),
        (401, None, "api-key", "bad-key"),
    ],
)
def test_what_was_not_sent_is_not_blamed(status: int, body: object, sent: str, kind: str) -> None:
    found = error_of(status, body, **{sent: "Bearer t" if sent == "authorization" else "k"})
    assert (found.kind, type(found)) == (kind, SignInNeeded)


def test_anthropics_id_is_found_in_azures_sentence() -> None:
    words = "Failed to authenticate to backend endpoint. RequestId = req_011CXzD46UiQHMKZvTHe3B8Z"
    body = azure("invalid_model_endpoint_authentication", words)
    found = error_of(500, body, {"apim-request-id": "a-1"})
    assert (found.request_id, found.apim_request_id) == ("req_011CXzD46UiQHMKZvTHe3B8Z", "a-1")
    assert error_of(500, body, {"request-id": "req_1"}).body_request_id == "req_011CXzD46UiQHMKZvTHe3B8Z"
    assert error_of(500, azure("500", f"RequestId = req_{'x' * 200}")).request_id is None


def test_who_and_what_is_missing_is_named() -> None:
    data, arm = (
        error_of(401, azure("PermissionDenied", NO_ROLE)),
        error_of(403, azure("AuthorizationFailed", NO_ARM_ROLE)),
    )
    assert isinstance(data, Forbidden)
    assert isinstance(arm, Forbidden)
    assert (data.principal, data.action) == ("b5cf119e-1111", "Microsoft.CognitiveServices/accounts/MaaS/read")
    assert (arm.principal, arm.action) == ("b5cf119e-2222", "Microsoft.CognitiveServices/accounts/read")


def test_both_families_keep_their_words() -> None:
    first, second = error_of(400, anthropic("invalid_request_error", "bad")), error_of(404, azure("DeploymentNotFound"))
    assert (first.type, first.code, first.message) == ("invalid_request_error", None, "bad")
    assert (second.type, second.code, second.message) == (None, "DeploymentNotFound", "m")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, ("req_body", None, None)),
        ({"request-id": "req_body"}, ("req_body", None, None)),
        ({"request-id": "req_1"}, ("req_1", None, "req_body")),
        ({"apim-request-id": "a-1"}, ("req_body", "a-1", None)),
        ({"request-id": "<script>"}, ("invalid id (8 bytes)", None, "req_body")),
    ],
)
def test_ids_come_from_headers_first(headers: dict[str, str], expected: tuple[str | None, ...]) -> None:
    found = error_of(400, anthropic("x"), headers)
    assert (found.request_id, found.apim_request_id, found.body_request_id) == expected


def test_arms_own_id_is_kept() -> None:
    assert error_of(403, None, {"x-ms-correlation-request-id": "corr-1"}).correlation_id == "corr-1"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([(b"request-id", b"req_1")], "req_1"),
        ([(b"Request-Id", b" req_1 ")], "req_1"),
        ([(b"request-id", b"")], None),
        ([(b"request-id", b"a"), (b"request-id", b"a")], "a"),
        ([(b"request-id", b"b"), (b"request-id", b"a")], "b"),
        ([(b"request-id", b"b, a")], "b"),
        ([(b"request-id", b"<script>"), (b"request-id", b"a")], "a"),
        ([(b"request-id", b"<b>, <script>")], "invalid id (3 bytes)"),
        ([(b"request-id", b"x" * 128)], "x" * 128),
        ([(b"request-id", b"x" * 129)], "invalid id (129 bytes)"),
        ([(b"request-id", b"x" * 10_240)], "invalid id (10240 bytes)"),
        ([(b"request-id", b"<script>alert(1)</script>")], "invalid id (25 bytes)"),
        ([(b"request-id", b"a\rb")], "invalid id (3 bytes)"),
        ([(b"request-id", b"a\x00b")], "invalid id (3 bytes)"),
        ([(b"request-id", b"\xec\x95\x88")], "invalid id (3 bytes)"),
        ([(b"request-id", b"a\xa0")], "invalid id (2 bytes)"),
        ([(b"x-request-id", b"a")], None),
    ],
)
def test_only_an_id_is_taken_for_an_id(pairs: list[tuple[bytes, bytes]], expected: str | None) -> None:
    ids = CorrelationIds.from_headers(pairs)
    assert ids == CorrelationIds(expected, None)
    other = [(b"apim-" + name.lower(), value) for name, value in pairs if name.lower() == b"request-id"]
    assert CorrelationIds.from_headers(other).apim_request_id == expected


def test_what_came_beside_the_first_id_is_not_lost() -> None:
    pairs = [(b"request-id", b"<b>"), (b"request-id", b"req_1, req_2"), (b"apim-request-id", b"a-1, a-1, a-2")]
    ids = CorrelationIds.from_headers(pairs)
    assert (ids.request_id, ids.apim_request_id) == ("req_1", "a-1")
    assert ids.others == ("req_2", "invalid id (3 bytes)", "a-2")
    secret = Circumstances(
        httpx.Headers([("request-id", "req_1"), ("request-id", "k-1")]), PrivateHeaders({"api-key": "k-1"})
    )
    assert secret.ids.others == ("invalid id (5 bytes)",)


def challenge(claims: bytes, error: str = "insufficient_claims") -> dict[str, str]:
    encoded = base64.b64encode(claims).decode()
    return {"www-authenticate": f'Bearer realm="", error="{error}", claims="{encoded}"'}


def test_a_claims_challenge_is_decoded() -> None:
    claims = '{"access_token":{"nbf":{"essential":true, "value":"1604106651"}}}'
    found = error_of(401, azure("InvalidAuthenticationToken"), challenge(claims.encode()))
    assert isinstance(found, SignInNeeded)
    assert (found.kind, found.claims) == ("claims-challenge", claims)


@pytest.mark.parametrize(
    "headers",
    [
        challenge(b"not json"), challenge(b"[1]"), challenge(b"\xff"), challenge(b'{"a":1}', "invalid_token"),
        {"www-authenticate": 'Bearer error="insufficient_claims", claims="!!!"'},
        {"www-authenticate": 'Bearer error="insufficient_claims"'},
        {"www-authenticate": "x" * 100_000},
    ],
)  # fmt: skip
def test_a_challenge_that_is_none_is_a_plain_401(headers: dict[str, str]) -> None:
    found = error_of(401, azure("InvalidAuthenticationToken"), headers)
    assert isinstance(found, SignInNeeded)
    assert (found.kind, found.claims) == ("bad-token", None)


def test_words_are_bounded_and_on_one_line() -> None:
    message = "a\r\nb\x00\x1b[31m\u2028" + "x" * 100_000
    found = error_of(400, anthropic("t" * 10_000, message, code="c\n" * 10_000))
    assert len(found.message) == 2_000
    assert found.message.startswith("a b [31m x")
    assert len(found.type or "") == 200
    assert len(found.code or "") <= 200
    assert "\n" not in str(found)


def secrets_everywhere() -> Iterator[tuple[int, object, dict[str, str]]]:
    secret = "sentinel-key-1"
    yield 401, anthropic("authentication_error", f"invalid x-api-key: {secret}"), {}
    yield 401, azure(secret, secret), {}
    yield 400, {"error": {"type": secret, "code": secret, "message": secret}, "request_id": secret}, {}
    yield 500, secret.encode(), {}
    yield 502, f"<html>{secret}".encode(), {}
    yield 429, None, {"request-id": secret, "apim-request-id": secret, "retry-after": secret}
    yield 403, azure("AuthorizationFailed", f"object id '{secret}' perform action '{secret}'"), {}


@pytest.mark.parametrize(("status", "body", "headers"), list(secrets_everywhere()))
@pytest.mark.parametrize("name", ["api-key", "x-api-key", "authorization"])
def test_a_secret_that_is_echoed_is_not_shown(status: int, body: object, headers: dict[str, str], name: str) -> None:
    secret = "sentinel-key-1"
    found = error_of(status, body, headers, **{name: f"Bearer {secret}" if name == "authorization" else secret})
    assert secret not in f"{found} {found!r} {vars(found)} {found.args}"


def test_headers_to_send_do_not_show_their_values() -> None:
    headers = PrivateHeaders({"api-key": "sentinel"})
    assert "sentinel" not in f"{headers!r} {headers} {Circumstances(sent=headers)!r}"


def tree(root: type[AzureError]) -> Iterator[type[AzureError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


def test_every_error_and_every_kind_used_is_registered() -> None:
    assert set(KINDS.values()) == set(tree(AzureError)) - {AzureError}
    assert all(KINDS[error.kind] is error for error in set(KINDS.values()))
    docs = errors.__doc__ or ""
    assert all(error.__name__ in docs for error in tree(AzureError))


def test_every_kind_that_the_code_names_is_registered() -> None:
    import re
    from pathlib import Path

    source = "\n".join(path.read_text() for path in Path(errors.__file__).parent.glob("*.py"))
    named = set(re.findall(r'kind="([a-z-]+)"', source))
    assert named - set(KINDS) == set()
    unused = {kind for kind in KINDS if source.count(f'"{kind}"') < 2}
    assert unused <= {error.kind for error in KINDS.values()}


def test_a_sentence_is_a_message_and_no_code() -> None:
    error = error_of(502, {"error": "The server is on fire"})
    assert (error.code, error.message) == (None, "The server is on fire")


@given(st.integers(400, 999), st.binary(max_size=200), st.sampled_from(["", "text/html", "text/event-stream"]))
@settings(max_examples=300, deadline=None)
def test_no_body_makes_it_stumble(status: int, body: bytes, content_type: str) -> None:
    found = error_of(status, body, {"content-type": content_type})
    assert type(found) is KINDS[found.kind]
    str(found).encode()


def test_an_error_survives_pickling() -> None:
    import pickle

    found = pickle.loads(pickle.dumps(error_of(404, azure("DeploymentNotFound"), IDS)))  # noqa: S301  our own bytes
    assert (found.kind, found.request_id, found.status, found.message) == ("deployment-not-found", "req_1", 404, "m")
