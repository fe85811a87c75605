"""HTTP logins by the examples of the RFCs, and by what devices make of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contract.devices import Account
from edge_agent.devices import httpauth

OLD = 'realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
NEW = 'realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", qop="auth, auth-int"'
LONG = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("challenge", "password", "own", "response"),
    [
        (f"Digest {OLD}", "Circle Of Life", "", "670fd8c2df070c60b045671b8b24ff02"),
        (f'Digest {OLD}, qop="auth,auth-int"', "Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1"),
        (f"Digest {NEW}, algorithm=MD5", "Circle of Life", LONG, "8ca523f5e9506fed4657c9700eebdbec"),
        (f"Digest {NEW}, algorithm=SHA-256", "Circle of Life", LONG, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
    ids=["RFC 2069", "RFC 2617", "RFC 7616 MD5", "RFC 7616 SHA-256"],
)
def test_the_examples_of_the_rfcs(challenge: str, password: str, own: str, response: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpauth.secrets, "token_hex", lambda n: own)
    offered = httpauth.challenges(challenge)[0]
    header = httpauth.answer(offered, Account("Mufasa", password), "GET", "/dir/index.html")
    assert f'response="{response}"' in header and password not in header
    assert ("nc=00000001" in header) is ("qop" in challenge)
    if "qop" in challenge:
        assert "nc=00000002" in httpauth.answer(offered, Account("Mufasa", password), "GET", "/")


def test_the_devices_order_counts_and_basic_comes_last() -> None:
    first = 'Digest qop="auth", realm="IP Camera(C1)", nonce="a", stale="FALSE", algorithm=SHA-256'
    header = f'Basic realm="x", {first}, Digest realm="r", nonce="b"'
    assert [(c.scheme, c.algorithm, c.nonce) for c in httpauth.challenges(header)] == [
        ("digest", "SHA-256", "a"),
        ("digest", "MD5", "b"),
        ("basic", "MD5", None),
    ]


def test_what_nobody_can_answer_is_left_out() -> None:
    assert httpauth.challenges('Digest realm="x"') == [] and httpauth.challenges('Digest nonce="n", algorithm=SHA-1000') == []
    assert httpauth.challenges('Digest nonce="n", qop="auth-int"') == [] and httpauth.challenges("NTLM") == []


@given(st.text(max_size=200), st.text(max_size=16), st.text(max_size=16))
def test_no_header_breaks_it(header: str, user: str, password: str) -> None:
    for offered in httpauth.challenges(header.encode("utf-8", "surrogatepass").decode("latin-1")):
        account = Account(user.encode("utf-8", "replace").decode(), password.encode("utf-8", "replace").decode())
        assert re.match("Digest|Basic", httpauth.answer(offered, account, "GET", "/"))
