"""What the server has before it forks: modules, and the definitions."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING

from twitter_pipeline.config import file_stamp, path_in_force

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

#: What a run, or two of the services, import sooner or later. Nothing here may start a thread (pandas does).
PRELOAD = (
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
    "PIL.WebPImagePlugin",
    "antlr4",
    "av.subtitles.stream",
    "cryptography.fernet",
    "dagster._cli.api",
    "dagster._core.definitions.antlr_asset_selection.antlr_asset_selection",
    "dagster._core.definitions.repository_definition.repository_data_builder",
    "dagster._core.execution.plan.active",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.storage.root",
    "dagster._core.storage.sqlite_storage",
    "dagster._core.system_config.composite_descent",
    "dagster._core.utility_ops",
    "dagster._core.workspace.autodiscovery",
    "dagster._daemon.cli",
    "dagster._daemon.daemon",
    "dagster._grpc.client",
    "dagster._grpc.server",
    "dagster._grpc.server_watcher",
    "dagster_postgres",
    "fsspec.implementations.local",
    "jinja2.sandbox",
    "regex",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "twitter_pipeline.content.compose",
    "twitter_pipeline.content.fit",
    "twitter_pipeline.content.hashtags",
    "twitter_pipeline.content.template",
    "twitter_pipeline.content.weight",
    "twitter_pipeline.defs.build",
    "twitter_pipeline.defs.compute_logs",
    "twitter_pipeline.launching.run_launcher",
    "twitter_pipeline.launching.run_queue",
    "twitter_pipeline.launching.storage",
    "twitter_pipeline.media.captions",
    "twitter_pipeline.media.picture",
    "twitter_pipeline.media.thumbnails",
    "twitter_pipeline.media.video",
    "twitter_pipeline.publishing.post",
    "twitter_pipeline.scanning.captions",
    "twitter_pipeline.scanning.words_beside",
    "twitter_pipeline.scanning.sidecars",
    "twitter_pipeline.x.client",
    "twitter_pipeline.x.posts",
    "twitter_pipeline.x.subtitles",
    "twitter_pipeline.x.upload",
    "upath.implementations.local",
)

_DEFINITIONS = "twitter_pipeline.definitions"


class Loaded:
    """Everything is imported once this is made."""

    def __init__(self) -> None:
        for module in PRELOAD:
            importlib.import_module(module)
        _keep_migrations_of_dagster()
        #: What config.yaml was when the definitions were loaded.
        self._config = file_stamp(path_in_force())
        try:
            importlib.import_module(_DEFINITIONS).defs.get_repository_def().load_all_definitions()
        except Exception:  # noqa: BLE001 - each run tries for itself, and Dagster shows what is wrong
            traceback.print_exc()
            sys.modules.pop(_DEFINITIONS, None)

    def forget_what_is_stale(self) -> None:
        """In a fork: have the definitions loaded anew when config.yaml is another one by now."""
        if file_stamp(path_in_force()) != self._config:
            sys.modules.pop(_DEFINITIONS, None)


def _keep_migrations_of_dagster() -> None:
    """Have the list of Dagster's migrations read here, once: each process reads it for each of Dagster's databases."""
    from alembic.script import ScriptDirectory
    from dagster._core.storage import sql

    from_config = ScriptDirectory.from_config
    dagsters = from_config(sql.get_alembic_config(sql.__file__))
    dagsters.as_revision_number("head")

    def kept(config: Config) -> ScriptDirectory:
        if config.get_main_option("script_location") == sql.ALEMBIC_SCRIPTS_LOCATION:
            return dagsters
        return from_config(config)

    ScriptDirectory.from_config = kept  # type: ignore[method-assign]
