"""HTTP logins by the examples of the RFCs, and by what devices make of them."""

from __future__ import annotations

import hashlib
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


def told(header: str) -> dict[str, str]:
    """The answer's parameters."""
    assert header.startswith("Digest ")
    return {name: bare.strip('"') for name, _, bare in (part.partition("=") for part in header.removeprefix("Digest ").split(", "))}


@pytest.mark.parametrize("qop", ["", "auth", "auth,auth-int", " AUTH "])
def test_a_device_that_names_no_quality_or_this_one_is_answered(qop: str) -> None:
    (offered,) = httpauth.challenges(f'Digest {OLD}, qop="{qop}"')
    answer = told(httpauth.answer(offered, Account("Mufasa", "x"), "GET", "/"))
    assert (answer["qop"], answer["nc"]) == ("auth", "00000001") and len(answer["cnonce"]) == 16


def test_what_the_device_gave_goes_back_to_it_as_it_was() -> None:
    (offered,) = httpauth.challenges(r'Digest realm="phong \"1\"", nonce="n-1", opaque="a\"b\\c", algorithm=MD5')
    header = httpauth.answer(offered, Account("Mufasa", "x"), "GET", "/dir")
    assert r'opaque="a\"b\\c"' in header and r'realm="phong \"1\""' in header
    answer = told(header)
    assert (answer["nonce"], answer["uri"]) == ("n-1", "/dir")
    assert (answer["algorithm"], answer["username"]) == ("MD5", "Mufasa")
    assert not answer.keys() & {"qop", "nc", "cnonce"}
    bare = told(httpauth.answer(httpauth.challenges('Digest realm="r", nonce="n"')[0], Account("u", "x"), "GET", "/"))
    assert bare.keys() == {"username", "realm", "nonce", "uri", "response"}


@pytest.mark.parametrize("qop", [False, True])
def test_a_session_s_answer_names_our_part_of_its_key_even_without_a_quality(qop: bool) -> None:
    """RFC 7616, 3.4.2: A1 of the -sess algorithms has our cnonce in it, so the device must be told it."""
    (offered,) = httpauth.challenges('Digest realm="r", nonce="n", algorithm=MD5-sess' + (', qop="auth"' if qop else ""))
    answer = told(httpauth.answer(offered, Account("u", "p"), "GET", "/"))

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    first, second = md5(md5("u", "r", "p"), "n", answer["cnonce"]), md5("GET", "/")
    expected = md5(first, "n", "00000001", answer["cnonce"], "auth", second) if qop else md5(first, "n", second)
    assert answer["response"] == expected and answer["algorithm"] == "MD5-sess" and ("nc" in answer) == qop


def test_basic_is_the_account_as_it_is() -> None:
    (offered,) = httpauth.challenges('Basic realm="IP Camera"')
    assert httpauth.answer(offered, Account("admin", "mật khẩu:1"), "GET", "/") == "Basic YWRtaW46beG6rXQga2jhuql1OjE="


def test_an_offer_is_the_same_however_often_it_was_answered() -> None:
    """A device that offers it again after an answer has refused the login; one that offers another has not."""
    first, again = (httpauth.challenges(f"Digest {OLD}")[0] for _ in range(2))
    httpauth.answer(first, Account("u", "x"), "GET", "/")
    assert first == again and first.uses == 1 and first != httpauth.challenges('Digest realm="r", nonce="other"')[0]


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
