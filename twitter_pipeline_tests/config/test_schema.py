"""The JSON schema accepts what loading accepts and names what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from twitter_pipeline.config import json_schema

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(json_schema())
    return Draft202012Validator(json_schema())


def test_the_bundled_example_fits_the_schema(validator: Draft202012Validator) -> None:
    validator.validate(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))


def test_a_reference_to_the_environment_may_stand_for_any_value(validator: Draft202012Validator) -> None:
    validator.validate(
        {
            "mode": "${MODE:-sandbox}",
            "sandbox": {"host": "${HOST}", "port": "${PORT}"},
            "x": {"media_profiles": {"big": {"video_max_seconds": "${SECONDS}"}}},
            "projects": [{"id": "${ID}", "path": "${ROOT}/a", "stable_for": "${WAIT}", "max_per_day": "${MOST}"}],
        }
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"modes": "live"},
        {"mode": "liv"},
        {"sandbox": {"port": 70000}},
        {"projects": [{"id": "a"}]},
        {"projects": [{"id": "Cats", "path": "a"}]},
        {"projects": [{"id": "a", "path": "a", "sources": [{"type": "vdeo"}]}]},
        {"projects": [{"id": "a", "path": "a", "stable_for": ["4 s"]}]},
    ],
)
def test_what_loading_refuses_an_editor_marks(validator: Draft202012Validator, wrong: object) -> None:
    assert not validator.is_valid(wrong)


def test_the_schema_shows_lengths_of_time_as_people_write_them() -> None:
    properties = json_schema()["$defs"]["Project"]["properties"]
    assert properties["metadata_wait"]["default"] == "15 min"
    assert "default" not in properties["owner"]
