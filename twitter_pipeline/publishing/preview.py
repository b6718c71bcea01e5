"""What a run would send for an item, and why it would not: shown without changing anything, unless Gemini is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import drafting, due, enhancing, holding, repeats, unconfirmed
from twitter_pipeline.publishing.drafts import ELSEWHERE, Draft
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.scanning.reasons import IGNORED
from twitter_pipeline.store import accounts, attempts
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

_tasks = publishing_tasks.c


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


#: The slots of the tasks of each project, by their ids.
Plans = dict[str, dict[int, datetime]]


def preview(
    engine: sa.Engine, settings: Settings, task: Task, *, now: datetime, ask: bool = False, plans: Plans | None = None
) -> Preview:
    """Look at a task as its run would. Raises ConfigError for a project that is not in config.yaml.

    With `ask`, Gemini is asked now where its run would ask: the answer is stored, and the run uses it. Whoever looks at
    many tasks hands the same `plans` to each call, empty at first: a project is planned once then.
    """
    plans = {} if plans is None else plans
    item = Item(engine, settings, task)
    with reading(engine) as connection:
        account = accounts.of_source(connection, task.content_source_id).name
    if task.status is Status.COMPLETED:
        posted = Draft.model_validate(task.content_data)
        if posted == ELSEWHERE:
            return Preview(task, account, None, None, ("it was posted before, elsewhere",))
        return Preview(task, account, posted, None, ())
    if task.status is Status.SKIPPED and (task.error_message or "").startswith(IGNORED):
        return Preview(task, account, None, None, (str(task.error_message),))  # an archive is not read through for it
    draft: Draft | None = None
    why_not: list[str] = []
    try:
        with drafting.file_errors(item):
            paths = drafting.media_paths(item)
            draft = drafting.draft(item, paths)
            twin = drafting.twin_of(item, drafting.content_identity(item, paths))
        if twin is not None:
            why_not.append(twin)
    except Ended as ended:
        why_not.append(ended.outcome.reason)
    if draft is not None:
        draft, same = repeats.why_not(item, enhancing.preview(item, draft, ask=ask), now=now)
        if same is not None:
            why_not.append(same)
    with reading(engine) as connection:
        if (known := unconfirmed.of(connection, task)) is not None:
            why_not += [f"it may be on X already: {known.reason}", known.next_step]
        elif attempts.may_be_posted(connection, task.id):
            why_not.append("it may be on X already and is not posted again by itself")
        waits = task.status in (Status.PENDING, Status.QUEUED, Status.RUNNING, Status.UNCONFIRMED)
        if not waits and task.error_message not in why_not:
            why_not.append(f"it is {task.status}: {task.error_message}")
        if (held := holding.look(connection, settings, item.project, now).of(task)) is not None:
            why_not.append(held)
        if item.project.id not in plans:
            planned = due.slots(connection, settings, item.project, now)
            plans[item.project.id] = {one.id: at for one, at in planned}
    return Preview(task, account, draft, plans[item.project.id].get(task.id), tuple(why_not))
