"""Whether X is there for an account: nothing is posted with one whose attempts all find no X, but for one that tries.

    closed ──errors in a row, and an alarm──▶ open: the account waits ──time──▶ half open: one item tries
      ▲                                          ▲                                  │
      └────────────────── X answers ─────────────┼──────────────────────────────────┤
                                                 └──── no X: twice as long ─────────┘

`monitoring` opens it, an attempt's end closes it or lets the account wait again, `publishing.holding` says what follows
for the items. The item that tries is posted as any other. Those held back use up no retry.

Whoever changes it, or takes an item, locks the wait first, then an item, then the account. Several waits are locked by
their accounts' names, or each in a transaction of its own. So no two wait for each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.store import accounts, easings
from twitter_pipeline.store.accounts import AccountRow
from twitter_pipeline.store.easings import ACCOUNT_RESTS

#: So many attempts in a row, each of another item than the one before, must have found no X.
ERRORS = 3
#: How long the account waits at first, and at most; each time twice as long.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(minutes=30)
#: Without an item that tries within this time after the wait, there is nothing to hold back: it ends.
TRIED_WITHIN = timedelta(minutes=10)

#: What the wait of an account begins with that is one of these.
ONLY_ERRORS = "X answers only errors"


def open_(connection: sa.Connection, account: AccountRow, *, now: datetime) -> None:
    """Let the account wait, if enough attempts have found no X and it does not yet."""
    errors = accounts.errors_in_a_row(connection, account.id)
    if errors < ERRORS:
        return
    reason = f"{ONLY_ERRORS} (5xx, or none at all), {errors} items in a row; then one item tries again"
    level = round(FIRST_WAIT.total_seconds())
    if easings.begin(connection, ACCOUNT_RESTS, account.name, level, reason, now=now, until=_until(level, now)):
        accounts.wait(connection, account.id, now + FIRST_WAIT, reason)


def found_no_x(connection: sa.Connection, account: AccountRow, task_id: int, *, now: datetime) -> None:
    """An attempt has ended since X was not there."""
    easing = easings.in_force(connection, ACCOUNT_RESTS, account.name, now=now, lock=True)
    accounts.erred(connection, account.id, task_id)
    # What was under way when the account began to wait tells nothing new.
    if easing is None or now < easing.stepped_at + timedelta(seconds=easing.level):
        return
    level = round(min(timedelta(seconds=easing.level * 2), LONGEST_WAIT).total_seconds())
    easings.step(connection, easing, level, "the item that tried found no X either", now=now, until=_until(level, now))
    accounts.wait(connection, account.id, now + timedelta(seconds=level), easing.reason)


def answered(connection: sa.Connection, account: AccountRow, *, now: datetime) -> None:
    """X has answered an attempt: Yes or No."""
    easing = easings.in_force(connection, ACCOUNT_RESTS, account.name, now=now, lock=True)
    if easing is not None:
        close(connection, account, easing, "X answers again", now=now)
    else:
        accounts.answered(connection, account.id)


def close(connection: sa.Connection, account: AccountRow, easing: easings.Easing, why: str, *, now: datetime) -> None:
    """End the wait: the account goes on, and errors are counted anew."""
    easings.end(connection, easing, why, now=now)
    accounts.answered(connection, account.id)
    accounts.end_wait(connection, account.id, ONLY_ERRORS)


def _until(level: int, now: datetime) -> datetime:
    return now + timedelta(seconds=level) + TRIED_WITHIN
