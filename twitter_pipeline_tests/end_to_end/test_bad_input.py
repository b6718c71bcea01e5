"""A folder full of trouble: each thing ends in a visible state with a reason, and the good ones are posted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.end_to_end.projects import put
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_whatever_lies_in_the_folder_has_its_reason_and_the_rest_goes_on(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    put(clip, folder, "good.mp4", title="A good one")
    put(clip, folder, "with space & 'quotes'.mp4", title="Odd name, good film")
    put(clip, folder, "😺 猫.mp4", title="表情と漢字")
    put(clip, folder, "empty.mp4", title="Nothing in it").write_bytes(b"")
    cut = put(clip, folder, "cut.mp4", title="Cut off")
    cut.write_bytes(cut.read_bytes()[:500])
    put(clip, folder, "misnamed.mp4", title="No film").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    put(clip, folder, "silent.mp4")
    for name, said in {"broken": '{"title": "Bro', "list": "[1]", "number": "17"}.items():
        put(clip, folder, f"{name}.mp4").with_suffix(".json").write_text(said, encoding="utf-8")
    (folder / "wordless.json").write_text(json.dumps({"keywords": ["cat"]}), encoding="utf-8")
    put(clip, folder, "wordless.mp4")
    (folder / "outside.mp4").symlink_to(clip)

    stack = Stack(tmp_path, [{"id": "cats", "path": "cats", "metadata_wait": "1 s"}])
    assert stack.run_to_end("--until-idle", seconds=200) == 0

    tasks = {Path(task.media_path).stem: task for task in stack.tasks()}
    with SandboxServer(stack.settings.home / "x") as sandbox:
        assert sorted(post["text"] for post in sandbox.posts()) == [
            "A good one",
            "Odd name, good film",
            "表情と漢字",
        ]
    wanted = {
        "empty": "empty",
        "cut": "cut",
        "misnamed": "PNG",
        "silent": "no metadata",
        "broken": "broken.json",
        "list": "list",
        "number": "number",
        "wordless": "neither a title nor a description",
        "outside": "leads out of the project",
    }
    for name, words in wanted.items():
        assert tasks[name].status is Status.SKIPPED, (name, tasks[name].status, tasks[name].error_message)
        assert words in (tasks[name].error_message or ""), (name, tasks[name].error_message)
    assert {tasks[name].status for name in tasks.keys() - wanted.keys()} == {Status.COMPLETED}
    # Skipping is no failing.
    assert all(task.retry_count == 0 for task in tasks.values())
