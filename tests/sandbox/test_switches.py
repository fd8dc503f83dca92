"""The sandbox's own door: faults, counters, reset, and who may use it."""

from __future__ import annotations

import ssl
import time
from typing import Any

import httpx
import pytest

from console.sandbox.switches import SWITCHES
from tests.sandbox.test_arm import Arm
from tests.sandbox.test_data_plane import post
from tests.sandbox_process import SandboxProcess


def test_the_state_names_everybody_and_everything(sandbox: SandboxProcess) -> None:
    state = sandbox.state()
    assert {one["username"] for one in state["people"]} > {"ada@contoso.example", "oscar@fabrikam.example"}
    resources = {one["name"]: one for one in state["resources"]}
    assert (len(resources["contoso-foundry"]["keys"]), resources["hanbit-foundry"]["keys"]) == (2, [])
    assert len(state["scenes"]) >= 20
    assert "ENTRA_CLIENT_SECRET" not in state["environment"]


def test_a_fault_borrows_a_scene_for_some_requests(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("fault", match="contoso-foundry/claude-steady", scene="claude-throttled", times=2)
    statuses = [post(sandbox, web).status_code for _ in range(3)]
    assert statuses == [429, 429, 200]
    sandbox.switch("fault", match="claude-steady", scene="claude-throttled")
    assert post(sandbox, web, model="claude-haiku-5-5").status_code == 200


def test_a_fault_ends_by_itself(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("fault", match="claude-steady", status=503, seconds=1, retry_after="2")
    broken = post(sandbox, web)
    assert (broken.status_code, broken.headers["retry-after"]) == (503, "2")
    time.sleep(1.1)
    assert post(sandbox, web).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status"), [({"status": 500}, 500), ({"how": "html", "status": 502}, 502), ({"match": "elsewhere"}, 200)]
)
def test_arm_can_fail(sandbox: SandboxProcess, web: httpx.Client, fault: dict[str, Any], status: int) -> None:
    arm = Arm(sandbox, web)
    sandbox.switch("fault", plane="arm", **{"match": "/subscriptions", **fault})
    assert arm.call("/subscriptions").status_code == status
    sandbox.switch("fault", clear=True)
    assert arm.call("/subscriptions").status_code == 200


def test_the_identity_endpoint_can_fail(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("fault", plane="identity", status=500, times=1)
    assert web.get(f"{sandbox.url}/msi/token").status_code == 500
    assert web.get(f"{sandbox.url}/msi/token").status_code == 401


def test_a_request_can_be_dropped_or_left_hanging(sandbox: SandboxProcess, web: httpx.Client) -> None:
    arm = Arm(sandbox, web)
    sandbox.switch("fault", plane="arm", how="drop", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        arm.call("/subscriptions")
    sandbox.switch("fault", plane="arm", how="hang", times=1)
    with pytest.raises(httpx.ReadTimeout):
        arm.call("/subscriptions", timeout=0.3)
    assert arm.call("/subscriptions").status_code == 200


def test_entra_can_fail(sandbox: SandboxProcess) -> None:
    sandbox.switch("fault", plane="entra", status=503, times=1, match="/token")
    context = ssl.create_default_context(cafile=sandbox.environment["SSL_CERT_FILE"])
    url = f"{sandbox.environment['ENTRA_AUTHORITY']}/oauth2/v2.0/token"
    answers = [httpx.post(url, data={"grant_type": "x"}, verify=context, trust_env=False) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 400]


def test_a_deployment_is_added_and_removed(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("deployment", name="claude-extra", resource="contoso-foundry")
    assert post(sandbox, web, model="claude-extra").status_code == 200
    sandbox.switch("deployment", name="claude-extra", removed=True)
    sandbox.switch("deployment", name="claude-steady", removed=True)
    assert [post(sandbox, web, model=one).status_code for one in ("claude-extra", "claude-steady")] == [404, 404]
    sandbox.reset()
    assert post(sandbox, web).status_code == 200


@pytest.mark.parametrize(
    ("switch", "body"),
    [
        ("speed", {"tokens_per_second": "fast"}),
        ("roles", {"person": "ada", "roles": ["Emperor"]}),
        ("roles", {"person": "nobody", "roles": []}),
        ("revoke", {}),
        ("fault", {"plane": "moon"}),
        ("fault", {"status": 200}),
        ("fault", {"scene": "claude-dances"}),
        ("deployment", {}),
        ("deployment", {"name": "x", "model": "llama"}),
        ("certificate", {"certificate": "not one"}),
        ("scale", {"resources": 10**9}),
        ("token", {"resource": "https://nowhere.example"}),
        ("token-life", {"seconds": True}),
        ("id-token", {"signed_by": "me"}),
        ("nothing", {}),
    ],
)
def test_nonsense_is_refused(sandbox: SandboxProcess, switch: str, body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="error"):
        sandbox.switch(switch, **body)


@pytest.mark.parametrize("name", sorted(SWITCHES))
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_web_page_cannot_turn_a_switch(sandbox: SandboxProcess, web: httpx.Client, name: str, kind: str) -> None:
    answer = web.post(f"{sandbox.url}/_sandbox/{name}", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["", "counters", "requests"])
def test_only_loopback_names_are_answered(sandbox: SandboxProcess, web: httpx.Client, path: str) -> None:
    assert web.get(f"{sandbox.url}/_sandbox/{path}", headers={"Host": "evil.example"}).status_code == 403


def test_counters_count_paths(sandbox: SandboxProcess, web: httpx.Client) -> None:
    Arm(sandbox, web).call("/subscriptions")
    assert sandbox.counters()["paths"] == {"GET /arm/subscriptions": 1}
