"""Templates that people write in config.yaml: Jinja2 in its sandbox, with errors that name line and variable."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from twitter_pipeline.content.errors import TemplateError

# Where Jinja2 says an error happened, in place of a file's name.
_NAME = "<template>"

# Posts are plain text: nothing in them is to be escaped.
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(source: str, variables: Mapping[str, Any]) -> str:
    """The text `source` makes of `variables`. Raises TemplateError, whatever is wrong with it."""
    try:
        return _compiled(source).render(variables)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"line {error.lineno}: {error.message}") from error
    except jinja2.UndefinedError as error:
        hint = _nearest(str(error.message), variables)
        raise TemplateError(f"line {_line(error)}: {error.message}{hint}") from error
    except Exception as error:
        # An expression can raise anything: `{{ 1 / 0 }}`, `{{ title + 1 }}`, a call the sandbox refuses.
        raise TemplateError(f"line {_line(error)}: {error}") from error


@lru_cache(maxsize=64)
def _compiled(source: str) -> jinja2.Template:
    code = _ENVIRONMENT.compile(source, filename=_NAME)
    return jinja2.Template.from_code(_ENVIRONMENT, code, _ENVIRONMENT.make_globals(None))


def _line(error: Exception) -> int:
    """The template's line in which `error` was raised: Jinja2 writes it into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == _NAME), 1)


def _nearest(message: str, variables: Mapping[str, Any]) -> str:
    """What to write instead, when `message` is Jinja2's "'titel' is undefined"."""
    unknown = re.fullmatch("'(.+)' is undefined", message)
    if not unknown:
        return ""
    if nearest := difflib.get_close_matches(unknown[1], variables, n=1):
        return f"; did you mean '{nearest[0]}'?"
    return f"; there are {', '.join(variables)}"
