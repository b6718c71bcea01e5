"""What the API answers with. Times are ISO 8601 in UTC; ids of X are texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from twitter_pipeline.api.fields import Next
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import prices
from twitter_pipeline.publishing.prices import Price
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.store.log import Line
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task, files_of


def run_url(settings: Settings, run_id: str | None) -> str | None:
    """A run's page in Dagster."""
    return None if run_id is None else f"{settings.dagster.url}/runs/{run_id}"


class TaskOut(BaseModel):
    """A task, as lists show it."""

    id: int
    project: str
    item: str = Field(description="Its key in Dagster: the partition of `<project>/tweets`.")
    media_path: str
    files: list[str] = Field(description="Its media in their order, relative to the project's folder.")
    status: Status
    reason: str | None = Field(description="Why it stands as it does, for people.")
    retry_count: int
    attempt: int = Field(description="The number of its latest attempt.")
    scheduled_time: datetime
    executed_time: datetime | None = Field(description="When it was posted.")
    created_at: datetime
    updated_at: datetime
    run_id: str | None
    run_url: str | None
    tweet_id: str | None
    tweet_url: str | None

    @classmethod
    def of(cls, task: Task, settings: Settings) -> TaskOut:
        """The task's."""
        return cls.model_construct(
            id=task.id,
            project=task.project_id,
            item=task.partition_key,
            media_path=task.media_path,
            files=list(task.files),
            status=task.status,
            reason=task.error_message,
            retry_count=task.retry_count,
            attempt=task.attempt,
            scheduled_time=task.scheduled_time,
            executed_time=task.executed_time,
            created_at=task.created_at,
            updated_at=task.updated_at,
            run_id=task.run_id,
            run_url=run_url(settings, task.run_id),
            tweet_id=task.tweet_id,
            tweet_url=task.tweet_url,
        )


def listed(row: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """A `TaskOut` of a row of `api.listing.page`, as what it is in JSON: making the model takes as long as all else."""
    row["files"] = files_of(row["media_path"], row["files"])
    row["run_url"] = run_url(settings, row["run_id"])
    return row


class TaskPage(BaseModel):
    """Tasks, the newest first."""

    tasks: list[TaskOut]
    next: Next


class AttemptOut(BaseModel):
    """One attempt to create the post, or one post of a thread."""

    number: int
    part: int = Field(description="Which post of a thread it is, from 1.")
    parts: int = Field(description="How many the thread has; 1 for a single post.")
    reply_to: str | None = Field(description="The id of the post before it in the thread.")
    state: str = Field(description="prepared, sent, confirmed, refused, unknown, adopted or absent.")
    text: str
    run_id: str
    run_url: str | None
    prepared_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    http_status: int | None
    tweet_id: str | None
    answer: str | None


class EditedOut(BaseModel):
    """The words that a person wrote in place of its files'."""

    text: str | None = Field(description="The whole text; null where it is the files' own.")
    alt_texts: dict[str, str] = Field(description="What pictures show, by their files.")
    actor: str
    at: datetime


class TaskDetail(TaskOut):
    """A task with all there is about it."""

    account: str = Field(description="The X account it posts as.")
    metadata_path: str | None
    content: dict[str, Any] = Field(description="The post as it was made: text and media; empty before.")
    edited: EditedOut | None
    wanted_time: datetime | None = Field(description="The time that a person gave it.")
    attempts: list[AttemptOut]
    next_step: str | None = Field(description="Who finds out about an unconfirmed one, and how.")


class LineOut(BaseModel):
    """A line of the publishing log."""

    id: int
    action: str
    status: str = Field(description="The task's, after it.")
    message: str
    details: dict[str, Any]
    created_at: datetime
    actor: str | None = Field(description="Who made it; null where the pipeline did by itself.")
    run_id: str | None
    run_url: str | None

    @classmethod
    def of(cls, line: Line, settings: Settings) -> LineOut:
        """The line's."""
        names = ("id", "action", "status", "message", "details", "created_at", "actor", "run_id")
        return cls(**{name: getattr(line, name) for name in names}, run_url=run_url(settings, line.run_id))


class Lines(BaseModel):
    """The publishing log of a task, oldest first."""

    lines: list[LineOut]


class ProjectOut(BaseModel):
    """A project."""

    id: str
    name: str
    description: str
    owner: str
    account: str
    path: str
    counts: dict[Status, int] = Field(description="Its tasks by how they stand.")
    last_scan_time: datetime | None = Field(description="When the last whole scan began.")
    scan_problem: str | None = Field(description="Why the last scan could not look.")
    next_post: datetime | None = Field(description="The earliest time of a pending task.")
    held_back: str | None = Field(description="Why nothing, or not everything, is posted now.")


class Projects(BaseModel):
    """All projects of config.yaml."""

    projects: list[ProjectOut]


class ScannedTask(BaseModel):
    """A task that came while a scan was under way."""

    id: int
    item: str
    media_path: str
    status: Status
    reason: str | None


class Scanned(BaseModel):
    """What the scan of one project did."""

    project: str
    found: int = Field(description="Items that became tasks.")
    skipped: int = Field(description="Those of them that are skipped at once.")
    arriving: int = Field(description="Files that may still be being written: the next scan takes them.")
    problems: list[str]
    whole: bool = Field(description="Whether all of its folders were looked at.")
    seconds: float
    tasks: list[ScannedTask] = Field(description="The first hundred of what was found, skipped with their reasons.")

    @classmethod
    def of(cls, project: str, report: ScanReport, tasks: list[ScannedTask]) -> Scanned:
        """The report's."""
        return cls(
            project=project,
            found=report.found,
            skipped=report.skipped,
            arriving=report.arriving,
            problems=report.problems[:100],
            whole=report.whole,
            seconds=round(report.seconds, 3),
            tasks=tasks,
        )


class ScanOut(BaseModel):
    """A scan, as far as it got."""

    id: str
    done: bool
    began_at: datetime
    projects: list[Scanned]


class Published(BaseModel):
    """What became of one task that was to be posted."""

    task: int
    item: str
    outcome: str = Field(
        description="launched; running (by a run that was there already); posted; held (and why); failed (and why);"
        " waiting (until `scheduled_time`)."
    )
    reason: str | None = None
    run_id: str | None = None
    run_url: str | None = None
    status: Status
    tweet_url: str | None = None
    scheduled_time: datetime | None = None


class PublishedAll(BaseModel):
    """What became of each."""

    results: list[Published]


class Done(BaseModel):
    """What a person's decision changed."""

    task: TaskOut
    changed: bool
    said: str


class PriceOut(BaseModel):
    """What X charges for a post: an estimate, at `x.prices`."""

    dollars: float
    without_links: float = Field(description="What it would be without links; the same where there are none.")
    dearer_because: str | None = Field(description="What makes it cost more; null for nothing.")

    @classmethod
    def of(cls, price: Price) -> PriceOut:
        """The price's."""
        return cls(
            dollars=price.dollars,
            without_links=price.without_links,
            dearer_because=prices.LINK if price.dearer else None,
        )


class PreviewOut(BaseModel):
    """A task as it would go out."""

    task: int
    item: str
    account: str
    slot: datetime | None = Field(description="When it goes out, unless something holds it back.")
    why_not: list[str] = Field(description="What holds it back, each with the way out.")
    limit: int = Field(description="The longest text, in X's weighted characters.")
    price: PriceOut | None = Field(description="What X charges for it; null where nothing is sent (any more).")
    draft: dict[str, Any] | None = Field(description="What is sent; for a posted one, what was.")


class DecisionOut(BaseModel):
    """Something that a person did with no one task."""

    id: int
    action: str = Field(description="pause, resume, approve, create, revoke, …")
    about: str = Field(description="With what: everything, project cats, account my_account, token 3, …")
    message: str = Field(description="The reason they gave, or more about it; may be empty.")
    actor: str
    created_at: datetime


class DecisionPage(BaseModel):
    """What people did, the newest first."""

    decisions: list[DecisionOut]
    next: Next


class TokenOut(BaseModel):
    """A token, without what opens anything."""

    id: int
    user: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class Tokens(BaseModel):
    """All tokens."""

    tokens: list[TokenOut]


class NewToken(BaseModel):
    """A token that was just made: it is shown this once."""

    id: int
    token: str
