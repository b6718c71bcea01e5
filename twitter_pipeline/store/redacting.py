"""No secret is written into a database by this process: not into ours, and not into Dagster's.

Dagster keeps what ops, sensors and the exceptions in them say. All of it goes through SQLAlchemy, as ours does, so
here is the one place that nothing can go around.
"""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.config.secrecy import redacted


@functools.cache
def install() -> None:
    """Redact the text of every statement's parameters, of all engines of this process. May be called again."""
    sa.event.listen(sa.Engine, "before_cursor_execute", _before_cursor_execute, retval=True)


def _before_cursor_execute(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    return statement, _redacted(parameters)


def _redacted(value: Any) -> Any:
    """The value itself where there is nothing to redact."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        clean = {name: _redacted(item) for name, item in value.items()}
        return clean if any(clean[name] is not item for name, item in value.items()) else value
    if isinstance(value, (tuple, list)):
        items = [_redacted(item) for item in value]
        if all(clean is item for clean, item in zip(items, value, strict=True)):
            return value
        return tuple(items) if isinstance(value, tuple) else items
    return value
