"""The section `alerts` of config.yaml, and that its addresses are held for secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from twitter_pipeline.config import ConfigError, load
from twitter_pipeline.config.secrecy import secrets_of


def loaded(folder: Path, alerts: str) -> object:
    path = folder / "config.yaml"
    path.write_text(f"alerts:\n{alerts}", encoding="utf-8")
    return load(path, environ={"SECRET": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"}).alerts


@pytest.mark.parametrize(
    "wrong",
    [
        "  urls: [s3cretWithoutScheme]\n",
        "  mail: smtp://ann:s3cret@example.com\n",
        "  mail: mailtos://ann:s3cret@example.com?to=bob@example.com\n",
        "  quiet_hours: 22-7\n",
        "  quiet_hours: 24:00-07:00\n",
        "  digest: 9\n",
        "  all_is_well: friyay\n",
        "  time_zone: Mars/Olympus\n",
        "  disk_free_percent: 101\n",
    ],
)
def test_a_mistake_is_told_with_its_place_and_without_the_secret(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, wrong)
    assert str(raised.value).startswith(f"{tmp_path}/config.yaml:2:")
    assert "s3cret" not in str(raised.value)


def test_an_address_shows_in_no_repr(tmp_path: Path) -> None:
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in repr(loaded(tmp_path, "  urls: ['${SECRET}']\n"))


@pytest.mark.parametrize(
    ("url", "secret", "plain"),
    [
        ("mailtos://ann:p%40ss-w0rd@smtp.example.com?to=bo123456@example.com", "p@ss-w0rd", "bo123456@example.com"),
        ("tgram://123456789:AbCdEf-gHiJ_kl/42", "123456789:AbCdEf-gHiJ_kl", "42-"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkc", "A1BRTD4JD", "slack"),
        ("jsons://hooks.example2.com/s3cret-path?key=k3y12345", "k3y12345", "hooks.example2.com"),
        ("ntfys://t0ken-of-ann@ntfy.example.com/cats", "t0ken-of-ann", "ntfy.example.com"),
    ],
)
def test_every_part_that_may_be_a_token_is_a_secret_and_whom_it_is_for_is_none(
    tmp_path: Path, url: str, secret: str, plain: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"alerts:\n  urls: ['{url}']\n", encoding="utf-8")
    secrets = secrets_of(load(path, environ={}), {})
    assert {secret, url} <= secrets
    assert plain not in secrets
