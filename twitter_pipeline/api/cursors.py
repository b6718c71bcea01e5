"""Cursors: where a page ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

_SAID = "`next` of the page before."

#: Of a page of tasks, of decisions, or of alerts: the id of the last one.
IdCursor = Annotated[str | None, Query(pattern=r"^[1-9][0-9]{0,17}$", description=_SAID)]
#: Of a page of hours: the Unix time of the last one, and its project.
HourCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,10}\.[a-z][a-z0-9_]{0,62}$", description=_SAID)]
