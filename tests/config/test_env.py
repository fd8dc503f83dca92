"""Typed readers: what is malformed stops the start with the variable's name and an example, and tells no value."""

from __future__ import annotations

import pytest

from console.config.env import BadSetting, Environment, is_loopback


def read(value: str | None, name: str = "X") -> Environment:
    return Environment({} if value is None else {name: value})


def fault(act) -> BadSetting:
    with pytest.raises(BadSetting) as stopped:
        act()
    return stopped.value


@pytest.mark.parametrize(("value", "found"), [(None, "d"), ("", "d"), ("  ", "d"), (" a b ", "a b"), ("한글", "한글")])
def test_text_is_trimmed_and_empty_means_the_default(value, found):
    assert read(value).text("X", "d") == found


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\tb", "a\x00b", "a\x1bb"])
def test_text_with_control_characters_stops_the_start(value):
    assert fault(lambda: read(value).text("X")).name == "X"


@pytest.mark.parametrize(("value", "found"), [(None, 7), ("", 7), ("1", 1), ("10", 10), (" 5 ", 5), ("007", 7)])
def test_a_number_in_its_bounds(value, found):
    assert read(value).number("X", 7, least=1, most=10) == found


@pytest.mark.parametrize("value", ["0", "11", "-1", "+1", "1.0", "1e3", "one", "1_0", "٣", "²", "9" * 40, "1 0", "0x1"])
def test_anything_else_is_no_number(value):
    stopped = fault(lambda: read(value).number("X", 7, least=1, most=10))
    assert "must be a whole number from 1 to 10" in str(stopped)
    assert str(stopped).endswith("Example: X=7")


@pytest.mark.parametrize(
    ("value", "found"), [(None, []), ("", []), ("a", ["a"]), (" a , b,,c ", ["a", "b", "c"]), (",,", [])]
)
def test_a_list_has_no_empty_parts(value, found):
    assert read(value).names_list("X", "a,b") == found


@pytest.mark.parametrize("value", ["a b", '"a"', "a;b", "https://a.example/", "a,b c", "é"])
def test_a_list_of_anything_but_names_stops_the_start(value):
    assert str(fault(lambda: read(value).names_list("X", "a,b"))).endswith("Example: X=a,b")


@pytest.mark.parametrize(
    "value",
    [
        "https://management.azure.com",
        "https://management.azure.com/",
        "https://host.example:8443/some/path",
        "http://localhost:9400/arm",
        "http://127.0.0.1:9400",
        "http://127.8.9.10",
        "http://[::1]:9400",
        "http://contoso.localhost:9400",
    ],
)
def test_an_endpoint_is_https_or_on_this_machine(value):
    assert read(value).endpoint("X", "https://example.com") == value.rstrip("/")


@pytest.mark.parametrize(
    "value",
    [
        "http://management.azure.com",
        "http://localhost.evil.example",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[::2]",
        "http://127.0.0.1.evil.example",
        "http://0x7f000001",
        "http://2130706433",
        "ftp://localhost",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "management.azure.com",
        "//management.azure.com",
        "https://",
        "https:///path",
        "https://user@host.example",
        "https://user:password@host.example",
        "https://host.example?query=1",
        "https://host.example#fragment",
        "https://host.example:99999",
        "https://host.example:port",
        "https://[::1",
        "https://host.example/{tenant}",
        "https://{resource}.example",
        "https://host.example/{}",
        "https://*",
        "https://*.example",
        "https://.example",
        "https://a..example",
        "https://host.example.",
    ],
)
def test_any_other_endpoint_stops_the_start(value):
    stopped = fault(lambda: read(value).endpoint("X", "https://example.com"))
    assert str(stopped).startswith("X: ")
    assert str(stopped).endswith("Example: X=https://example.com")


@pytest.mark.parametrize(
    "value",
    [
        "https://{resource}.services.ai.azure.com",
        "http://127.0.0.1:9400/foundry/{resource}",
        "http://{resource}.localhost:9400",
    ],
)
def test_a_placeholder_may_stand_in_host_or_path(value):
    assert read(value).endpoint("X", "https://example.com", placeholder="resource") == value


@pytest.mark.parametrize(
    "value", ["https://{tenant}.example", "https://{resource}.example/{other}", "http://{resource}.example"]
)
def test_another_placeholder_or_a_plain_host_behind_one_is_refused(value):
    fault(lambda: read(value).endpoint("X", "https://example.com", placeholder="resource"))


def test_a_secret_comes_from_its_file(tmp_path):
    kept = tmp_path / "secret"
    kept.write_text("  s3cret\n", encoding="utf-8")
    assert Environment({"X_FILE": str(kept), "X": "other"}).secret("X") == "s3cret"
    assert Environment({"X": " s3cret "}).secret("X") == "s3cret"
    assert Environment({}).secret("X") == ""


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_secret_file_that_cannot_be_read_stops_the_start(tmp_path, content):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    stopped = fault(lambda: Environment({"API_KEY_FILE": str(path)}).secret("API_KEY"))
    assert stopped.name == "API_KEY_FILE"
    assert "API_KEY_FILE=/run/secrets/api_key" in str(stopped)


@pytest.mark.parametrize(
    "act",
    [
        lambda e: e.number("X", 1),
        lambda e: e.endpoint("X", "https://example.com"),
        lambda e: e.text("Y"),
        lambda e: Environment({"X_FILE": "/nowhere/s3cret-value"}).secret("X"),
    ],
)
def test_no_refusal_repeats_the_value(act):
    stopped = fault(lambda: act(Environment({"X": "https://user:s3cret-value@x.example", "Y": "s3cret-value\n2"})))
    assert "s3cret-value" not in str(stopped)
    assert "s3cret-value" not in repr(stopped)


def test_it_remembers_every_name_it_was_asked_for():
    env = Environment({})
    env.text("A")
    env.secret("B")
    env.number("C", 1)
    assert env.names == ["A", "B", "C"]


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.255.255.254", "::1"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.", "xlocalhost", "localhost.com", "::", "0.0.0.0", "::ffff:8.8.8.8"])  # noqa: S104 - a name to be refused
def test_not_this_machine(host):
    assert not is_loopback(host)
