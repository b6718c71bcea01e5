"""config.yaml → Settings, or every problem at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from twitter_pipeline.config import references
from twitter_pipeline.config.document import Document, Loc, parse
from twitter_pipeline.config.environment import Values
from twitter_pipeline.config.errors import ConfigError, Problem, did_you_mean
from twitter_pipeline.config.people import KEYS
from twitter_pipeline.config.secrecy import keep, secrets_of
from twitter_pipeline.config.settings import Settings

CONFIG_VARIABLE = "TWITTER_PIPELINE_CONFIG"
BASE_DIR_VARIABLE = "TWITTER_PIPELINE_BASE_DIR"

#: A configuration is read at the start of every run; something larger is another file.
_MAX_BYTES = 1024 * 1024


def current(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings this process runs under: the file $TWITTER_PIPELINE_CONFIG, or config.yaml in the working folder.

    $TWITTER_PIPELINE_BASE_DIR is the folder relative paths are resolved against; without it, the file's own.
    Reads the file anew each time. Raises ConfigError.
    """
    base_dir = environ.get(BASE_DIR_VARIABLE)
    return load(path_in_force(environ), base_dir=Path(base_dir) if base_dir else None, environ=environ)


def path_in_force(environ: Mapping[str, str] = os.environ) -> Path:
    """The file that `current` reads."""
    return Path(environ.get(CONFIG_VARIABLE) or "config.yaml")


def file_stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells whether the file at `path` is another one by now; None while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def load(path: Path, *, base_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read a configuration file.

    Relative paths in it are resolved against `base_dir`, by default the file's folder; `${NAME}` comes from `environ`.
    Raises ConfigError with all problems of the file, in the order of its lines.
    """
    document = parse(_read(path), str(path))
    values = Values(document, environ)
    if not isinstance(values.data, dict):
        found = "is empty" if values.data is None else "is not a mapping"
        message = f"{found}; a configuration is lines like 'projects:', see docs/configuration.md"
        raise ConfigError([document.problem((), message)])

    path = path.absolute()
    context = {"path": path, "base_dir": (base_dir or path.parent).absolute()}
    problems = [*document.problems, *_unset(document, values)]
    problems += [
        document.problem(loc, message) for loc, message in references.check(values.data) if loc not in values.unset
    ]
    settings = None
    try:
        settings = Settings.model_validate(values.data, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems += [_problem(document, detail) for detail in details if detail["loc"] not in values.unset]
    if problems or settings is None:
        raise ConfigError(sorted(dict.fromkeys(problems), key=_place))
    keep(secrets_of(settings, environ))
    return settings


def _read(path: Path) -> str:
    def wrong(message: str) -> ConfigError:
        return ConfigError([Problem(str(path), None, None, "", message)])

    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise wrong("there is no such file; name yours with --config PATH or TWITTER_PIPELINE_CONFIG") from None
    except (OSError, ValueError) as error:
        raise wrong(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > _MAX_BYTES:
        raise wrong("is larger than 1 MiB; that is no configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(str(path), line, None, "", "is not UTF-8 text; save it as UTF-8")]) from None


def _unset(document: Document, values: Values) -> Iterator[Problem]:
    for loc, names in values.unset.items():
        if values.data.get("mode") != "live" and loc[0] == "accounts" and loc[-1] in KEYS:
            continue  # sandbox mode uses no real key
        is_key = loc[0] == "accounts" and loc[-1] in KEYS
        for name in names:
            otherwise = f"write ${{{name}:-default}}"
            if is_key:
                otherwise = "leave the four keys out and store them: twitter-pipeline account add NAME"
            message = f"the environment variable {name} is not set (or empty); set it, or {otherwise}"
            yield document.problem(loc, message)


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0


def _problem(document: Document, error: ErrorDetails) -> Problem:
    loc, kind = error["loc"], error["type"]
    if kind == "extra_forbidden":
        return document.problem(loc, f"unknown key; {did_you_mean(str(loc[-1]), _settings_at(loc[:-1]))}", at_key=True)
    if kind == "missing":
        return document.problem(loc, f"is missing: {_settings_at(loc[:-1])[str(loc[-1])].description}")
    if loc and loc[-1] == "[key]":  # a key that breaks a rule of its own
        return document.problem(loc[:-1], _said(error), at_key=True)
    return document.problem(loc, _said(error))


_SAID = {
    "string_type": "expected a text",
    "tuple_type": "expected a list: lines that begin with '- '",
    "model_type": "expected settings: lines like 'key: value'",
    "dict_type": "expected settings: lines like 'key: value'",
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "path_type": "expected a path",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def _said(error: ErrorDetails) -> str:
    """The error in words of this configuration; pydantic's own words where they are as good."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    return _SAID.get(kind) or re.sub(r"^\w+ should (be|have)", r"must \1", error["msg"])


def _settings_at(loc: Loc) -> dict[str, FieldInfo]:
    """The settings that are known at this place of the configuration."""
    model: Any = Settings
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = model.model_fields[str(part)].annotation
        else:  # into a list or a mapping
            model = get_args(model)[-1 if get_origin(model) is dict else 0]
        if get_origin(model) in (Union, UnionType):
            model = get_args(model)[0]
    fields: dict[str, FieldInfo] = model.model_fields
    return fields
