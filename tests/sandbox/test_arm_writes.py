"""Deployments are made, changed and deleted; keys are listed and renewed."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.sandbox.test_arm import Arm, account
from tests.sandbox.test_data_plane import post
from tests.sandbox_process import SandboxProcess

PROVIDER_DATA = {"organizationName": "Contoso", "industry": "technology", "countryCode": "US"}


def wanted(**changed: Any) -> dict[str, Any]:
    properties = {
        "model": {"format": "Anthropic", "name": "claude-haiku-5-5", "version": "2"},
        "modelProviderData": PROVIDER_DATA,
        **changed.pop("properties", {}),
    }
    return {"sku": {"name": "GlobalStandard", "capacity": 1}, "properties": properties, **changed}


def path(name: str = "claude-new") -> str:
    return f"{account()}/deployments/{name}"


def state(arm: Arm, name: str = "claude-new") -> str:
    return arm.get(path(name))["properties"]["provisioningState"]


def poll(arm: Arm, answer: httpx.Response) -> str:
    """The operation's last status; it must have been under way first."""
    url = answer.headers["Azure-AsyncOperation"]
    assert arm.get(url)["status"] == "InProgress"
    until = time.monotonic() + 5
    while time.monotonic() < until:
        found = arm.get(url)
        if found["status"] != "InProgress":
            return found["status"]
        time.sleep(0.1)
    pytest.fail("The operation does not end")


@pytest.fixture
def arm(sandbox: SandboxProcess, web: httpx.Client) -> Arm:
    """Ada, who may write; operations take one second."""
    sandbox.switch("operations", seconds=1)
    return Arm(sandbox, web, person="ada")


def test_a_new_deployment_is_created_and_then_answers(arm: Arm, sandbox: SandboxProcess, web: httpx.Client) -> None:
    answer = arm.call(path(), "PUT", json=wanted())
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert state(arm) == "Creating"
    assert post(sandbox, web, model="claude-new").status_code == 404
    assert poll(arm, answer) == "Succeeded"
    assert state(arm) == "Succeeded"
    assert post(sandbox, web, model="claude-new").status_code == 200


def test_a_deployment_can_fail(arm: Arm) -> None:
    assert poll(arm, arm.call(path("claude-fail"), "PUT", json=wanted())) == "Failed"
    assert state(arm, "claude-fail") == "Failed"


def test_an_existing_one_is_changed(arm: Arm) -> None:
    answer = arm.call(path("claude-steady"), "PUT", json=wanted(sku={"name": "DataZoneStandard", "capacity": 7}))
    assert answer.status_code == 200
    assert arm.get(path("claude-steady"))["sku"] == {"name": "DataZoneStandard", "capacity": 7}


def test_only_one_operation_at_a_time(arm: Arm) -> None:
    first = arm.call(path("claude-one"), "PUT", json=wanted())
    second = arm.call(path("claude-two"), "PUT", json=wanted())
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["error"]["code"] == "RequestConflict"
    assert arm.call(path("claude-two")).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (wanted(properties={"modelProviderData": None}), "InvalidModelProviderData"),
        (wanted(properties={"modelProviderData": {"industry": "x"}}), "InvalidModelProviderData"),
        (wanted(properties={"model": {"name": "claude-9"}}), "DeploymentModelNotSupported"),
        (wanted(properties={"model": {"name": "claude-haiku-5-5", "version": "9"}}), "DeploymentModelNotSupported"),
        (wanted(properties={"model": {"name": "claude-opus-4-1"}}), "ServiceModelDeprecated"),
        (wanted(sku={"name": "GlobalStandard", "capacity": 5_000}), "InsufficientQuota"),
        (wanted(sku={"name": "Standard", "capacity": 1}), "InvalidResourceProperties"),
        (wanted(sku={"name": "GlobalStandard", "capacity": 0}), "InvalidResourceProperties"),
        ({}, "DeploymentModelNotSupported"),
    ],
)
def test_what_cannot_be_deployed_is_a_400(arm: Arm, body: dict[str, Any], code: str) -> None:
    answer = arm.call(path(), "PUT", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_body_that_is_no_json_is_a_400(arm: Arm) -> None:
    assert arm.call(path(), "PUT", content=b"{").json()["error"]["code"] == "InvalidRequestContent"


def test_a_deployment_is_deleted(arm: Arm) -> None:
    answer = arm.call(path("claude-short"), "DELETE")
    assert answer.status_code == 202
    assert state(arm, "claude-short") == "Deleting"
    assert poll(arm, answer) == "Succeeded"
    assert arm.call(path("claude-short")).status_code == 404
    assert arm.call(path("claude-short"), "DELETE").status_code == 204


def test_capacity_and_tags_can_be_patched(arm: Arm) -> None:
    answer = arm.call(path("claude-steady"), "PATCH", json={"sku": {"capacity": 9}, "tags": {"a": "b"}})
    assert (answer.json()["sku"]["capacity"], answer.json()["tags"]) == (9, {"a": "b"})


@pytest.mark.parametrize(
    ("method", "below"), [("PUT", "/deployments/x"), ("DELETE", "/deployments/x"), ("POST", "/listKeys")]
)
@pytest.mark.parametrize("who", [{"person": "ben"}, {}])
def test_a_reader_may_not_write(
    sandbox: SandboxProcess, web: httpx.Client, method: str, below: str, who: dict[str, str]
) -> None:
    answer = Arm(sandbox, web, **who).call(account() + below, method, json=wanted())
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")


def test_keys_open_the_data_plane_until_renewed(arm: Arm, sandbox: SandboxProcess, web: httpx.Client) -> None:
    old = arm.call(f"{account()}/listKeys", "POST").json()
    assert [old["key1"], old["key2"]] == sandbox.keys()
    new = arm.call(f"{account()}/regenerateKey", "POST", json={"keyName": "Key1"}).json()
    assert (new["key1"] != old["key1"], new["key2"]) == (True, old["key2"])
    version = {"anthropic-version": "2026-10-21"}
    statuses = [
        post(sandbox, web, headers={"api-key": key, **version}).status_code for key in (old["key1"], new["key1"])
    ]
    assert statuses == [401, 200]


def test_a_wrong_key_name_is_refused(arm: Arm) -> None:
    assert arm.call(f"{account()}/regenerateKey", "POST", json={"keyName": "Key9"}).status_code == 400


def test_keys_that_are_disabled_cannot_be_listed(arm: Arm) -> None:
    answer = arm.call(f"{account('hanbit-foundry', 'rg-hanbit-ai')}/listKeys", "POST")
    assert answer.status_code == 400
    assert "key1" not in answer.text


def test_a_wrong_method_is_405(arm: Arm) -> None:
    assert arm.call(f"{account()}/listKeys").status_code == 405
