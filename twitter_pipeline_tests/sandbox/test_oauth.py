"""Who may speak: signatures made by oauthlib, and what is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from twitter_pipeline_tests.sandbox.client import Account, data, message
from twitter_pipeline_tests.sandbox.conftest import Running


def _me(maker: Account, **changed: Any) -> requests.Response:
    return requests.get(f"{maker.url}/2/users/me", auth=maker.auth(**changed), timeout=10)


def _reason(response: requests.Response) -> str:
    assert response.status_code == 401
    assert response.json() == {"title": "Unauthorized", "detail": "Unauthorized", "type": "about:blank", "status": 401}
    return response.headers["x-sandbox-reason"]


def test_an_account_is_made_on_its_first_valid_request(x: Running) -> None:
    maker = x.account("firsttimer")
    assert _me(maker).json()["data"]["username"] == "firsttimer"
    assert maker.id == maker.id


@pytest.mark.parametrize("wrong", ["client_secret", "resource_owner_secret"])
def test_a_wrong_secret_is_refused(maker: Account, wrong: str) -> None:
    assert "signature does not match" in _reason(_me(maker, **{wrong: "guess"}))


def test_an_unknown_key_and_token_are_refused(maker: Account) -> None:
    assert "unknown API key" in _reason(_me(maker, client_key="other"))
    assert "unknown access token" in _reason(_me(maker, resource_owner_key="other"))


def test_a_request_without_a_signature_is_refused(maker: Account) -> None:
    assert "no OAuth" in _reason(requests.get(f"{maker.url}/2/users/me", timeout=10))
    bearer = {"authorization": "Bearer abc"}
    assert "no OAuth" in _reason(requests.get(f"{maker.url}/2/users/me", headers=bearer, timeout=10))


@pytest.mark.parametrize("header", ["OAuth", "OAuth oauth_nonce", 'OAuth oauth_nonce="1', 'OAuth a="1",a="2"'])
def test_a_broken_header_is_refused(maker: Account, header: str) -> None:
    answer = requests.get(f"{maker.url}/2/users/me", headers={"authorization": header}, timeout=10)
    assert answer.status_code == 401


def test_a_plaintext_signature_is_refused(maker: Account) -> None:
    assert "HMAC-SHA1" in _reason(_me(maker, signature_method="PLAINTEXT"))


@pytest.mark.parametrize("offset", [-301, 310])  # the second may turn meanwhile
def test_a_stale_timestamp_is_refused(maker: Account, offset: int) -> None:
    assert "check the clock" in _reason(_me(maker, timestamp=str(int(time.time()) + offset)))
    assert "not a number" in _reason(_me(maker, timestamp="now"))


def test_a_nonce_serves_once(maker: Account) -> None:
    once = {"nonce": "abc", "timestamp": str(int(time.time()))}
    assert _me(maker, **once).status_code == 200
    assert "used before" in _reason(_me(maker, **once))


def test_a_forged_request_does_not_burn_the_nonce(maker: Account) -> None:
    once = {"nonce": "burnt", "timestamp": str(int(time.time()))}
    assert _me(maker, **once, client_secret="guess").status_code == 401
    assert _me(maker, **once).status_code == 200


def _signed_for(maker: Account, method: str, url: str) -> dict[str, str]:
    prepared = requests.Request(method, url, auth=maker.auth()).prepare()
    return {"authorization": str(prepared.headers["authorization"].decode())}


def test_a_signature_for_another_url_method_or_query_is_refused(maker: Account) -> None:
    url = f"{maker.url}/2/users/me"
    for method, other in (("GET", f"{maker.url}/2/tweets/1"), ("POST", url), ("GET", f"{url}?user.fields=id")):
        headers = _signed_for(maker, method, other)
        assert "signature does not match" in _reason(requests.get(url, headers=headers, timeout=10))


def test_encoded_and_empty_parameters_are_signed_as_sent(maker: Account) -> None:
    # Refused for its name, so the signature over the odd characters was found right.
    answer = maker.get("/2/users/me", **{"ключ é+&=/~*": "значение %20 ", "empty": ""})
    assert "is not one of" in message(answer)


def test_a_revoked_account_is_refused_until_it_is_allowed_again(x: Running, maker: Account) -> None:
    assert x.control("POST", f"accounts/{maker.username}", {"revoked": True}).json()["revoked"] is True
    assert "revoked" in _reason(_me(maker))
    x.control("POST", f"accounts/{maker.username}", {"revoked": False})
    assert _me(maker).status_code == 200


def test_a_read_only_app_may_read_but_not_write(x: Running, maker: Account) -> None:
    x.control("POST", f"accounts/{maker.username}", {"read_only": True})
    assert _me(maker).status_code == 200
    refused = maker.tweet("no permission")
    assert "oauth1 app permissions" in message(refused, 403)
    assert refused.json()["type"].endswith("/oauth1-permissions")
    assert maker.initialize(10, "tweet_image", "image/png").status_code == 403
    x.control("POST", f"accounts/{maker.username}", {"read_only": False})
    data(maker.tweet("no permission"))
