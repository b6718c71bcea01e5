"""The real project of 27 clips through five lines of configuration, on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline_tests.support.samples import needs_samples, samples_dir
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.stack import Stack

PROJECT = samples_dir() / "maker_music_makerthins"


@needs_samples
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_each_clip_of_the_real_project_is_posted_once_with_its_own_words(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    sources = [{"path": "output_video_music", "metadata": "uploader_json"}]
    stack = Stack(tmp_path, [{"id": "makerthins", "path": str(PROJECT), "sources": sources}])
    if database == "sqlite":
        assert stack.run_to_end("--until-idle", seconds=500) == 0
    else:
        with request.getfixturevalue("postgres").database(migrated=False) as url:
            content = f"{stack.config.read_text()}database_url: {url}\n"
            stack.config.write_text(content)
            assert stack.run_to_end("--until-idle", seconds=500) == 0
        assert not list(tmp_path.rglob("*.db-wal"))
        assert not (stack.settings.home / "pipeline.db").exists()
        assert not (stack.settings.home / "dagster" / "history").exists()

    with SandboxServer(stack.settings.home / "x") as sandbox:
        posts = {post["media"][0]["sha256"]: post["text"] for post in sandbox.posts()}
        assert len(sandbox.posts()) == 27
    wanted = {_sha256(PROJECT / "output_video_music" / name): words for name, words in _english_words().items()}
    assert posts.keys() == wanted.keys()
    for digest, words in wanted.items():
        assert posts[digest].startswith(words["title"][:60])
        assert words["description"][:30] in posts[digest]


def _english_words() -> dict[str, dict[str, Any]]:
    """What the batch file says of each clip."""
    (batch,) = (PROJECT / "uploader_json").glob("en_*.json")
    words: dict[str, dict[str, Any]] = json.loads(batch.read_text(encoding="utf-8"))
    return words


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
