"""What an account may do, asked of X without posting anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.config import Credentials, Settings
from twitter_pipeline.publishing.connecting import signed_with, verify
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.secrets import KeyLost, open_vault

if TYPE_CHECKING:
    from twitter_pipeline.x.client import Me, XClient
    from twitter_pipeline.x.limits import Limit

#: What a post of an account without X Premium may weigh.
USUAL_LIMIT = 280
READ_ONLY = (
    "its app may only read: in X's developer console set the app's permissions to Read and write, then make the access"
    " token and its secret anew (the old ones keep the old permission), and give the new ones"
)
NO_TIMELINE = (
    "posting works without it; but when X's answer to a post is lost, nothing can look whether the post is out: such an"
    " item stays unconfirmed until a person has looked"
)


@dataclass
class Findings:
    """What X says of an account."""

    account: accounts.AccountRow
    #: Who it posts as; None when X did not say.
    username: str | None = None
    user_id: str | None = None
    #: Whether it may post; None when X did not say, and only the first post will show.
    may_write: bool | None = None
    #: Whether its own timeline can be read; None when that could not be found out now.
    may_read_timeline: bool | None = None
    #: By call and window, as the answers to these questions stated them.
    limits: Mapping[str, Limit] = field(default_factory=dict)
    #: What a person must mend, each with the way.
    problems: list[str] = field(default_factory=list)
    #: What a person should know.
    notes: list[str] = field(default_factory=list)


def whose(settings: Settings, credentials: Credentials) -> tuple[Me, bool | None]:
    """Whose keys these are, and whether they may post (None: X does not say). Raises XError."""
    with signed_with(settings, credentials) as connected:
        return connected.me(), _may_write(connected)


def examine(engine: sa.Engine, settings: Settings, account_id: int) -> Findings:
    """Ask X about an account: users/me, and the newest five posts of its timeline. Never creates a post."""
    from twitter_pipeline.x.errors import XError

    with reading(engine) as connection:
        found = Findings(accounts.by_id(connection, account_id))
        try:
            keys = accounts.credentials(connection, account_id, open_vault(settings.home))
        except KeyLost as error:
            found.problems.append(str(error))
            return found
    with signed_with(settings, keys) as connected:
        try:
            verify(engine, account_id, connected)
        except XError as error:
            found.problems.append(str(error))
            return found
        with reading(engine) as connection:
            found.account = accounts.by_id(connection, account_id)
        found.username, found.user_id = found.account.x_username, found.account.x_user_id
        _look_at_timeline(found, connected)
        found.may_write = _may_write(connected)
        _look_at_limit(found, settings, connected)
        found.limits = dict(connected.limits)
    if found.may_write is False:
        found.problems.append(READ_ONLY)
    elif found.may_write is None:
        found.notes.append("X does not say whether it may post: not known until the first post")
    if found.account.stopped_reason is not None:
        found.problems.append(
            f"nothing is posted with it: {found.account.stopped_reason};"
            f" then: twitter-pipeline resume --account {found.account.name}"
        )
    return found


def _look_at_limit(found: Findings, settings: Settings, connected: XClient) -> None:
    """X refuses a long text of an account without X Premium."""
    from twitter_pipeline.x.errors import XError

    limit = settings.text_limit_of(found.account.name)
    if limit <= USUAL_LIMIT:
        return
    try:
        subscription = connected.me().subscription
    except XError:
        return  # it has just answered; this is a note only
    if subscription in (None, "None"):
        said = "says that it has no subscription" if subscription else "does not say whether it has a subscription"
        found.notes.append(
            f"text_limit is {limit:,}, and X {said}: it takes posts over {USUAL_LIMIT} from X Premium only"
        )


def _may_write(connected: XClient) -> bool | None:
    return None if connected.access_level is None else connected.access_level.startswith("read-write")


def _look_at_timeline(found: Findings, connected: XClient) -> None:
    from twitter_pipeline.x.errors import AccountRefused, Refused, XError
    from twitter_pipeline.x.posts import timeline

    try:
        timeline(connected, str(found.user_id), max_results=5)
    except Refused as error:
        found.may_read_timeline = False
        if isinstance(error, AccountRefused) and error.status != 403:
            found.problems.append(str(error))
        found.notes.append(f"its own timeline cannot be read ({error.message.rstrip('.')}); {NO_TIMELINE}")
    except XError as error:
        found.notes.append(f"its own timeline could not be read just now: {error}")
    else:
        found.may_read_timeline = True
