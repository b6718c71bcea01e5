"""Which secrets a process knows, and every form in which it does not say them."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import hypothesis.strategies as st
import pytest
from hypothesis import given

from twitter_pipeline.config import load, secrecy
from twitter_pipeline.config.secrecy import (
    BLOT,
    is_distinct,
    keep,
    redacted,
    redacted_for_log,
    secrets_of,
    shows_secret,
)

#: Letters as keys and passwords have them, and those that each way of writing treats in its own way.
SECRETS = st.text("aZ09+/=%&<>\"'\\ äß🗝", min_size=8, max_size=60).filter(is_distinct)


@pytest.fixture(autouse=True)
def _knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrecy, "_kept", frozenset())
    monkeypatch.setattr(secrecy, "_forms", ())


@given(SECRETS, st.binary(max_size=5), st.binary(max_size=5))
def test_no_way_of_writing_a_secret_gets_through(secret: str, before: bytes, after: bytes) -> None:
    keep([secret])
    raw = secret.encode()
    for written in (
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        quote(quote(secret, safe=""), safe=""),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        repr(secret),
        html.escape(secret),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        base64.b64encode(before + raw + after).decode(),
    ):
        said = redacted(f"the server says: {written}!")
        assert BLOT in said
        assert not shows_secret(said)
        assert secret not in said


@given(st.text(max_size=200))
def test_what_holds_no_secret_is_left_as_it_is(text: str) -> None:
    keep(["k3y-of-somebody"])
    assert redacted(text) == text


@pytest.mark.parametrize("word", ["postgres", "twitter_pipeline", "a1", "12345678", "", "hunter2"])
def test_a_password_that_is_a_word_does_not_spoil_what_is_said(word: str) -> None:
    keep([word])
    assert redacted(f"starting {word} now") == f"starting {word} now"


def test_in_a_log_the_password_of_any_address_is_left_out() -> None:
    said = redacted_for_log("cannot connect to postgresql+psycopg2://me:postgres@db/one, nor https://x.example/a@b:c")
    assert said == f"cannot connect to postgresql+psycopg2://me:{BLOT}@db/one, nor https://x.example/a@b:c"


def test_what_was_replaced_stays_secret() -> None:
    keep(["the-0ld-token"])
    keep(["the-n3w-token"])
    assert redacted("the-0ld-token the-n3w-token") == f"{BLOT} {BLOT}"


def test_the_secrets_of_a_configuration_are_its_keys_and_passwords_and_those_of_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "mode: live\ndatabase_url: postgresql://me:wo%2Frd@db/one\naccounts:\n  - {name: a, api_key: k1, api_secret:"
        " '${TWO}', access_token: k3, access_token_secret: k4}\ngemini: {api_key: k5}\n"
    )
    environ = {"TWO": "k2", "TWITTER_PIPELINE_KEY": "new, old", "HTTPS_PROXY": "http://me:pr@proxy:80"}
    found = secrets_of(load(path, environ=environ), environ)
    assert found == {"k1", "k2", "k3", "k4", "k5", "wo%2Frd", "wo/rd", "new", "old", "pr"}


def test_a_configuration_that_was_read_is_not_said(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("gemini: {api_key: '${KEY}'}\n")
    load(path, environ={"KEY": "AIza-of-s0mebody"})
    assert redacted("refused: AIza-of-s0mebody") == f"refused: {BLOT}"
