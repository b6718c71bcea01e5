"""docs/configuration.md says what the models say, setting by setting."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr

from twitter_pipeline.config import (
    Account,
    AlertSettings,
    ApiSettings,
    DagsterSettings,
    GeminiSettings,
    MediaLimits,
    MonitoringSettings,
    Project,
    SandboxSettings,
    Settings,
    Source,
    User,
    XPrices,
    XSettings,
)
from twitter_pipeline.config.duration import format_duration
from twitter_pipeline_tests.config.conftest import Loads

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
SECTIONS: list[type[BaseModel]] = [
    Settings, Project, Source, Account, User, XSettings, XPrices, MediaLimits, GeminiSettings, SandboxSettings,
    DagsterSettings, AlertSettings, ApiSettings, MonitoringSettings,
]  # fmt: skip
WORDS = {str: "text", int: "whole number", float: "number", Path: "folder", SecretStr: "secret", timedelta: "duration"}
WORDS |= {bool: "yes or no", datetime: "date or time"}


def type_in_words(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(type_in_words(argument) for argument in arguments if argument is not type(None))
    if origin is tuple:
        return f"list of {type_in_words(arguments[0])}" + ("" if get_origin(arguments[0]) is Literal else "s")
    if origin is dict:
        return f"name → {type_in_words(arguments[1])}"
    if hasattr(annotation, "__metadata__"):
        return type_in_words(annotation.__origin__)
    if annotation in WORDS:
        return WORDS[annotation]
    assert issubclass(annotation, BaseModel), annotation
    return re.sub(r"(?<!^)(?=[A-Z])", " ", annotation.__name__).lower()


def default_in_words(field: Any) -> str:
    if field.is_required():
        return "required"
    if isinstance(field.default, timedelta):
        return f"`{format_duration(field.default)}`"
    if isinstance(field.default, bool):
        return "`yes`" if field.default else "`no`"
    if isinstance(field.default, (int, float)) or (isinstance(field.default, (str, Path)) and str(field.default)):
        return f"`{field.default}`"
    return ""


def table(model: type[BaseModel]) -> str:
    """The table that belongs on the page."""
    lines = ["| setting | type | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name} has no description"
        type_, default = type_in_words(field.annotation), default_in_words(field)
        lines.append(f"| `{name}` | {type_} | {default} | {field.description} |".replace("|  |", "| |"))
    return "\n".join(lines)


def models_below(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    for field in model.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= models_below(part)
    return found


def test_every_section_of_the_configuration_is_known_to_these_tests() -> None:
    assert models_below(Settings) == set(SECTIONS)


@pytest.mark.parametrize("model", SECTIONS)
def test_every_setting_is_on_the_page_with_type_default_and_meaning(model: type[BaseModel]) -> None:
    assert table(model) in PAGE, f"docs/configuration.md should hold:\n{table(model)}"


def unset(model: BaseModel, path: str) -> list[str]:
    """The settings that a configuration leaves to their defaults."""
    missing = [f"{path}{name}" for name in type(model).model_fields if name not in model.model_fields_set]
    for name in model.model_fields_set:
        value = getattr(model, name)
        children = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        first = next(iter(children), None)
        if isinstance(first, BaseModel):
            missing += unset(first, f"{path}{name}.")
    return missing


def test_the_example_on_the_page_sets_every_setting(loads: Loads) -> None:
    (example,) = re.findall(r"<!-- every setting -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    names = re.findall(r"\$\{(\w+)\}", example)
    environ = dict.fromkeys(names, "postgresql://me@localhost/posts") | {"ALERT_SMTP": "mailtos://me:pw@example.com"}
    settings = loads(example, environ)
    assert unset(settings, "") == []


def test_each_shorter_example_on_the_page_is_valid(loads: Loads) -> None:
    examples = re.findall(r"(?<!-->\n)```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        loads(example, dict.fromkeys(re.findall(r"\$\{(\w+)\}", example), "a-key"))


def test_the_message_on_the_page_is_the_one_that_is_given(tmp_path: Path, loads: Loads) -> None:
    with pytest.raises(Exception, match="unknown key") as raised:
        loads("mode: sandbox\naccounts:\n  - name: films\n    ownr: me\n")
    assert str(raised.value).replace(f"{tmp_path}/", "") in PAGE
