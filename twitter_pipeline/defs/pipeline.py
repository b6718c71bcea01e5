"""What every part of the Dagster layer works with: the settings and the database."""

import functools
from collections.abc import Sequence

import dagster as dg
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings
from twitter_pipeline.defs.names import job_of, partitions_of
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.opening import open_store, prepare_store

#: The metadata of a post that is most of its bytes: it is not kept for as long as the rest (defs.thinning).
LARGER_PICTURE = "larger_picture"


class Pipeline:
    """The settings definitions were loaded with, and their database, opened when first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._began = utc_now()

    @functools.cached_property
    def engine(self) -> sa.Engine:
        """The database, its schema looked at. Raises SchemaError with the command that mends it."""
        return open_store(self.settings)

    @functools.cached_property
    def prepared_engine(self) -> sa.Engine:
        """The same, prepared as at every start: under plain `dagster dev` nobody else does it.

        Its rows are brought to what config.yaml says, and each account's timeline is looked through before its next
        post. For sensors: a run's process is no start.
        """
        engine = prepare_store(self.settings)
        with writing(engine) as connection:
            accounts.look_again(connection, since=self._began)
        return engine


def tweets_key(project_id: str) -> dg.AssetKey:
    """The asset that is a project's posts; one partition is one item."""
    return dg.AssetKey([project_id, "tweets"])


def media_items_key(project_id: str) -> dg.AssetKey:
    """The external asset that is a project's media."""
    return dg.AssetKey([project_id, "media_items"])


def items_of(project_id: str) -> dg.DynamicPartitionsDefinition:
    """The partitions of both: a project's items."""
    return dg.DynamicPartitionsDefinition(name=partitions_of(project_id))


def project_of(projects: Sequence[Project], run: dg.DagsterRun) -> Project | None:
    """The project whose item a run is to post: of its job, or of the asset when it was materialized ad hoc."""
    for project in projects:
        if run.job_name == job_of(project.id) or tweets_key(project.id) in (run.asset_selection or ()):
            return project
    return None


def owner_of(settings: Settings, project: Project) -> str:
    """The project's owner as Dagster wants owners: an e-mail address or `team:name`."""
    email = settings.user(project.owner).email
    # Dagster knows top-level domains of up to seven letters only.
    known = email is not None and 2 <= len(email.rpartition(".")[2]) <= 7
    return email if email is not None and known else f"team:{project.owner}"


def instance_id(instance: dg.DagsterInstance) -> str:
    """The id of a Dagster storage: a new one when it was thrown away."""
    return str(instance.run_storage.get_run_storage_id())  # type: ignore[attr-defined]
