"""The state of uploads: written by the task's holder only, of one account, and gone when it is of no use."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import accounts, uploads
from twitter_pipeline.store.claims import Claim
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline_tests.support.items import MINUTE, NOW, put_task, take

PATH = "cat.mp4"
BEGUN = {
    **{"size": 7, "mtime_ns": 1, "sha256": "ab", "media_type": "video/mp4", "category": "tweet_video"},
    **{"chunk_bytes": 4, "media_key": "7_1", "expires_at": NOW + 60 * MINUTE},
}


def account_of(engine: sa.Engine) -> int:
    with reading(engine) as connection:
        return accounts.by_name(connection, "sandbox").id


def begin(engine: sa.Engine, claim: Claim, media_id: str = "1", path: str = PATH, **values: Any) -> bool:
    account = account_of(engine)
    with writing(engine) as connection:
        row = {**BEGUN, "media_id": media_id, **values}
        return uploads.begin(connection, claim, path, row, account_id=account, now=NOW)


def advance(engine: sa.Engine, claim: Claim, media_id: str = "1", **values: Any) -> bool:
    with writing(engine) as connection:
        return uploads.advance(connection, claim, PATH, media_id, values, now=NOW)


def read(engine: sa.Engine, task_id: int, path: str = PATH, account_id: int | None = None) -> dict[str, Any] | None:
    account = account_of(engine) if account_id is None else account_id
    with reading(engine) as connection:
        return uploads.read(connection, task_id, path, account_id=account)


def test_what_was_written_is_read_by_the_same_account_only(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    assert read(prepared, claim.task_id) is None
    assert begin(prepared, claim)
    assert advance(prepared, claim, segments=1)
    row = read(prepared, claim.task_id)
    assert row is not None
    assert {name: row[name] for name in BEGUN} == BEGUN
    assert (row["segments"], row["finalized"], row["ready"], row["alt_text"]) == (1, False, False, "")
    assert row["expires_at"].tzinfo is not None
    assert read(prepared, claim.task_id, account_id=-1) is None
    assert read(prepared, claim.task_id, path="dog.mp4") is None


def test_a_new_upload_of_a_file_takes_the_place_of_the_old_one(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    begin(prepared, claim, "1")
    assert advance(prepared, claim, "1", segments=2)
    assert begin(prepared, claim, "2")
    assert not advance(prepared, claim, "1", segments=3)
    row = read(prepared, claim.task_id)
    assert row is not None
    assert (row["media_id"], row["segments"]) == ("2", 0)


def test_who_lost_the_task_writes_nothing(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    old = take(prepared, task_id)
    begin(prepared, old)
    lost = Claim(task_id, old.attempt, old.fence - 1, old.holder)
    assert not begin(prepared, lost, "2")
    assert not advance(prepared, lost, segments=3)
    with writing(prepared) as connection:
        assert not uploads.forget(connection, lost)
        assert not uploads.forget(connection, lost, PATH)
        uploads.disbelieve(connection, lost, now=NOW + uploads.SETTLES * 2)
    row = read(prepared, task_id)
    assert row is not None
    assert (row["media_id"], row["segments"]) == ("1", 0)


def test_forgetting_is_of_one_file_or_of_the_whole_item(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    for path in ("a", "b", "c"):
        begin(prepared, claim, path, path)
    with writing(prepared) as connection:
        assert uploads.forget(connection, claim, "a")
    assert [read(prepared, claim.task_id, path) is None for path in ("a", "b", "c")] == [True, False, False]
    with writing(prepared) as connection:
        assert uploads.forget(connection, claim)
    assert [read(prepared, claim.task_id, path) is None for path in ("b", "c")] == [True, True]


def test_only_what_x_must_know_by_now_is_disbelieved(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    begin(prepared, claim)
    for now, kept in ((NOW + uploads.SETTLES, True), (NOW + uploads.SETTLES * 2, False)):
        with writing(prepared) as connection:
            uploads.disbelieve(connection, claim, now=now)
        assert (read(prepared, claim.task_id) is not None) is kept


def test_what_x_has_forgotten_is_swept(prepared: sa.Engine) -> None:
    account = account_of(prepared)
    claim = take(prepared, put_task(prepared))
    begin(prepared, claim, "1", "a", expires_at=NOW)
    begin(prepared, claim, "2", "b", expires_at=NOW + MINUTE)
    with writing(prepared) as connection:
        uploads.sweep(connection, account, now=NOW)
    assert [read(prepared, claim.task_id, path) is None for path in ("a", "b")] == [True, False]
