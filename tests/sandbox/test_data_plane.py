"""Who may call what, and the shape of each refusal; headers as they come over the wire."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from console.sandbox.people import EVERYONE, find
from tests.sandbox_process import SandboxProcess

AI, OLD, ARM = "https://ai.azure.com", "https://cognitiveservices.azure.com", "https://management.azure.com"
BODY: dict[str, Any] = {"model": "claude-steady", "max_tokens": 8, "messages": [{"role": "user", "content": "hello"}]}
APIM = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
VERSION = {"anthropic-version": "2026-10-21"}


def post(
    sandbox: SandboxProcess,
    web: httpx.Client,
    *,
    resource: str = "contoso-foundry",
    path: str = "v1/messages",
    headers: dict[str, str] | None = None,
    **changed: Any,
) -> httpx.Response:
    if headers is None:
        headers = {"Authorization": f"Bearer {sandbox.token(AI)}", **VERSION}
    body = {name: value for name, value in {**BODY, **changed}.items() if value is not None}
    return web.post(sandbox.foundry(resource) + path, json=body, headers=headers)


def code(answer: httpx.Response) -> str:
    return answer.json()["error"].get("code", "")


@pytest.mark.parametrize("header", ["api-key", "x-api-key"])
@pytest.mark.parametrize("number", [0, 1])
def test_both_keys_open_the_resource(sandbox: SandboxProcess, web: httpx.Client, header: str, number: int) -> None:
    answer = post(sandbox, web, headers={header: sandbox.keys()[number], **VERSION})
    assert answer.status_code == 200


@pytest.mark.parametrize("audience", [AI, OLD])
def test_both_audiences_are_accepted(sandbox: SandboxProcess, web: httpx.Client, audience: str) -> None:
    answer = post(sandbox, web, headers={"Authorization": f"Bearer {sandbox.token(audience)}", **VERSION})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("resource", "headers", "status", "expected"),
    [
        ("contoso-foundry", {}, 401, "401"),
        ("contoso-foundry", {"api-key": "wrong"}, 401, "401"),
        ("contoso-foundry", {"Authorization": "Bearer nonsense"}, 401, "401"),
        ("hanbit-foundry", {"api-key": "anything"}, 403, "AuthenticationTypeDisabled"),
        ("contoso-private", {"api-key": "anything"}, 403, "403"),
    ],
)
def test_a_stranger_is_refused_in_azures_shape(
    sandbox: SandboxProcess, web: httpx.Client, resource: str, headers: dict[str, str], status: int, expected: str
) -> None:
    answer = post(sandbox, web, resource=resource, headers={**headers, **VERSION})
    assert (answer.status_code, code(answer)) == (status, expected)
    assert APIM.fullmatch(answer.headers["apim-request-id"])
    assert "request-id" not in answer.headers


@pytest.mark.parametrize("who", [{"expires_in": -60}, {"resource": ARM}, {"person": "oscar"}])
def test_a_token_that_is_not_for_here_is_refused(sandbox: SandboxProcess, web: httpx.Client, who: Any) -> None:
    token = sandbox.token(**{"resource": AI, **who})
    answer = post(sandbox, web, headers={"Authorization": f"Bearer {token}", **VERSION})
    assert (answer.status_code, code(answer)) == (401, "401")


@pytest.mark.parametrize("person", ["ben", "dana", "sam", "cy"])
def test_a_missing_role_is_a_401_that_names_the_principal(
    sandbox: SandboxProcess, web: httpx.Client, person: str
) -> None:
    token = sandbox.token(AI, person=person)
    answer = post(sandbox, web, headers={"Authorization": f"Bearer {token}", **VERSION})
    assert (answer.status_code, code(answer)) == (401, "PermissionDenied")
    assert f"`{find(person).oid}`" in answer.json()["error"]["message"]


@pytest.mark.parametrize("person", ["ada", "seoyeon", "minjun"])
def test_a_person_with_the_role_may_call(sandbox: SandboxProcess, web: httpx.Client, person: str) -> None:
    token = sandbox.token(AI, person=person)
    assert post(sandbox, web, headers={"Authorization": f"Bearer {token}", **VERSION}).status_code == 200
    assert sandbox.requests()[-1]["principal"] in EVERYONE


@pytest.mark.parametrize(
    ("model", "status", "expected"),
    [
        ("claude-nowhere", 404, "DeploymentNotFound"),
        ("gpt-5-mini", 404, "api_not_supported"),
        ("embeddings", 404, "api_not_supported"),
        ("claude-missing", 404, "DeploymentNotFound"),
    ],
)
def test_a_deployment_that_cannot_be_called(
    sandbox: SandboxProcess, web: httpx.Client, model: str, status: int, expected: str
) -> None:
    answer = post(sandbox, web, model=model)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert "request-id" not in answer.headers


@pytest.mark.parametrize("name", ["claude-sonnet-5-5-canary", "claude-opus-5-trial"])
def test_an_unfinished_deployment_is_not_found(sandbox: SandboxProcess, web: httpx.Client, name: str) -> None:
    assert code(post(sandbox, web, resource="contoso-dev-foundry", model=name)) == "DeploymentNotFound"


def test_deployment_names_compare_without_case(sandbox: SandboxProcess, web: httpx.Client) -> None:
    assert post(sandbox, web, model="Claude-STEADY").status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [("v1/models", "api_not_supported"), ("v1/messages/batches", "api_not_supported"), ("v1/messages/v1/messages", "")],
)
def test_what_foundry_does_not_have_is_404(
    sandbox: SandboxProcess, web: httpx.Client, path: str, expected: str
) -> None:
    answer = post(sandbox, web, path=path)
    assert answer.status_code == 404
    if expected:
        assert code(answer) == expected
    else:
        assert answer.json() == {"statusCode": 404, "message": "Resource not found"}


def test_success_carries_both_ids_and_no_rate_limits(sandbox: SandboxProcess, web: httpx.Client) -> None:
    headers = post(sandbox, web).headers
    assert APIM.fullmatch(headers["apim-request-id"])
    assert re.fullmatch(r"req_011C[1-9A-HJ-NP-Za-km-z]{20}", headers["request-id"])
    assert headers["x-ms-region"] == "East US 2"
    assert not [name for name in headers if name.startswith("anthropic-ratelimit")]


def test_the_model_answers_400_with_its_id_in_header_and_body(sandbox: SandboxProcess, web: httpx.Client) -> None:
    answer = post(sandbox, web, max_tokens=None)
    assert answer.status_code == 400
    assert answer.json()["request_id"] == answer.headers["request-id"]


def test_a_resource_is_found_by_host_too(sandbox: SandboxProcess, web: httpx.Client) -> None:
    port = sandbox.ports[0]
    headers = {"api-key": sandbox.keys()[0], "Host": f"contoso-foundry.localhost:{port}", **VERSION}
    assert web.post(f"{sandbox.url}/anthropic/v1/messages", json=BODY, headers=headers).status_code == 200


@pytest.mark.parametrize("size", [33 * 1024 * 1024])
def test_a_body_over_32_mb_is_too_large(sandbox: SandboxProcess, web: httpx.Client, size: int) -> None:
    headers = {"api-key": sandbox.keys()[0], **VERSION}
    parts = (b"x" * (1024 * 1024) for _ in range(size // (1024 * 1024)))
    answer = web.post(sandbox.foundry() + "v1/messages", content=parts, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")


def test_a_large_body_below_the_limit_is_read(sandbox: SandboxProcess, web: httpx.Client) -> None:
    text = "word " * 600_000
    answer = post(
        sandbox, web, path="v1/messages/count_tokens", max_tokens=None, messages=[{"role": "user", "content": text}]
    )
    assert 700_000 < answer.json()["input_tokens"] < 800_000


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"model":5}', b"{}"])
def test_a_body_that_is_no_request_is_a_400(sandbox: SandboxProcess, web: httpx.Client, content: bytes) -> None:
    headers = {"api-key": sandbox.keys()[0], **VERSION}
    answer = web.post(sandbox.foundry() + "v1/messages", content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_requests_are_counted_by_deployment_and_status(sandbox: SandboxProcess, web: httpx.Client) -> None:
    post(sandbox, web)
    post(sandbox, web, model="claude-throttled")
    assert sandbox.posts("claude-steady") == 1
    assert sandbox.counters()["deployments"]["contoso-foundry/claude-throttled messages 429"] == 1
    assert [one["deployment"] for one in sandbox.requests()] == ["claude-steady", "claude-throttled"]
