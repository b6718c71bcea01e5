"""What is written into a database holds no secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from twitter_pipeline.config import secrecy
from twitter_pipeline.store.engine import connect, writing

SECRET = 's3cret "of" somebody'

_table = sa.Table(
    "said", sa.MetaData(), sa.Column("words", sa.Text), sa.Column("data", sa.JSON), prefixes=["TEMPORARY"]
)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(secrecy, "_kept", frozenset())
    secrecy.keep([SECRET])
    yield
    monkeypatch.setattr(secrecy, "_forms", ())


def test_text_and_json_are_written_without_it_one_row_or_many(database_url: str) -> None:
    engine = connect(database_url)
    rows = [{"words": f"{number} with {SECRET}", "data": {"why": [SECRET, number]}} for number in range(3)]
    with writing(engine) as connection:
        _table.create(connection)
        connection.execute(sa.insert(_table), rows[0])
        connection.execute(sa.insert(_table), rows[1:])
        connection.execute(sa.update(_table).where(_table.c.words.like("0%")).values(words=f"0 then {SECRET}"))
        found = sorted((row.words, row.data) for row in connection.execute(sa.select(_table)))
    assert found == [
        ("0 then ***", {"why": ["***", 0]}),
        ("1 with ***", {"why": ["***", 1]}),
        ("2 with ***", {"why": ["***", 2]}),
    ]
    engine.dispose()
