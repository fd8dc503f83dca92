"""Which ID tokens are believed: one kind, and none of many that differ in one point."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from console.azure.errors import SignInRefused, Unavailable
from console.azure.id_tokens import Expected, SigningKeys, person_of, validate_app_token, validate_id_token
from tests.azure.fake_entra import CLIENT, KEY, OID, OTHER_KEY, TENANT, jwk

ISSUER = f"https://login.example/{TENANT}/v2.0"
EXPECTED = Expected(ISSUER, CLIENT, TENANT, "n")
KEYS = json.dumps({"keys": [jwk(KEY, "k1", issuer="https://login.example/{tenantid}/v2.0")]}).encode()
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": ISSUER, "aud": CLIENT, "tid": TENANT, "oid": OID, "ver": "2.0", "nonce": "n",
        "iat": now, "nbf": now, "exp": now + 3600,
    }  # fmt: skip
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def sign(payload: object = None, *, key: Any = KEY, algorithm: str = "RS256", **header: Any) -> str:
    headers = {"kid": "k1", **header}
    return jwt.encode(claims() if payload is None else payload, key, algorithm=algorithm, headers=headers)  # type: ignore[arg-type]


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def hand_made(header: object, payload: object, signature: bytes = b"x") -> str:
    return f"{part(header)}.{part(payload)}.{part(signature)}"


def hs256_with_the_public_key() -> str:
    import hmac

    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(claims())}"
    return f"{signed}.{part(hmac.digest(PUBLIC_PEM, signed.encode(), 'sha256'))}"


def signed_by_hand(payload: bytes) -> str:
    """A good signature over a payload that PyJWT would not write."""
    return jwt.PyJWS().encode(payload, KEY, algorithm="RS256", headers={"kid": "k1", "typ": "JWT"})


def validate(token: object, expected: Expected = EXPECTED) -> dict[str, object]:
    return validate_id_token(token, keys=SigningKeys(lambda: KEYS), expected=expected)


def ago(seconds: int) -> int:
    return int(time.time()) - seconds


def test_a_good_token_is_believed() -> None:
    assert validate(sign())["oid"] == OID


def test_a_good_token_of_a_silent_refresh_needs_no_nonce() -> None:
    assert validate(sign(claims(nonce=...)), Expected(ISSUER, CLIENT, TENANT))["oid"] == OID


@pytest.mark.parametrize(("skew"), [-115, 115])
def test_clocks_may_differ_by_two_minutes(skew: int) -> None:
    assert validate(sign(claims(iat=ago(skew), nbf=ago(skew), exp=ago(-max(1, 60 - skew) + 60))))


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "alg none": (lambda: hand_made({"alg": "none", "kid": "k1"}, claims(), b""), "id-token-invalid"),
    "alg None in capitals": (lambda: hand_made({"alg": "NONE", "kid": "k1"}, claims()), "id-token-invalid"),
    "HS256 with the public key": (hs256_with_the_public_key, "id-token-invalid"),
    "RS512": (lambda: sign(algorithm="RS512"), "id-token-invalid"),
    "PS256": (lambda: sign(algorithm="PS256"), "id-token-invalid"),
    "another key, same kid": (lambda: sign(key=OTHER_KEY), "id-token-invalid"),
    "unknown kid": (lambda: sign(kid="k9"), "id-token-invalid"),
    "no kid": (lambda: hand_made({"alg": "RS256"}, claims()), "id-token-invalid"),
    "kid that is a list": (lambda: hand_made({"alg": "RS256", "kid": ["k1"]}, claims()), "id-token-invalid"),
    "kid of 10 KB": (lambda: sign(kid="k" * 10_000), "id-token-invalid"),
    "own key in the header": (lambda: sign(key=OTHER_KEY, jwk=jwk(OTHER_KEY, "k1")), "id-token-invalid"),
    "jku in the header": (lambda: sign(key=OTHER_KEY, jku="https://evil.example/keys"), "id-token-invalid"),
    "critical extension": (lambda: sign(crit=["exp"]), "id-token-invalid"),
    "wrong issuer": (lambda: sign(claims(iss="https://evil.example/v2.0")), "id-token-invalid"),
    "v1.0 issuer": (lambda: sign(claims(iss=f"https://sts.windows.net/{TENANT}/")), "id-token-invalid"),
    "issuer with a slash more": (lambda: sign(claims(iss=ISSUER + "/")), "id-token-invalid"),
    "issuer list": (lambda: signed_by_hand(json.dumps(claims(iss=[ISSUER])).encode()), "id-token-invalid"),
    "no issuer": (lambda: sign(claims(iss=...)), "id-token-invalid"),
    "wrong audience": (lambda: sign(claims(aud="another-app")), "id-token-invalid"),
    "access token for ARM": (lambda: sign(claims(aud="https://management.azure.com")), "id-token-invalid"),
    "audience list": (lambda: sign(claims(aud=[CLIENT])), "id-token-invalid"),
    "two audiences": (lambda: sign(claims(aud=[CLIENT, "another-app"])), "id-token-invalid"),
    "no audience": (lambda: sign(claims(aud=...)), "id-token-invalid"),
    "wrong tenant": (lambda: sign(claims(tid=OID)), "wrong-tenant"),
    "no tenant": (lambda: sign(claims(tid=...)), "wrong-tenant"),
    "another organisation's": (lambda: sign(claims(tid=OID, iss=ISSUER.replace(TENANT, OID))), "wrong-tenant"),
    "v1 token": (lambda: sign(claims(ver="1.0")), "id-token-invalid"),
    "no version": (lambda: sign(claims(ver=...)), "id-token-invalid"),
    "expired a day ago": (lambda: sign(claims(exp=ago(86_400))), "id-token-expired"),
    "expired 125 s ago": (lambda: sign(claims(exp=ago(125))), "id-token-expired"),
    "valid from tomorrow": (lambda: sign(claims(nbf=ago(-86_400))), "clock-skew"),
    "valid in 125 s": (lambda: sign(claims(nbf=ago(-125))), "clock-skew"),
    "issued tomorrow": (lambda: sign(claims(iat=ago(-86_400))), "clock-skew"),
    "no expiry": (lambda: sign(claims(exp=...)), "id-token-invalid"),
    "expiry in words": (lambda: sign(claims(exp="tomorrow")), "id-token-invalid"),
    "no object ID": (lambda: sign(claims(oid=...)), "id-token-invalid"),
    "object ID that is none": (lambda: sign(claims(oid="../admin")), "id-token-invalid"),
    "object ID number": (lambda: sign(claims(oid=7)), "id-token-invalid"),
    "wrong nonce": (lambda: sign(claims(nonce="another")), "nonce-mismatch"),
    "no nonce": (lambda: sign(claims(nonce=...)), "nonce-mismatch"),
    "nonce with a surrogate": (lambda: signed_by_hand(json.dumps(claims(nonce="\ud800")).encode()), "nonce-mismatch"),
    "huge": (lambda: sign(claims(groups=["g" * 100_000])), "id-token-invalid"),
    "no signature": (lambda: sign().rpartition(".")[0] + ".", "id-token-invalid"),
    "two parts": (lambda: sign().rpartition(".")[0], "id-token-invalid"),
    "four parts": (lambda: sign() + ".x", "id-token-invalid"),
    "payload that is not JSON": (lambda: signed_by_hand(b"\xff\xfe"), "id-token-invalid"),
    "payload that is a list": (lambda: signed_by_hand(b"[1]"), "id-token-invalid"),
    "payload changed": (
        lambda: ".".join((sign().split(".")[0], part(claims(roles=["Admin"])), sign().split(".")[2])),
        "id-token-invalid",
    ),
    "nested beyond reason": (lambda: signed_by_hand(b'{"a":' + b"[" * 200 + b"]" * 200 + b"}"), "id-token-invalid"),
    "empty": (lambda: "", "id-token-invalid"),
    "nothing": (lambda: None, "id-token-invalid"),
    "bytes": (lambda: sign().encode(), "id-token-invalid"),
    "no JWT at all": (lambda: "hello", "id-token-invalid"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused(name: str) -> None:
    make, kind = BAD[name]
    with pytest.raises(SignInRefused) as refused:
        validate(make())
    assert refused.value.kind == kind
    assert "evil" not in str(refused.value)


def weak_key() -> dict[str, Any]:
    return jwk(generate_private_key(public_exponent=65537, key_size=1024), "k1")  # noqa: S505  weak on purpose


@pytest.mark.parametrize(
    "entry",
    [
        {**jwk(KEY, "k1"), "use": "enc"},
        {**jwk(KEY, "k1"), "kty": "oct", "k": "AAAA"},
        {**jwk(KEY, "k1"), "alg": "RS512"},
        {**jwk(KEY, "k1"), "kid": 7},
        {**jwk(KEY, "k1"), "n": "!!"},
        {**jwk(KEY, "k1"), "d": "AQAB"},
        {**jwk(KEY, "k1"), "issuer": "https://login.example/another/v2.0"},
        weak_key(),
        "not an object",
    ],
)
def test_a_key_that_may_not_sign_is_not_used(entry: object) -> None:
    keys = SigningKeys(lambda: json.dumps({"keys": [entry]}).encode())
    with pytest.raises(SignInRefused):
        validate_id_token(sign(), keys=keys, expected=EXPECTED)


def test_a_key_need_not_say_what_it_is_for() -> None:
    entry = {name: value for name, value in jwk(KEY, "k1").items() if name != "use"}
    keys = SigningKeys(lambda: json.dumps({"keys": [entry]}).encode())
    assert validate_id_token(sign(), keys=keys, expected=EXPECTED)["oid"] == OID


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b'{"keys": {}}', b'{"keys": null}'])
def test_a_key_document_that_is_none_gives_no_key(document: bytes) -> None:
    keys = SigningKeys(lambda: document)
    with pytest.raises(SignInRefused):
        validate_id_token(sign(), keys=keys, expected=EXPECTED)


class Counting:
    """A key document that counts how often it is read; `away` makes reading fail."""

    def __init__(self) -> None:
        self.reads, self.away, self.now = 0, False, 1000.0
        self.document = KEYS

    def __call__(self) -> bytes:
        self.reads += 1
        time.sleep(0.01)
        if self.away:
            raise Unavailable("away", kind="entra-unavailable")
        return self.document

    def keys(self) -> SigningKeys:
        return SigningKeys(self, clock=lambda: self.now)


def test_a_storm_of_unknown_keys_reads_three_times_a_minute() -> None:
    source = Counting()
    keys = source.keys()
    assert keys.find("k1") is not None
    for second in range(180):
        source.now = 1000.0 + second
        assert keys.find(f"made-up-{second}") is None
    assert source.reads == 1 + 3 * 3


def test_rolled_keys_are_found_at_once() -> None:
    source = Counting()
    keys = source.keys()
    assert keys.find("k1")
    assert keys.find("made-up") is None
    for kid in ("k2", "k3", "k4", "k5"):
        source.now += 0.1
        source.document = json.dumps({"keys": [jwk(KEY, kid)]}).encode()
        assert keys.find(kid)


def test_a_new_key_under_an_old_name_is_found_at_once() -> None:
    source = Counting()
    keys = source.keys()
    assert validate_id_token(sign(), keys=keys, expected=EXPECTED)
    for key in (OTHER_KEY, KEY, OTHER_KEY, KEY, OTHER_KEY):
        source.document = json.dumps({"keys": [jwk(key, "k1")]}).encode()
        assert validate_id_token(sign(key=key), keys=keys, expected=EXPECTED)["oid"] == OID
    assert source.reads == 6
    with pytest.raises(SignInRefused):
        validate_id_token(sign(), keys=keys, expected=EXPECTED)


def test_a_storm_of_wrong_signatures_reads_three_times_a_minute() -> None:
    source = Counting()
    keys = source.keys()
    for second in range(120):
        source.now = 1000.0 + second
        with pytest.raises(SignInRefused):
            validate_id_token(sign(key=OTHER_KEY), keys=keys, expected=EXPECTED)
    assert source.reads == 1 + 2 * 3
    assert validate_id_token(sign(), keys=keys, expected=EXPECTED)


def test_a_wrong_signature_stays_one_while_the_keys_cannot_be_read() -> None:
    source = Counting()
    keys = source.keys()
    assert keys.find("k1")
    source.away = True
    with pytest.raises(SignInRefused):
        validate_id_token(sign(key=OTHER_KEY), keys=keys, expected=EXPECTED)
    assert validate_id_token(sign(), keys=keys, expected=EXPECTED)


def test_threads_that_need_the_keys_at_once_read_them_once() -> None:
    source = Counting()
    keys = source.keys()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("k1"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), source.reads) == (20, 1)
    assert all(found)


def test_old_keys_serve_while_new_ones_cannot_be_read() -> None:
    source = Counting()
    keys = source.keys()
    assert keys.find("k1")
    source.away, source.now = True, 1000.0 + 25 * 3600
    assert keys.find("k1")
    assert source.reads == 2
    source.now += 61
    with pytest.raises(Unavailable):
        keys.find("k2")


def test_without_any_key_the_next_try_need_not_wait_a_minute() -> None:
    source = Counting()
    keys = source.keys()
    source.away = True
    with pytest.raises(Unavailable):
        keys.find("k1")
    source.away, source.now = False, source.now + 3
    assert keys.find("k1")


def test_claims_make_a_person() -> None:
    person = person_of(claims(roles=["Admin", 7, "", "Viewer"], name="A\x00da", email="a@b.c", hasgroups=True))
    assert (person.roles, person.name, person.email, person.groups_overage) == (
        ("Admin", "Viewer"), "A\ufffdda", "a@b.c", True,
    )  # fmt: skip


@pytest.mark.parametrize("roles", [None, "Admin", {"Admin": 1}, 7])
def test_roles_that_are_no_list_are_no_roles(roles: object) -> None:
    assert person_of(claims(roles=roles)).roles == ()


def test_three_hundred_roles_and_groups_overage_are_read() -> None:
    person = person_of(claims(roles=[f"r{n}" for n in range(300)], _claim_names={"groups": "src1"}))
    assert len(person.roles) == 300
    assert person.groups_overage


# ---- Tokens of applications --------------------------------------------------------------------------------

APP = "aaaaaaaa-0000-4000-8000-00000000000a"


def app_claims(**changes: Any) -> dict[str, Any]:
    return claims(**{"nonce": ..., "azp": APP, "azpacr": "1", "sub": OID, **changes})


def app_of(token: object) -> str:
    return validate_app_token(token, keys=SigningKeys(lambda: KEYS), expected=Expected(ISSUER, CLIENT, TENANT))


def test_a_token_of_an_app_itself_names_the_app():
    assert app_of(sign(app_claims(azp=APP.upper()))) == APP
    assert app_of(sign(app_claims(idtyp="app"))) == APP


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "api://other"},
        {"iss": "https://login.example/other/v2.0"},
        {"tid": "11111111-2222-4333-8444-555555555555"},
        {"ver": "1.0"},
        {"exp": int(time.time()) - 3600},
        {"azp": ...},
        {"azp": "no-guid"},
        {"scp": "user_impersonation"},
        {"idtyp": "user"},
        {"sub": "pairwise"},
        {"oid": ...},
    ],
)
def test_an_app_token_that_differs_in_one_point_is_none(changes):
    with pytest.raises(SignInRefused):
        app_of(sign(app_claims(**changes)))


@pytest.mark.parametrize("token", [None, "", "a.b.c", "x" * 70_000])
def test_what_is_no_token_is_no_app_token(token):
    with pytest.raises(SignInRefused):
        app_of(token)


def test_a_persons_id_token_and_a_strangers_signature_are_no_app():
    with pytest.raises(SignInRefused):
        app_of(sign(claims(sub="pairwise")))
    with pytest.raises(SignInRefused):
        app_of(sign(app_claims(), key=OTHER_KEY))
