"""The JSON schema accepts what loading accepts and names what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from twitter_pipeline.config import ConfigError, json_schema
from twitter_pipeline_tests.config.conftest import Loads

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


class EditorsYaml(yaml.SafeLoader):
    """YAML as editors read it, by its version 1.2: `yes` and 2026-11-24 are texts."""


EditorsYaml.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*", "-+0123456789"),
):
    EditorsYaml.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def as_editors_read(text: str) -> object:
    return yaml.load(text, EditorsYaml)  # noqa: S506 - it is a safe one


@pytest.mark.parametrize("name", ["docs/configuration.md", "docs/gemini.md", "docs/going-live.md", "README.md"])
def test_an_editor_marks_nothing_in_the_examples_of_the_pages(validator: Draft202012Validator, name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert examples
    for example in examples:
        validator.validate(as_editors_read(example))


@pytest.mark.parametrize("word", ["yes", "No", "on", "OFF", "true", "False", "${REPEAT}"])
def test_an_editor_takes_every_word_for_yes_and_no_that_loading_takes(
    validator: Draft202012Validator, loads: Loads, word: str
) -> None:
    text = f"projects: [{{id: a, path: a, sources: [{{repeat: {word!r}}}]}}]"
    loads(text, {"REPEAT": "yes"})
    validator.validate(as_editors_read(text))


@pytest.mark.parametrize("setting", [
    *("after_post: posted", "after_post: move", "after_post: move /x", "sources: []", "sources: [{path: /x}]"),
    *("sources: [{path: ../x}]", "sources: [{hashtags: [a b]}]", "sources: [{language: english}]", "canary: maybe"),
    *("ignore_before: [2026-11-24]", "max_per_day: 0", "id: Cats", "unknown: 1", "sources: [{repeat: 3}]"),
])  # fmt: skip
def test_what_loading_refuses_of_a_project_an_editor_marks(
    validator: Draft202012Validator, loads: Loads, setting: str
) -> None:
    keys = "path: a" if setting.startswith("id:") else "id: a, path: a"
    text = f"projects: [{{{keys}, {setting}}}]"
    with pytest.raises(ConfigError):
        loads(text)
    assert not validator.is_valid(as_editors_read(text))


@pytest.mark.parametrize(
    "text", ["x: {base_url: api.x.com}", "database_url: mysql://db/x", "database_url: postgresql://db"]
)
def test_what_loading_refuses_of_an_address_an_editor_marks(
    validator: Draft202012Validator, loads: Loads, text: str
) -> None:
    with pytest.raises(ConfigError):
        loads(text)
    assert not validator.is_valid(as_editors_read(text))


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
