"""Digest logins of the measurement: the standard's own examples, and what requests would have sent."""

import re
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from requests.auth import HTTPDigestAuth

from province.measure.devices import digest
from province.measure.devices.digest import Digest
from province.measure.devices.errors import Login

URL = "http://127.0.0.1/dir/index.html"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [("MD5", "8ca523f5e9506fed4657c9700eebdbec"), ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")],
)
def test_the_examples_of_rfc_7616(monkeypatch: pytest.MonkeyPatch, algorithm: str, response: str) -> None:
    monkeypatch.setattr(digest.secrets, "token_hex", lambda size: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    challenge = {
        "realm": "http-auth@example.org",
        "qop": "auth, auth-int",
        "algorithm": algorithm,
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    }
    header = Digest(Login("Mufasa", "Circle of Life"), challenge).header("GET", URL)
    assert f'response="{response}"' in header and 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in header


class Camera(BaseAdapter):
    """Refuses with a challenge, then takes any answer and keeps it."""

    def __init__(self, offer: str) -> None:
        super().__init__()
        self.offer, self.headers = offer, list[str]()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        answer = requests.Response()
        answer.request, answer.url, answer.connection = request, request.url or "", self
        answer.status_code = 200 if "Authorization" in request.headers else 401
        answer.headers["www-authenticate"] = self.offer
        if answer.status_code == 200:
            self.headers.append(str(request.headers["Authorization"]))
        return answer

    def close(self) -> None: ...


WORDS = st.text("abcXYZ0123 /:.-éệ", max_size=12)


@given(WORDS, WORDS, WORDS, WORDS, st.sampled_from(["", *digest.ALGORITHMS]), st.sampled_from(["", "auth", "auth,auth-int"]), WORDS)
def test_it_is_what_requests_would_send(user: str, password: str, realm: str, nonce: str, algorithm: str, qop: str, opaque: str) -> None:
    challenge = {"realm": realm, "nonce": nonce, "algorithm": algorithm, "qop": qop, "opaque": opaque}
    challenge = {name: value for name, value in challenge.items() if value or name in ("realm", "nonce")}
    camera = Camera("Digest " + ", ".join(f'{name}="{value}"' for name, value in challenge.items()))
    with requests.Session() as session:
        session.mount("http://", camera)
        session.auth = HTTPDigestAuth(user, password)
        session.get(URL + "?a=1&b=2")
        session.get(URL + "?a=1&b=2")
    ours = Digest(Login(user, password), challenge)
    assert len(camera.headers) == 2
    for theirs in camera.headers:
        own = re.search(r'cnonce="(\w+)"', theirs)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(digest.secrets, "token_hex", lambda size, own=own: own[1] if own else "")
            if algorithm == "MD5-SESS" and not own:
                continue  # theirs hashes a value there that it doesn't send
            assert ours.header("GET", URL + "?a=1&b=2") == theirs
