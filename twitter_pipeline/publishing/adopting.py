"""Items whose posts are on the timeline and not known here: the database is an older copy, or a new one.

An item and a post belong together when they have the same words and as many media, and neither goes with another one
of the account. Everything else is for a person: `foreign.is_seen` keeps such items from being posted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import contents, drafting, enhancing, foreign, matching, threads
from twitter_pipeline.publishing.connecting import posts_page
from twitter_pipeline.publishing.decide import decide
from twitter_pipeline.publishing.drafts import ELSEWHERE, Draft
from twitter_pipeline.publishing.outcomes import Adopted
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.scanning.reasons import IGNORED, SAME_FILE
from twitter_pipeline.scanning.sidecars import Finder, finder_for
from twitter_pipeline.store import accounts, attempts, looks, moves, tasks
from twitter_pipeline.store.accounts import AccountRow
from twitter_pipeline.store.attempts import AttemptState, Made
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.looks import Seen
from twitter_pipeline.store.status import TRANSITIONS, Event, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

_tasks = publishing_tasks.c

#: What a post that was not known here may be adopted for. Not while a run is at it: what that posts counts.
ADOPTABLE = TRANSITIONS[Event.ADOPT].froms - {Status.RUNNING}


@dataclass(frozen=True)
class Pair:
    """An item, and the post that is its own."""

    task: Task
    post: Seen


@dataclass(frozen=True)
class Unclear:
    """An item that may be on X, and the posts that may be its own."""

    task: Task
    posts: tuple[Seen, ...]
    why: str


@dataclass
class Found:
    """What an account's unknown posts are."""

    account: AccountRow
    pairs: list[Pair] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)
    #: Posts that are no item's.
    others: int = 0


def address(settings: Settings, account: AccountRow, post_id: str) -> str:
    """The address of a post of the account."""
    return f"{posts_page(settings, account.x_username)}/{post_id}"


def match(engine: sa.Engine, settings: Settings, account: AccountRow) -> Found:
    """Which items the unknown posts of an account are; nothing is read of X, and nothing changed."""
    found = Found(account)
    with reading(engine) as connection:
        seen = looks.seen(connection, account.id)
        known = looks.known(connection, [post.post_id for post in seen])
        # What may be a run's of this moment is left to it.
        under_way = {one.text_key for one in looks.unanswered(connection, account.id) if not one.unconfirmed}
        candidates = _candidates(connection, settings, account) if seen else []
        begun = _begun(connection, candidates)
    posts: dict[str, list[Seen]] = {}
    for post in seen:
        if post.post_id not in known and post.text_key not in under_way:
            posts.setdefault(post.text_key, []).append(post)
    if not posts:
        return found
    may_be: dict[int, _MayBe] = {}
    finders: dict[int, Finder] = {}
    for task in candidates:
        item = Item(engine, settings, task)
        made = begun.get(task.id, attempts.Made())
        alike = [post for key in keys_of(item, made, finders) for post in posts.get(key, ())]
        if not alike:
            continue
        with reading(engine) as connection:
            denied = foreign.denied_at(connection, task.id)
        # With pictures beside them the same words are something else.
        media = _media_of(task, made)
        alike = [post for post in alike if (post.media > 0) == (media > 0) and post.posted_at > denied]
        if alike:
            may_be[task.id] = _MayBe(task, alike, media)
    _share_out(engine, settings, found, may_be)
    claimed = {post.post_id for one in may_be.values() for post in one.alike}
    found.others = sum(post.post_id not in claimed for alike in posts.values() for post in alike)
    return found


def _candidates(connection: sa.Connection, settings: Settings, account: AccountRow) -> list[Task]:
    """The items of an account that are not posted, of all projects: a post may be any one's."""
    sources = [
        source_id
        for project in settings.projects
        for source_id, row in accounts.of_sources(connection, project.id).items()
        if row.id == account.id
    ]
    every = tasks.read(
        connection,
        tasks.select(_tasks.content_source_id.in_(sources), _tasks.status.in_([status.value for status in ADOPTABLE])),
    )
    # Nothing posts them, and an archive is not read through for it.
    return [task for task in every if not (task.error_message or "").startswith((IGNORED, SAME_FILE))]


@dataclass(frozen=True)
class _MayBe:
    """An item, the posts with its words, and how many media its own shows."""

    task: Task
    alike: list[Seen]
    media: int


def _begun(connection: sa.Connection, candidates: Iterable[Task]) -> dict[int, Made]:
    """What is on X of those candidates whose thread is in part."""
    statuses = [status for status in Status if status in ADOPTABLE]
    ids = [
        id
        for project in {task.project_id for task in candidates}
        for id in attempts.begun(connection, project, statuses)
    ]
    return {id: attempts.made(connection, id) for id in ids}


def _media_of(task: Task, made: Made) -> int:
    """How many media the item's next post shows: those of a thread stand at its first."""
    return 0 if made.is_begun else len(task.files)


def keys_of(item: Item, made: Made, finders: dict[int, Finder] | None = None) -> set[str]:
    """What the item's words are known by: those that would go out now, and those that were to go out at the last try.

    Of a thread that is on X in part, those of its next post. Words that Gemini made are among them only where they are
    stored. `finders`, by content source, are used again.
    """
    if made.is_begun:
        return {matching.text_key(made.texts[len(made.ids)])}
    texts = {str(item.task.content_data["text"])} if item.task.content_data.get("text") else set[str]()
    try:
        with drafting.file_errors(item):
            source = item.source()
            if source.gemini:
                draft = _draft(item)
                texts |= {draft.text, *(way.text for way in draft.ways)}
            else:
                finders = {} if finders is None else finders
                finder = finders.setdefault(item.task.content_source_id, finder_for(item.project, source))
                texts |= set(drafting.texts_of(item, source, finder))
    except Ended:
        pass  # it has no words (any more)
    return {matching.text_key(text) for text in texts}


def _draft(item: Item) -> Draft:
    return enhancing.preview(item, drafting.draft(item, drafting.media_paths(item)), ask=False)


def _share_out(engine: sa.Engine, settings: Settings, found: Found, may_be: Mapping[int, _MayBe]) -> None:
    wanted: dict[str, int] = {}
    for one in may_be.values():
        for post in one.alike:
            wanted[post.post_id] = wanted.get(post.post_id, 0) + 1
    for one in may_be.values():
        why = _why_not(Item(engine, settings, one.task), one.alike, one.media, wanted)
        if why is None:
            found.pairs.append(Pair(one.task, one.alike[0]))
        else:
            found.unclear.append(Unclear(one.task, tuple(one.alike), why))


def _why_not(item: Item, alike: Sequence[Seen], media: int, wanted: Mapping[str, int]) -> str | None:
    """Why it is not certain that the only post is the item's; None when it is."""
    post = alike[0]
    if len(alike) > 1:
        return f"{len(alike)} posts have its words"
    if wanted[post.post_id] > 1:
        return f"{wanted[post.post_id]} items have the words of this post"
    if post.media != media:
        return f"the post shows {post.media} media, the item has {media}"
    try:
        is_older = post.posted_at + foreign.CLOCKS_DIFFER < foreign.made_at(item, item.task.metadata_path)
    except Ended as ended:
        return ended.outcome.reason
    return "the post is older than its files" if is_older else None


def adopt(
    engine: sa.Engine,
    settings: Settings,
    account: AccountRow,
    task: Task,
    post: Seen,
    *,
    now: datetime,
    by_person: bool = False,
    actor: str | None = None,
) -> tuple[bool, str]:
    """Take a post for an item's that nothing has posted, as far as is known here. Whether it was done, and what.

    `by_person`: a person has found it; `actor` has them, or who said yes to what was found here.
    """
    item = Item(engine, settings, task)
    content = contents.content_of(item)
    kept = _kept(item, post)
    how = "found by a person" if by_person else "found on the timeline; it was not known here"
    with writing(engine) as connection:
        task = tasks.get(connection, task.id, lock=True)
        if task.status not in ADOPTABLE:
            return False, f"{task.partition_key}: it is {task.status} by now"
        content = contents.taken(connection, task, content)
        if (whose := _whose_else(connection, account, task, post, by_person=by_person)) is not None:
            return False, f"{task.partition_key}: {address(settings, account, post.post_id)} {whose}"
        made = attempts.made(connection, task.id)
        sent = threads.next_content(made, kept)
        page = posts_page(settings, account.x_username)
        found = threads.on_x(Adopted, page, post.post_id, sent.part, sent.parts, made, f" ({how})")
        decided = decide(replace(found, posted_at=post.posted_at), task, now)
        if found.left:  # what comes after it is looked for when its turn comes (`foreign.is_seen`)
            if (moved := moves.resolve(connection, task.id, decided, now=now, actor=actor)) is not None:
                decided = moved
            else:
                moves.note(connection, task.id, "posted", task.status, found.reason, now=now, details=decided.details)
        elif not moves.adopt(connection, task.id, decided, now=now, actor=actor):
            return False, f"{task.partition_key}: it is {task.status} by now"
        attempts.resolve(connection, task.id, AttemptState.ADOPTED, now=now, tweet_id=post.post_id)
        if sent.parts > 1:
            attempts.record(connection, task, sent, post.post_id, account_id=account.id, now=now)
        values: dict[str, object] = {} if content is None else {"content_hash": content}
        if sent.part == 1:
            values["content_data"] = kept.model_dump(mode="json")
        if found.left and task.status in TRANSITIONS[Event.RETRY].froms:
            made = attempts.made(connection, task.id)
            values["error_message"] = f"{made}; goes on with: twitter-pipeline retry {task.id}"
        if values:
            connection.execute(sa.update(publishing_tasks).where(_tasks.id == task.id).values(values))
        looks.give(connection, account.id, post.post_id, task.id)
    return True, f"{task.partition_key}: {decided.message}"


def _whose_else(
    connection: sa.Connection, account: AccountRow, task: Task, post: Seen, *, by_person: bool
) -> str | None:
    """Why a post may not be given to the task, for people; None when it may, until the transaction ends."""
    if not looks.is_free(connection, account.id, post.post_id):
        return "is another item's by now"
    others = {one.text_key for one in looks.unanswered(connection, account.id) if one.task_id != task.id}
    if not by_person and post.text_key in others:
        return "may be a post that is under way just now; try again"
    return None


def adopt_rest(
    engine: sa.Engine, settings: Settings, account: AccountRow, task: Task, *, now: datetime, actor: str | None = None
) -> Iterator[str]:
    """Of a thread whose first post was just taken, take those that follow while each is certain; what was done."""
    while True:
        pairs = [pair for pair in match(engine, settings, account).pairs if pair.task.id == task.id]
        if not pairs or not pairs[0].task.content_data.get("more"):
            return
        done, said = adopt(engine, settings, account, pairs[0].task, pairs[0].post, now=now, actor=actor)
        yield said
        if not done:
            return


def _kept(item: Item, post: Seen) -> Draft:
    """What was posted, as far as it is known: as it would go out now, in the words that the timeline shows."""
    before = threads.planned(item.task)
    if before.text and matching.text_key(before.text) == post.text_key:
        return before
    try:
        with drafting.file_errors(item):
            draft = _draft(item)
    except Ended:
        draft = ELSEWHERE
    for way in draft.ways if matching.text_key(draft.text) != post.text_key else ():
        if matching.text_key(way.text) == post.text_key:
            draft = way.of(draft)
            break
    draft = draft.model_copy(update={"ways": ()})
    if matching.text_key(draft.text) != post.text_key:
        draft = draft.model_copy(update={"text": post.text, "more": (), "enhanced": None})
    return draft
