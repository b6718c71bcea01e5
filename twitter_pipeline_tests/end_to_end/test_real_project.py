"""The first user's own project, through the whole of Dagster: 27 clips, one batch file, 27 posts."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.support.postgres import PostgresServer
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), needs_samples]

PROJECT = samples_dir() / "maker_music_makerthins"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The setting that names the database; none for SQLite."""
    if request.param == "sqlite":
        yield {}
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database(migrated=False) as url:
        yield {"database_url": url}


@pytest.mark.soak
def test_each_of_the_27_clips_becomes_one_post_with_its_english_words(tmp_path: Path, database: dict[str, str]) -> None:
    source = {"type": "video", "path": "output_video_music", "metadata": "uploader_json"}
    stack = Stack(tmp_path, [{"id": "maker", "path": str(PROJECT), "sources": [source]}], **database)
    assert stack.run_to_end("--until-idle", seconds=300) == 0

    with SandboxServer(stack.settings.home / "x") as sandbox:
        posts = sandbox.posts()
    posted = {post["media"][0]["sha256"]: post["text"] for post in posts}
    (batch,) = (PROJECT / "uploader_json").glob("en_*.json")
    titles = {name: words["title"] for name, words in json.loads(batch.read_text(encoding="utf-8")).items()}
    clips = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in PROJECT.glob("output_video_music/*.mp4")
    }
    assert len(posts) == len(clips) == 27
    assert posted.keys() == clips.keys()
    for content, text in posted.items():
        # Those that a title ends with give way before its words do.
        words = re.sub(r"(?:\s+#\w+)+$", "", " ".join(titles[clips[content]].split()))
        assert text.startswith(words), clips[content]
    assert {task.status for task in stack.tasks()} == {Status.COMPLETED}
    assert all(task.attempt == 1 for task in stack.tasks())
