"""What holds for every input, tried on generated ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twitter_pipeline.config import ConfigError, Settings, document, load
from twitter_pipeline.config.duration import LONGEST, format_duration, parse_duration

KEYS = [
    "mode", "data_dir", "database_url", "x", "sandbox", "users", "accounts", "projects", "id", "name", "path", "owner",
    "account", "time_zone", "min_interval", "max_per_day", "sources", "type", "hashtags", "template", "metadata",
    "language", "base_url", "text_limit", "media_profile", "media_profiles", "strict", "video_max_seconds", "api_key",
    "email", "port",
]  # fmt: skip
VALUES = [
    "live", "sandbox", "video", "a", "..", "~nobody/x", "~", "2 h", "1e9", "nan", "inf", "-1", "9" * 5000, "UTC",
    "Europe", "postgresql://[", "http://[::1", "http://h:x", "${A}", "${B:-x}", "$${", "${", "\0", "\ud800", "12:30",
    "no", "#tag",
]  # fmt: skip
PIECES = [
    "a", "projects", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "&a ", "*a", "'", '"', "|", "!x ", "? ", "<<",
    "---\n", "...\n", "%", "#", "\t", "\r", "\u2028", "\ufeff", "é",
]  # fmt: skip
scalars = st.one_of(st.sampled_from(VALUES), st.text(max_size=8), st.none(), st.booleans(), st.integers(), st.floats())
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)),
    max_leaves=20,
)
quick = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def settings_or_error(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        assert isinstance(load(path, environ={"A": "a"}), Settings)
    except ConfigError as refused:
        assert 0 < len(refused.problems) == len(str(refused).splitlines())  # noqa: PT017 - either way is right


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML on libyaml, and PyYAML where there is none."""
    monkeypatch.setattr(document, "_LOADER", getattr(yaml, request.param))


@pytest.mark.usefixtures("loader")
@quick
@given(data=documents)
def test_any_settings_give_settings_or_a_config_error(tmp_path: Path, data: Any) -> None:
    settings_or_error(tmp_path / "config.yaml", yaml.safe_dump(data).encode("utf-8", "surrogatepass"))


@pytest.mark.usefixtures("loader")
@quick
@given(text=st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_gives_settings_or_a_config_error(tmp_path: Path, text: str) -> None:
    settings_or_error(tmp_path / "config.yaml", text.encode())


@quick
@given(content=st.binary(max_size=60))
def test_any_bytes_give_settings_or_a_config_error(tmp_path: Path, content: bytes) -> None:
    settings_or_error(tmp_path / "config.yaml", content)


@given(length=st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_a_length_of_time_is_read_as_it_was_written(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length
    assert parse_duration(format_duration(length).replace(" ", "").upper()) == length


@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.timedeltas(), st.booleans(), st.none(), st.binary()))
def test_anything_is_a_length_of_time_or_a_value_error(value: object) -> None:
    try:
        assert timedelta(0) <= parse_duration(value) <= LONGEST
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90 s", 90), ("30 min", 1800), ("6 h", 21600), ("2 days", 172800), ("1 day", 86400), ("1h30m", 5400),
        ("1 h 30 min", 5400), ("0.5 s", 0.5), ("1.5h", 5400), ("90", 90), (" 4 ", 4), (90, 90), (0.25, 0.25), ("0", 0),
        (timedelta(hours=1), 3600),
    ],
)  # fmt: skip
def test_lengths_of_time_are_read_as_people_write_them(written: object, seconds: float) -> None:
    assert parse_duration(written).total_seconds() == seconds


@pytest.mark.parametrize(
    "written", ["", "min", "5 parsecs", "-5 min", "1h 30", "5 min later", "367 days", "nan", True, None, [5]]
)
def test_what_is_no_length_of_time_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"write it like|between 0 and 366 days"):
        parse_duration(written)
