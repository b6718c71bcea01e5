"""What holds posts back: pauses by a person, and accounts that wait or are stopped."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import accounts, pauses
from twitter_pipeline.store.accounts import AccountRow
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline_tests.support.items import MINUTE, NOW


def pause(engine: sa.Engine, scope: str, name: str = "", reason: str = "") -> None:
    with writing(engine) as connection:
        pauses.pause(connection, scope, name, reason, now=NOW)


def pause_reason(engine: sa.Engine) -> str | None:
    with reading(engine) as connection:
        return pauses.pause_reason(connection, project="cats", account="sandbox")


def account(engine: sa.Engine) -> AccountRow:
    with reading(engine) as connection:
        return accounts.by_name(connection, "sandbox")


@pytest.mark.parametrize(
    ("scope", "name", "said"),
    [
        ("all", "", "everything is paused; go on with: twitter-pipeline resume --all"),
        ("account", "sandbox", "account sandbox is paused; go on with: twitter-pipeline resume --account sandbox"),
        ("project", "cats", "project cats is paused; go on with: twitter-pipeline resume --project cats"),
    ],
)
def test_a_pause_holds_back_and_says_how_to_go_on(engine: sa.Engine, scope: str, name: str, said: str) -> None:
    assert pause_reason(engine) is None
    pause(engine, scope, name)
    assert pause_reason(engine) == said


def test_a_pause_says_why(engine: sa.Engine) -> None:
    pause(engine, "project", "cats", "a typo in the titles")
    assert "project cats is paused (a typo in the titles); go on" in str(pause_reason(engine))


@pytest.mark.parametrize(("scope", "name"), [("account", "another"), ("project", "dogs"), ("project", "sandbox")])
def test_a_pause_of_something_else_holds_nothing_back(engine: sa.Engine, scope: str, name: str) -> None:
    pause(engine, scope, name)
    assert pause_reason(engine) is None


def test_pausing_twice_keeps_the_newer_reason_and_one_resume_ends_it(engine: sa.Engine) -> None:
    pause(engine, "project", "cats", "first")
    pause(engine, "project", "cats", "second")
    assert "second" in str(pause_reason(engine))
    with writing(engine) as connection:
        assert pauses.resume(connection, "project", "cats")
        assert not pauses.resume(connection, "project", "cats")
    assert pause_reason(engine) is None


def test_resuming_one_scope_leaves_the_others(engine: sa.Engine) -> None:
    pause(engine, "all", "", "holiday")
    pause(engine, "project", "cats")
    with writing(engine) as connection:
        pauses.resume(connection, "project", "cats")
    with reading(engine) as connection:
        assert pauses.listing(connection) == [("all", "", "holiday", NOW, None)]
    assert pause_reason(engine) is not None


def test_a_fresh_account_may_post(prepared: sa.Engine) -> None:
    assert account(prepared).why_not(NOW) is None


def test_an_account_that_waits_goes_on_by_itself(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        accounts.wait(connection, account(prepared).id, NOW + MINUTE, "429 from X")
    assert account(prepared).why_not(NOW) == "account sandbox waits until 2026-11-24 12:01:00 UTC: 429 from X"
    assert account(prepared).why_not(NOW + MINUTE) is None


def test_a_shorter_wait_does_not_end_a_longer_one(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        accounts.wait(connection, account(prepared).id, NOW + 60 * MINUTE, "the day's limit")
        accounts.wait(connection, account(prepared).id, NOW + MINUTE, "15 minutes' limit")
    assert "13:00:00 UTC: the day's limit" in str(account(prepared).why_not(NOW))


def test_a_stopped_account_goes_on_only_when_a_person_says_so(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        accounts.verified(connection, account(prepared).id, user_id="12", username="cats", now=NOW)
        accounts.wait(connection, account(prepared).id, NOW + MINUTE, "429")
        accounts.stop(connection, account(prepared).id, "X refuses the keys (401)")
    said = account(prepared).why_not(NOW + 1000 * MINUTE)
    assert said == (
        "account sandbox is stopped: X refuses the keys (401); then: twitter-pipeline resume --account sandbox"
    )

    with writing(prepared) as connection:
        assert accounts.resume(connection, "sandbox")
        assert not accounts.resume(connection, "sandbox"), "there is nothing left to end"
    assert account(prepared).why_not(NOW) is None
    assert account(prepared).verified_at is None, "X is asked anew"


def test_an_account_nobody_knows_is_not_resumed(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        assert not accounts.resume(connection, "nobody")


def test_who_the_account_is_is_kept(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        accounts.verified(connection, account(prepared).id, user_id="12", username="cats", now=NOW)
    known = account(prepared)
    assert (known.x_user_id, known.x_username, known.verified_at) == ("12", "cats", NOW)
    with reading(prepared) as connection:
        assert accounts.listing(connection) == [known]


def test_an_account_the_database_does_not_know_is_said_so(prepared: sa.Engine) -> None:
    with reading(prepared) as connection, pytest.raises(LookupError, match="no account 'dogs' in the database; start"):
        accounts.by_name(connection, "dogs")
