"""Where webhooks may go: nowhere inside, however the address is written."""

from __future__ import annotations

import pytest

from laneway.tasks.addresses import Forbidden, Guard, is_public, target_of

INSIDE = [
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST.",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:0:0:0:0:80ff:fffe]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
]


@pytest.mark.parametrize("host", INSIDE)
def test_no_spelling_of_an_inner_address_is_let_through(host: str) -> None:
    with pytest.raises(Forbidden):
        Guard().addresses(target_of(f"http://{host}/latest/meta-data"))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_public_hosts_are_reached_on_the_usual_ports_only() -> None:
    assert Guard().addresses(target_of("https://93.184.215.14/")) == ["93.184.215.14"]
    with pytest.raises(Forbidden, match="port 6379"):
        Guard().addresses(target_of("http://93.184.215.14:6379/"))


def test_the_operator_may_name_hosts_and_ports() -> None:
    guard = Guard([" localhost ", "127.0.0.1:9300", "", "[::1]:9301"])
    assert "127.0.0.1" in guard.addresses(target_of("http://localhost/x"))
    assert guard.addresses(target_of("http://127.0.0.1:9300/")) == ["127.0.0.1"]
    assert guard.addresses(target_of("http://[::1]:9301/")) == ["::1"]
    for url in (
        "http://localhost:9300/",
        "http://127.0.0.1/",
        "http://127.0.0.1:9301/",
        "http://127.1:9300/",
    ):
        with pytest.raises(Forbidden):
            guard.addresses(target_of(url))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "example.com",
        "http://",
        "http:///path",
        "http://user:secret@example.com/",
        "http://example.com@127.0.0.1/",
        "http://example.com:99999/",
        "http://example.com/a b",
        "http://example.com/\r\nX: y",
        "http://example.com\\@127.0.0.1/",
        "http://例子.com/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|[Pp]ort"):
        target_of(url)


def test_a_target_tells_its_host_header_and_request_path() -> None:
    target = target_of("https://Example.com:8443/hook/%20?a=1#part")
    assert (target.scheme, target.host, target.port, target.path) == (
        "https",
        "example.com",
        8443,
        "/hook/%20?a=1",
    )
    assert target.name == "example.com:8443"
    assert target_of("http://example.com").name == "example.com"
    assert target_of("http://[::1]").name == "[::1]"
