"""What a person says of an item that may be on X, held against what X says before it is believed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import adopting, matching, threads, unconfirmed
from twitter_pipeline.publishing.connecting import connected_as, posts_page
from twitter_pipeline.publishing.decide import decide
from twitter_pipeline.publishing.outcomes import Absent, Adopted, Outcome
from twitter_pipeline.publishing.session import Item
from twitter_pipeline.store import accounts, attempts, looks, moves, tasks
from twitter_pipeline.store.accounts import AccountRow
from twitter_pipeline.store.attempts import AttemptState, Content
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.looks import Seen
from twitter_pipeline.store.secrets import KeyLost
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

if TYPE_CHECKING:
    from twitter_pipeline.x.posts import Known

_ADDRESS = re.compile(
    r"(?:https?://)?(?P<host>[^/\s]+)/(?:(?P<path>\S*)/)?status(?:es)?/(?P<id>\d{1,19})(?:[/?#]\S*)?", re.IGNORECASE
)
_ID = re.compile(r"[1-9]\d{0,18}")
_HOSTS = {f"{prefix}{host}" for prefix in ("", "www.", "mobile.", "m.") for host in ("x.com", "twitter.com")}
#: What X's addresses have in place of a name: the post's number alone counts.
_NO_NAME = {"", "i", "i/web"}
_FORCED = "if it is right even so: --force"
_LONGEST_QUOTE = 80


class NotBelieved(Exception):
    """Why nothing was done, in words with the way out."""


def post_of(settings: Settings, account: AccountRow, text: str, *, force: bool = False) -> str:
    """The id of the post that `text` names: its address, or the id. Raises NotBelieved."""
    text = text.strip()
    if _ID.fullmatch(text):
        return text
    found = _ADDRESS.fullmatch(text)
    if found is None or not _ID.fullmatch(found["id"]):
        raise NotBelieved(f"{text!r} is no link to a post, such as https://x.com/name/status/123, and no post's number")
    host, name = found["host"].lower(), (found["path"] or "").lower()
    if host not in _HOSTS | {urlsplit(settings.x_base_url).netloc.lower()}:
        raise NotBelieved(f"{text} is at {found['host']}, not on X")
    if account.x_username is not None and name not in _NO_NAME | {account.x_username.lower()} and not force:
        raise NotBelieved(
            f"{text} is a post of @{found['path']}; this item is posted as @{account.x_username}. Was the account"
            f" renamed, {_FORCED}"
        )
    return found["id"]


def posted(
    engine: sa.Engine, settings: Settings, task: Task, text: str, *, force: bool, now: datetime, actor: str
) -> str:
    """Complete an item with the post that a person has found; what was done. Raises NotBelieved."""
    with reading(engine) as connection:
        task = tasks.get(connection, task.id)
        account = account_of(connection, task)
    post_id = post_of(settings, account, text, force=force)
    if task.status is Status.COMPLETED:
        if task.tweet_id == post_id:
            return f"{task.partition_key}: it is known already: {task.tweet_url}"
        raise NotBelieved(f"{task.partition_key} is posted already: {task.tweet_url or 'elsewhere'}")
    if task.status not in adopting.ADOPTABLE:
        raise NotBelieved(_is_under_way(task))
    with reading(engine) as connection:
        if looks.known(connection, [post_id], but_of=task.id):
            raise NotBelieved(f"post {post_id} is another item's: twitter-pipeline log {_whose(connection, post_id)}")
    post = _asked(engine, settings, account, task, post_id, force=force)
    with reading(engine) as connection:
        account = accounts.by_id(connection, account.id)  # X may have said only now who it is
    if task.status is Status.UNCONFIRMED:
        try:
            moved = decided_by_a_person(
                *(engine, settings, task),
                posted=post_id,
                posted_at=post.posted_at if post else None,
                now=now,
                actor=actor,
            )
        except LookupError as error:
            raise NotBelieved(str(error)) from error
        if moved is None:
            raise NotBelieved(f"{task.partition_key}: it was settled meanwhile; see: twitter-pipeline log {task.id}")
        return f"{task.partition_key}: {moved.message}"
    if post is None:  # --force
        kept = str(task.content_data.get("text", ""))
        post = Seen(account.id, post_id, matching.text_key(kept), kept, len(task.files), now)
    done, said = adopting.adopt(engine, settings, account, task, post, now=now, by_person=True, actor=actor)
    if not done:
        raise NotBelieved(said)
    return said


def not_posted(engine: sa.Engine, settings: Settings, task: Task, *, force: bool, now: datetime, actor: str) -> str:
    """Let an unconfirmed item go out again, since a person has seen that it is not on X. Raises NotBelieved."""
    with reading(engine) as connection:
        task = tasks.get(connection, task.id)
        known = unconfirmed.of(connection, task)
    if known is None:
        raise NotBelieved(what_instead(task))
    if known.sent is not None and (shown := known.sent.sent_at + settings.settle_time) > now and not force:
        raise NotBelieved(
            f"{task.partition_key} was sent at {known.sent.sent_at:%H:%M:%S} UTC, and X may show it only at"
            f" {shown:%H:%M:%S} UTC: look again then; if it surely never left: --force"
        )
    moved = decided_by_a_person(engine, settings, task, posted=None, now=now, actor=actor)
    if moved is None:
        raise NotBelieved(f"{task.partition_key}: it was settled meanwhile; see: twitter-pipeline log {task.id}")
    again = "; it goes out again" if moved.event is Event.REOPEN else ""
    return f"{task.partition_key}: {moved.message}{again}"


def what_instead(task: Task) -> str:
    """What an item is that is not unconfirmed, and what a person can do with it."""
    if task.status is Status.COMPLETED:
        return f"{task.partition_key} is posted: {task.tweet_url or 'elsewhere'}; there is nothing to decide"
    if task.status is Status.PENDING:
        how = f"it goes out by itself; is it on X already: twitter-pipeline tasks resolve {task.id} --posted URL"
        return f"{task.partition_key} is {task.status}, not unconfirmed: {how}"
    if task.status in (Status.QUEUED, Status.RUNNING):
        return _is_under_way(task)
    how = f"twitter-pipeline retry {task.id} posts it, twitter-pipeline tasks resolve {task.id} --posted URL says it is"
    return f"{task.partition_key} is {task.status}, not unconfirmed: {task.error_message}; {how} on X"


def _is_under_way(task: Task) -> str:
    return f"{task.partition_key} is {task.status}: a run is at it; see: twitter-pipeline log {task.id}"


def _whose(connection: sa.Connection, post_id: str) -> str:
    found = tasks.read(connection, tasks.select(publishing_tasks.c.tweet_id == post_id).limit(1))
    return found[0].partition_key if found else ""


def _asked(
    engine: sa.Engine, settings: Settings, account: AccountRow, task: Task, post_id: str, *, force: bool
) -> Seen | None:
    """The post as X shows it; None where X cannot be asked. Raises NotBelieved when it cannot be the item's."""
    try:
        post = _look_up(engine, settings, account, post_id)
    except _Unasked as why:
        if task.status is Status.UNCONFIRMED or force:
            return None
        raise NotBelieved(
            f"{task.partition_key} is {task.status}, and X cannot be asked about the post ({why}); {_FORCED}"
        ) from None
    if post is None:
        if force:
            return None
        raise NotBelieved(f"X shows no post {post_id}; {_FORCED}")
    seen = Seen(account.id, post.id, matching.text_key_of(post), post.words, len(post.media_keys), post.created_at)
    if force:
        return seen
    with reading(engine) as connection:
        account = accounts.by_id(connection, account.id)
    if post.author_id != account.x_user_id:
        raise NotBelieved(f"post {post_id} is not by @{account.x_username}; {_FORCED}")
    if seen.text_key not in _keys_of(engine, settings, task):
        quoted = post.words if len(post.words) <= _LONGEST_QUOTE else f"{post.words[:_LONGEST_QUOTE]}…"
        raise NotBelieved(f"post {post_id} has other words than the item ({quoted!r}); {_FORCED}")
    with reading(engine) as connection:
        expected = 0 if attempts.made(connection, task.id).is_begun else len(task.files)
    if (seen.media > 0) != (expected > 0):
        raise NotBelieved(f"post {post_id} shows {seen.media} media, the item has {expected}; {_FORCED}")
    return seen


def _keys_of(engine: sa.Engine, settings: Settings, task: Task) -> set[str]:
    with reading(engine) as connection:
        known = unconfirmed.of(connection, task)
        made = attempts.made(connection, task.id)
    keys = adopting.keys_of(Item(engine, settings, task), made)
    if known is not None and known.sent is not None:
        keys.add(known.sent.text_key or matching.text_key(known.sent.text))
    return keys


class _Unasked(Exception):
    """Why X was not asked."""


def _look_up(engine: sa.Engine, settings: Settings, account: AccountRow, post_id: str) -> Known | None:
    from twitter_pipeline.x import posts
    from twitter_pipeline.x.errors import XError

    if not settings.x.read_timeline:
        raise _Unasked("x.read_timeline is no")
    try:
        with connected_as(engine, settings, account.id) as connected:
            return posts.find(connected, post_id)
    except (XError, KeyLost) as error:
        raise _Unasked(str(error)) from error


def account_of(connection: sa.Connection, task: Task) -> AccountRow:
    """The account that has sent what is unknown of an item, or began its thread; else the one its source posts with."""
    sent = looks.open_of(connection, [task.id]).get(task.id)
    sender = attempts.made(connection, task.id).account_id if sent is None else sent.account_id
    if sender is None:
        return accounts.of_source(connection, task.content_source_id)
    return accounts.by_id(connection, sender)


def next_of(connection: sa.Connection, task: Task) -> Content:
    """The post of an item that may be on X; of a thread that is on X in part, the one after that."""
    return threads.next_content(attempts.made(connection, task.id), threads.planned(task))


def timeline_shows(connection: sa.Connection, account: AccountRow, task: Task) -> list[Seen]:
    """Posts of the account that are no item's and have the words that the item was to go out with."""
    content = next_of(connection, task)
    other_words = threads.planned(task).other_words if content.part == 1 else ()
    keys = [content.text_key, *other_words]
    seen = looks.seen(connection, account.id, text_keys=keys)
    known = looks.known(connection, [post.post_id for post in seen])
    return [post for post in seen if post.post_id not in known]


def decided_by_a_person(
    engine: sa.Engine,
    settings: Settings,
    task: Task,
    *,
    posted: str | None,
    now: datetime,
    posted_at: datetime | None = None,
    actor: str | None = None,
) -> Move | None:
    """Move an unconfirmed item on as a person says: `posted` is its post's id, None that there is none.

    What was done; None when it is no longer unconfirmed, or no longer for what the person has looked at:
    `task` is as it was then. Raises LookupError for another item's post.
    """
    with writing(engine) as connection:
        fence = task.fence
        task = tasks.get(connection, task.id, lock=True)
        if task.fence != fence:  # another run has sent something since, of a thread the next post
            return None
        account = account_of(connection, task)
        outcome: Outcome
        if posted is None:
            outcome, state = Absent("a person says that it is not on X", by_person=True), AttemptState.ABSENT
        else:
            page, made = posts_page(settings, account.x_username), attempts.made(connection, task.id)
            content = threads.next_content(made, threads.planned(task))
            found = threads.on_x(Adopted, page, posted, content.part, content.parts, made, " (found by a person)")
            outcome, state = replace(found, posted_at=posted_at), AttemptState.ADOPTED
            if not looks.is_free(connection, account.id, posted):
                raise LookupError(f"{found.url} is another item's")
        moved = moves.resolve(connection, task.id, decide(outcome, task, now), now=now, actor=actor)
        if moved is None:
            return None
        attempts.resolve(connection, task.id, state, now=now, tweet_id=posted)
        if posted is not None:
            if content.parts > 1:
                attempts.record(connection, task, content, posted, account_id=account.id, now=now)
            looks.give(connection, account.id, posted, task.id)
    return moved
