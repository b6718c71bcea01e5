"""`<project>/tweets`: the graph asset whose partitions are a project's posts, one item each.

Its four ops call the steps of `publishing` and turn how they end into Dagster's terms:

    posted                         the partition is materialized, its check with it
    must wait, skipped, held       the run ends well, nothing is materialized, the reason stands on the partition's page
    failed for now                 Dagster's RetryPolicy tries the op again within seconds
    failed, refused, unknown       the run fails and the partition is red until it is materialized
    cancelled meanwhile            the run ends well, whatever came of it, unless its post has left
    told to stop                   the op ends without another try: Dagster would retry it, and post (tried)
"""

import base64
import functools
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

from twitter_pipeline.config import Project, Settings
from twitter_pipeline.defs import post_checks
from twitter_pipeline.defs.ending import told_to_end, why_told
from twitter_pipeline.defs.lease import Lease
from twitter_pipeline.defs.markdown import history
from twitter_pipeline.defs.names import job_of
from twitter_pipeline.defs.pipeline import (
    LARGER_PICTURE,
    Pipeline,
    items_of,
    media_items_key,
    owner_of,
    tweets_key,
)
from twitter_pipeline.defs.register import posted_metadata, registered, version_of
from twitter_pipeline.defs.relay import relay_in_run
from twitter_pipeline.publishing import post, steps, uploading
from twitter_pipeline.publishing.drafts import Draft, MediaFile, UploadedMedia
from twitter_pipeline.publishing.outcomes import Failed, Interrupted, Outcome
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store import accounts, log, tasks
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Event
from twitter_pipeline.store.tasks import Task

#: What Dagster raises inside an op to end its run.
STOP = (KeyboardInterrupt, dg.DagsterExecutionInterruptedError)


def _policy(retries: int, delay: float) -> dg.RetryPolicy:
    return dg.RetryPolicy(retries, delay, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


#: Reading files: a network share that hiccups.
READING = _policy(retries=1, delay=1)
#: Uploading: the network or X for some seconds. What takes longer is for a later run.
UPLOADING = _policy(retries=3, delay=2)
#: Creating: only where the request surely never left.
CREATING = _policy(retries=2, delay=2)

#: Markdown of 1,000 characters and more is a link to be clicked in Dagster's UI: 700 bytes are 936 in base64.
MOST_STAMP_BYTES = 700
#: Of the larger picture: most of what a post's run leaves in Dagster's storage, two or three times.
MOST_PICTURE_BYTES = 7_000
_SIDE = 480

Op = Callable[..., Iterator[Any]]


def ends_well(policy: dg.RetryPolicy) -> Callable[[Op], Op]:
    """Turn every way a step can end into the task's move and the op's end. Goes below `@dg.op`."""

    def decorate(step: Op) -> Op:
        @functools.wraps(step)
        def op(context: dg.OpExecutionContext, **inputs: Any) -> Iterator[Any]:
            held: Lease = context.resources.lease
            try:
                # An interrupt that hit Dagster's own part of a step (loading its input) made it try again (tried).
                if told_to_end(context.instance, context.run_id):
                    raise dg.DagsterExecutionInterruptedError
                with held.timed(context.op.name):
                    yield from step(context, **inputs)
            except STOP as stop:
                told = why_told(context.instance, context.run_id)
                _settle(context, held, told or Interrupted("stopped", by_person=False))
                raise dg.Failure("the run was told to end", allow_retries=False) from stop
            except dg.Failure:
                raise
            except Ended as ended:
                _end(context, held, ended.outcome, policy, ended)
            except Exception as error:  # noqa: BLE001 - whatever broke, the item ends in a visible state
                _end(context, held, Failed(f"{type(error).__name__}: {error}"), policy, error)

        return op

    return decorate


def _end(
    context: dg.OpExecutionContext, held: Lease, outcome: Outcome, policy: dg.RetryPolicy, error: Exception
) -> None:
    """End the op after `outcome`; returns only when the run shall end well without a post."""
    session = held.session
    if session is None:
        raise dg.Failure(outcome.reason, allow_retries=False) from error
    tries = policy.max_retries + 1
    if isinstance(outcome, Failed) and not outcome.for_later and context.retry_number < policy.max_retries:
        session.note("tried", f"{context.op.name}, try {context.retry_number + 1} of {tries}: {outcome.reason}")
        relay_in_run(context, session)
        raise dg.Failure(outcome.reason) from error
    move = _settle(context, held, outcome)
    if move not in (Event.WAIT, Event.SKIP, Event.RELEASE, Event.STOP):
        raise dg.Failure(outcome.reason, allow_retries=False) from error


def _settle(context: dg.OpExecutionContext, held: Lease, outcome: Outcome) -> Event | None:
    if held.session is None:
        return None
    move = held.session.settle(outcome)
    relay_in_run(context, held.session)
    context.log.info(move.message)
    return move.event


@dg.op(
    ins={"media_items": dg.In(dg.Nothing)},
    out=dg.Out(Draft, is_required=False),
    retry_policy=READING,
    required_resource_keys={"lease"},
)
@ends_well(READING)
def parse_metadata(context: dg.OpExecutionContext) -> Iterator[dg.Output[Draft]]:
    """Read and check the item: its file, whether it was posted before, its metadata, its text."""
    held: Lease = context.resources.lease
    if held.error is not None:
        raise dg.Failure(f"the task could not be taken: {held.error}", allow_retries=False) from held.error
    if held.posted is not None:
        context.log.info(f"{held.why_not}")
        yield dg.Output(Draft.model_validate(held.posted.content_data))
    elif held.session is None:
        _say_why_not(context, held)
    else:
        _tag_run(context, held.session)
        relay_in_run(context, held.session)
        draft = steps.prepare(held.session)
        relay_in_run(context, held.session)
        yield dg.Output(draft)


@dg.op(out=dg.Out(Draft, is_required=False), retry_policy=READING, required_resource_keys={"lease"})
@ends_well(READING)
def enhance_content(context: dg.OpExecutionContext, draft: Draft) -> Iterator[dg.Output[Draft]]:
    """Let Gemini improve the words, where the source says so; the item goes on with or without."""
    session = _session(context)
    if session is not None:
        draft = steps.enhance(session, draft)
        relay_in_run(context, session)
    yield dg.Output(draft)


@dg.op(out=dg.Out(UploadedMedia, is_required=False), retry_policy=UPLOADING, required_resource_keys={"lease"})
@ends_well(UPLOADING)
def upload_media(context: dg.OpExecutionContext, draft: Draft) -> Iterator[dg.Output[UploadedMedia]]:
    """Upload the item's media to X and wait until it is processed."""
    held: Lease = context.resources.lease
    if held.posted is not None:
        yield dg.Output(UploadedMedia(draft=draft, media_ids=(), expires_at=held.posted.updated_at))
        return
    session = _session(context)
    if session is None:
        return
    uploaded = uploading.upload(session, draft)
    relay_in_run(context, session)
    yield dg.Output(uploaded)


@dg.op(
    out={name: dg.Out(dg.Nothing, is_required=False) for name in ("result", *post_checks.CHECKS)},
    retry_policy=CREATING,
    required_resource_keys={"lease", "pipeline"},
)
@ends_well(CREATING)
def create_tweet(context: dg.OpExecutionContext, uploaded: UploadedMedia) -> Iterator[dg.MaterializeResult[None]]:
    """Create the post, once; a posted item is materialized again under the same data version."""
    held: Lease = context.resources.lease
    pipeline: Pipeline = context.resources.pipeline
    already_posted = held.posted is not None
    if held.posted is None:
        session = _session(context)
        if session is None:
            return
        with held.timed("post"):
            post.create(session, uploaded)
        relay_in_run(context, session)
        with reading(session.engine) as connection:
            held.posted = tasks.get(connection, session.task.id)
    task = held.posted
    yield dg.MaterializeResult(
        asset_key=tweets_key(held.project_id),
        data_version=dg.DataVersion(version_of(task)),
        metadata=_metadata(pipeline, task, uploaded.draft, held, already_posted),
        check_results=post_checks.results(pipeline.settings, pipeline.engine, task, uploaded.draft),
    )
    registered(pipeline.engine, task.id, context.instance)


def _session(context: dg.OpExecutionContext) -> Session | None:
    """The run's session; None (and the reason is told) when a re-execution that begins here could not take the task."""
    held: Lease = context.resources.lease
    if held.error is not None:
        raise dg.Failure(f"the task could not be taken: {held.error}", allow_retries=False) from held.error
    if held.session is None and held.posted is None:
        _say_why_not(context, held)
    return held.session


def _say_why_not(context: dg.OpExecutionContext, held: Lease) -> None:
    context.log.warning(f"not posted by this run: {held.why_not}")
    context.log_event(
        dg.AssetObservation(
            tweets_key(held.project_id),
            partition=held.partition_key,
            description=f"not posted by this run: {held.why_not}",
        )
    )


def _tag_run(context: dg.OpExecutionContext, session: Session) -> None:
    """A run launched by hand has no tags of ours yet."""
    wanted = run_tags(session.task.id, session.project, session.account.name)
    missing = {name: value for name, value in wanted.items() if context.run.tags.get(name) != value}
    if missing:
        context.instance.add_run_tags(context.run_id, missing)


def run_tags(task_id: int, project: Project, account: str) -> dict[str, str]:
    """The tags every run carries."""
    return {"project": project.id, "task_id": str(task_id), "account": account}


def _metadata(pipeline: Pipeline, task: Task, draft: Draft, held: Lease, already_posted: bool) -> dict[str, Any]:
    """What the partition's page shows, from top to bottom: the post as people see it, how it came to be, numbers."""
    project = pipeline.settings.project(task.project_id)
    with reading(pipeline.engine) as connection:
        lines = log.of_task(connection, task.id)
        account = accounts.of_source(connection, task.content_source_id).name
    pictures = _pictures(project, task, draft)
    return {
        **posted_metadata(task),
        **pictures,
        "log": dg.MetadataValue.md(history(lines)),
        "account": account,
        "media": "\n".join(map(_in_words, draft.media)) or "none",
        "sidecar": draft.sidecar or "none: the words of the file's name",
        "weight": draft.weight,
        "gave_way": ", ".join(draft.gave_way) or "nothing",
        # Seldom anything: what is said of every post is kept for every post.
        **({"labels": ", ".join(draft.labels)} if draft.labels else {}),
        **({"not_used": "\n".join(draft.unused)} if draft.unused else {}),
        **({"varied": draft.varied} if draft.varied else {}),
        "seconds": dg.MetadataValue.json(held.seconds),
        "attempt": task.attempt,
        "already_posted": already_posted,
    }


def _in_words(media: MediaFile) -> str:
    length = "" if media.seconds is None else f", {media.seconds:.1f} s"
    shows = f": {media.alt_text}" if media.alt_text else ""
    captions = "".join(f", captions in {one.display_name}" for one in media.captions)
    size = f"{media.width}×{media.height}{length}, {media.bytes:,} bytes"
    return f"{media.path} ({media.media_type}, {size}{captions}){shows}"


def _pictures(project: Project, task: Task, draft: Draft) -> dict[str, Any]:
    """The media for the UI, as a stamp that its table shows and as a picture behind a click; none when it is gone."""
    from twitter_pipeline.media import contact_sheet, stamp

    if not draft.media:
        return {}
    try:
        # Where they are by now: they may have been moved after the post.
        jpeg = contact_sheet([project.path / file for file in task.files])
        small, large = stamp(jpeg, MOST_STAMP_BYTES), stamp(jpeg, MOST_PICTURE_BYTES, largest=_SIDE)
    except Exception:  # noqa: BLE001 - the post is out: a picture is no reason to fail
        return {}
    return {"picture": _embedded(small), LARGER_PICTURE: _embedded(large)}


def _embedded(webp: bytes) -> dg.MarkdownMetadataValue:
    """A picture inside the metadata that shows it."""
    return dg.MetadataValue.md(f"![picture](data:image/webp;base64,{base64.b64encode(webp).decode()})")


def tweets_asset(settings: Settings, project: Project) -> dg.AssetsDefinition:
    """The graph asset of a project."""

    @dg.graph_asset(
        name="tweets",
        key_prefix=project.id,
        ins={"media_items": dg.AssetIn(media_items_key(project.id), dagster_type=dg.Nothing)},
        partitions_def=items_of(project.id),
        check_specs=post_checks.specs(project.id),
        group_name=project.id,
        owners=[owner_of(settings, project)],
        kinds={"twitter"},
        description=project.description or f"The posts of {project.name}; one partition is one item.",
    )
    def tweets(media_items: Any) -> Any:
        result, *checked = create_tweet(upload_media(enhance_content(parse_metadata(media_items))))
        named = zip(post_checks.CHECKS, checked, strict=True)
        return {"result": result, **{f"{project.id}__tweets_{name}": output for name, output in named}}

    return tweets


def media_items_asset(settings: Settings, project: Project) -> dg.AssetSpec:
    """The external asset of a project's media: materialized when the scan has recorded an item."""
    return dg.AssetSpec(
        media_items_key(project.id),
        partitions_def=items_of(project.id),
        group_name=project.id,
        owners=[owner_of(settings, project)],
        kinds={"file"},
        description=f"Media and metadata in {project.path}",
    )


def publish_job(project: Project) -> Any:
    """The job over a project's tweets."""
    return dg.define_asset_job(
        job_of(project.id),
        selection=[tweets_key(project.id)],
        description=f"Post items of {project.name}; one run posts one partition.",
    )
