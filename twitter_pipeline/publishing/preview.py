"""What a run would send for an item, and why it would not: shown without changing anything, unless Gemini is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.config import Settings, Source
from twitter_pipeline.publishing import drafting, due, enhancing, holding, prices, repeats, threads, unconfirmed
from twitter_pipeline.publishing.drafts import ELSEWHERE, Draft
from twitter_pipeline.publishing.holding import Holds
from twitter_pipeline.publishing.prices import Price
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.scanning.reasons import IGNORED
from twitter_pipeline.scanning.sidecars import Finder, finder_for
from twitter_pipeline.store import accounts, attempts
from twitter_pipeline.store import repeats as store_repeats
from twitter_pipeline.store.accounts import AccountRow
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task

if TYPE_CHECKING:
    from twitter_pipeline.content.metadata import Metadata

#: In these more of a thread may be to come.
UNFINISHED = [status for status in Status if status is not Status.COMPLETED]


@dataclass(frozen=True)
class Text:
    """One text of a post."""

    text: str
    #: By X's counting.
    weight: int


@dataclass(frozen=True)
class Preview:
    """An item as it would go out."""

    task: Task
    account: str
    #: What is sent; for a posted item, what was. None when there can be none, and `why_not` says why.
    draft: Draft | None
    #: When it goes out (aware UTC), unless something holds it back; None for what does not go out by itself.
    slot: datetime | None
    #: What holds it back, each with the way out.
    why_not: tuple[str, ...]
    #: The longest text it may have, by X's counting.
    limit: int
    #: Its words as they lie beside it; None where there are none, or for a posted one.
    before: Metadata | None = None
    #: What X charges for it; None where nothing is sent (any more).
    price: Price | None = None

    @property
    def texts(self) -> tuple[Text, ...]:
        """What is posted, one after the other; empty without a draft."""
        return () if self.draft is None else texts_of(self.draft)


def texts_of(draft: Draft) -> tuple[Text, ...]:
    """What a draft posts, one after the other."""
    from twitter_pipeline.content.weight import weighted_length

    return tuple(Text(text, weighted_length(text)) for text in draft.texts)


@dataclass
class Seen:
    """What looks at many items share: each project is planned once, each folder listed once. Empty at first."""

    slots: dict[str, dict[int, datetime]] = field(default_factory=dict)
    holds: dict[str, Holds] = field(default_factory=dict)
    #: By the ids of content sources.
    sources: dict[int, Source] = field(default_factory=dict)
    finders: dict[int, Finder] = field(default_factory=dict)
    accounts: dict[int, AccountRow] = field(default_factory=dict)
    #: What the words are known by that an account has sent lately, by its id.
    keys: dict[int, set[str]] = field(default_factory=dict)
    #: The tasks of a project whose thread is on X in part.
    begun: dict[str, set[int]] = field(default_factory=dict)


class _Item(Item):
    """An item whose source is looked up once."""

    def __init__(self, engine: sa.Engine, settings: Settings, task: Task, seen: Seen) -> None:
        super().__init__(engine, settings, task)
        self._seen = seen

    def source(self) -> Source:
        known = self._seen.sources
        if self.task.content_source_id not in known:
            known[self.task.content_source_id] = super().source()
        return known[self.task.content_source_id]

    @property
    def finder(self) -> Finder:
        """That of its source. Raises Ended as `source`."""
        source = self.source()
        return self._seen.finders.setdefault(self.task.content_source_id, finder_for(self.project, source))


def preview(
    engine: sa.Engine, settings: Settings, task: Task, *, now: datetime, ask: bool = False, seen: Seen | None = None
) -> Preview:
    """Look at a task as its run would. Raises ConfigError for a project that is not in config.yaml.

    With `ask`, Gemini is asked now where its run would ask: the answer is stored, and the run uses it. Whoever looks at
    many tasks hands the same `seen` to each call.
    """
    seen = Seen() if seen is None else seen
    item = _Item(engine, settings, task, seen)
    account = _account_row(item, seen).name
    limit = settings.text_limit_of(account)
    if task.status is Status.COMPLETED:
        posted = Draft.model_validate(task.content_data)
        if posted == ELSEWHERE:
            return Preview(task, account, None, None, ("it was posted before, elsewhere",), limit)
        return Preview(task, account, posted, None, (), limit)
    if task.status is Status.SKIPPED and (task.error_message or "").startswith(IGNORED):
        # An archive is not read through for it.
        return Preview(task, account, None, None, (str(task.error_message),), limit)
    draft, why_not = _begun(item, seen), list[str]()
    if draft is None:
        draft = _drafted(item, seen, why_not, ask=ask, now=now)
    why_not += _held(item, seen, now, known=why_not)
    slot = seen.slots[task.project_id].get(task.id)
    cost = None if draft is None else prices.of(draft.texts, settings.x.prices)
    return Preview(task, account, draft, slot, tuple(why_not), limit, _before(item), cost)


def _begun(item: Item, seen: Seen) -> Draft | None:
    """What goes on, where its thread is on X in part."""
    task = item.task
    with reading(item.engine) as connection:
        if task.project_id not in seen.begun:
            seen.begun[task.project_id] = attempts.begun(connection, task.project_id, UNFINISHED)
        if task.id not in seen.begun[task.project_id]:
            return None
        return threads.begun(task, attempts.made(connection, task.id))


def _drafted(item: _Item, seen: Seen, why_not: list[str], *, ask: bool, now: datetime) -> Draft | None:
    """The draft that its run would make; why there can be none goes to `why_not`."""
    try:
        with drafting.file_errors(item):
            paths = drafting.media_paths(item)
            draft = drafting.draft(item, paths, item.finder)
            digests = drafting.digests_of(paths)
            draft = draft.with_digests(digests)
            twin = drafting.twin_of(item, drafting.content_identity(item, paths, digests))
    except Ended as ended:
        why_not.append(ended.outcome.reason)
        return None
    if twin is not None:
        why_not.append(twin)
    draft = enhancing.preview(item, draft, ask=ask)
    account = _account_row(item, seen)
    if account.id not in seen.keys:
        with reading(item.engine) as connection:
            since = now - item.settings.x.repeat_window
            seen.keys[account.id] = store_repeats.keys(connection, account.id, since=since)
    draft, same = repeats.why_not(item, draft, now=now, keys=seen.keys[account.id])
    if same is not None:
        why_not.append(same)
    return draft


def _account_row(item: Item, seen: Seen) -> AccountRow:
    source_id = item.task.content_source_id
    if source_id not in seen.accounts:
        with reading(item.engine) as connection:
            seen.accounts[source_id] = accounts.of_source(connection, source_id)
    return seen.accounts[source_id]


def _held(item: Item, seen: Seen, now: datetime, *, known: list[str]) -> list[str]:
    """What holds the item back beside what is `known` to be wrong with it; its project's slots are in `seen` then."""
    task, project = item.task, item.project
    why_not = []
    with reading(item.engine) as connection:
        if (lost := unconfirmed.of(connection, task)) is not None:
            why_not += [f"it may be on X already: {lost.reason}", lost.next_step]
        elif attempts.may_be_on_x(connection, task.id):
            why_not.append("it may be on X already and is not posted again by itself")
        waits = task.status in (Status.PENDING, Status.QUEUED, Status.RUNNING, Status.UNCONFIRMED)
        if not waits and task.error_message not in (*known, *why_not):
            why_not.append(f"it is {task.status}: {task.error_message}")
        if project.id not in seen.holds:
            seen.holds[project.id] = holding.look(connection, item.settings, project, now)
            planned = due.slots(connection, item.settings, project, now)
            seen.slots[project.id] = {one.id: at for one, at in planned}
    if (held := seen.holds[project.id].of(task)) is not None:
        why_not.append(held)
    return why_not


def _before(item: _Item) -> Metadata | None:
    """The words as they are. None when there are none that can be read."""
    try:
        with drafting.file_errors(item):
            return drafting.read_metadata(item, item.source(), item.finder)[0]
    except Ended:
        return None
