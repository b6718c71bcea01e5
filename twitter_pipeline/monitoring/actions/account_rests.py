"""X answers an account's attempts only with errors: it waits, and then one item tries (`store.breaker`).

The alarm only begins it: while nothing is tried there are no errors, so that an alarm that is over tells nothing. It
ends when X answers, when nothing was there to try with, or when a person says `resume`.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.monitoring.actions import Now
from twitter_pipeline.store import accounts, breaker, easings
from twitter_pipeline.store.accounts import AccountRow
from twitter_pipeline.store.easings import ACCOUNT_RESTS, Easing
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks


def ease(now: Now) -> None:
    """Let accounts wait that only get errors, and let those go on that a person resumed."""
    with reading(now.engine) as connection:
        by_name = {account.name: account for account in accounts.listing(connection)}
        resting = easings.listing(connection, now=now.at, action=ACCOUNT_RESTS)
    # A transaction for each (`store.breaker`).
    for name in [easing.scope for easing in resting]:
        with writing(now.engine) as connection:
            _go_on(connection, name, by_name.get(name), now.at)
    for alarm in now.named("errors"):
        if alarm.scope in by_name:
            with writing(now.engine) as connection:
                breaker.open_(connection, by_name[alarm.scope], now=now.at)


def _go_on(connection: sa.Connection, name: str, account: AccountRow | None, now: datetime) -> None:
    """Let an account go on that a person resumed, and wait for the item that tries."""
    easing = easings.in_force(connection, ACCOUNT_RESTS, name, now=now, lock=True)
    if easing is None:
        return
    if account is None:
        easings.end(connection, easing, "there is no such account any more", now=now)
    elif accounts.errors_in_a_row(connection, account.id) == 0:
        breaker.close(connection, account, easing, "a person resumed it", now=now)
    elif easing.until - now < breaker.TRIED_WITHIN / 2 and _is_tried(connection, account.id):
        easings.renew(connection, easing, until=now + breaker.TRIED_WITHIN)


def undo(connection: sa.Connection, easing: Easing, why: str, now: Now) -> None:
    """What goes with the end of one that does not end by X's answer: the account goes on."""
    for account in accounts.listing(connection):
        if account.name == easing.scope:
            breaker.close(connection, account, easing, why, now=now.at)


def _is_tried(connection: sa.Connection, account_id: int) -> bool:
    """Whether an item of the account is on its way."""
    on_its_way = sa.select(publishing_tasks.c.id).where(
        publishing_tasks.c.content_source_id.in_(accounts.sources_of(account_id)),
        publishing_tasks.c.status == Status.RUNNING.value,
    )
    return connection.scalar(on_its_way.limit(1)) is not None
