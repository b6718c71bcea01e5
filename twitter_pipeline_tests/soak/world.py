"""What a soak publishes in: settings, database, folders, the sandbox's rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings, load
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store import schema
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.opening import prepare_store
from twitter_pipeline_tests.soak.classes import TROUBLES, class_of
from twitter_pipeline_tests.soak.hurrying import SETTLE
from twitter_pipeline_tests.soak.items import Expected

#: Items with the same words are sent all the same: what X says of that is to be seen. Links stay, since X changes them.
HOW = {"overflow": "thread", "same_words": "post", "links": "keep"}


def content(items: Sequence[Expected]) -> dict[str, Any]:
    """The configuration for these items: a project for each trouble, accounts for each class."""
    accounts = sorted({item.account for item in items})
    projects = []
    for trouble in TROUBLES:
        sources = [
            {"type": class_of(account).kind, "path": account, "account": account, **HOW}
            for account in accounts
            if class_of(account).trouble == trouble
        ]
        if sources:
            common = {"stable_for": "0 s", "max_retries": 100, "account": sources[0]["account"]}
            projects.append({"id": trouble, "path": trouble, "sources": sources, **common})
    x = {
        "read_timeout": "1 s",
        "connect_timeout": "1 s",
        "processing_timeout": "5 s",
        "settle_time": f"{SETTLE.total_seconds()} s",
    }
    return {"accounts": [{"name": account} for account in accounts], "projects": projects, "x": x}


def configure(folder: Path, database_url: str | None, x_url: str, items: Sequence[Expected]) -> Path:
    """config.yaml for items whose files are in `folder`. Without a `database_url` it is SQLite, in `folder`."""
    made = {"mode": "sandbox", **content(items)}
    made["x"]["base_url"] = x_url
    if database_url:
        made["database_url"] = database_url
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(made), encoding="utf-8")
    return path


def prepare(config: Path) -> tuple[Settings, sa.Engine]:
    """The settings and the migrated database, with a task for each item."""
    settings = load(config, environ={})
    schema.upgrade(connect(settings.sqlalchemy_url))
    engine = prepare_store(settings)
    for project in settings.projects:
        for _look in range(2):
            scan(engine, project, time_box=timedelta(minutes=10), now=utc_now())
    return settings, engine


def rules(items: Sequence[Expected], seed: int) -> list[dict[str, Any]]:
    """The sandbox's faults for the accounts of these items."""
    accounts = sorted({item.account for item in items})
    return [
        {**rule, "account": account, **({"seed": seed} if "probability" in rule else {})}
        for account in accounts
        for rule in class_of(account).rules
    ]
