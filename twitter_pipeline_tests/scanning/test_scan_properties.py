"""Whatever a folder holds: a scan never raises, every medium ends in a visible state, the next scan changes nothing."""

# Names that are no text are bytes, which pathlib does not take.
# ruff: noqa: PTH102, PTH112, PTH113, PTH123, PTH211

from __future__ import annotations

import itertools
import os
import shutil
import socket
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twitter_pipeline.config import Project
from twitter_pipeline.scanning.kinds import SUFFIXES
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store import defaults
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import content_sources, projects, publishing_log, publishing_tasks, scan_candidates
from twitter_pipeline_tests.scanning.scans import LONG, NO_TIME, at
from twitter_pipeline_tests.support.world import MakeWorld, World

ALL_KINDS = [{"type": kind} for kind in ("video", "image", "album", "text")]

_letters = st.sampled_from([b"a", b"B", b" ", b"\n", b'"', b"'", b"%", b"\\", b"|", b"-", b".", b"\xff", b"\xc3\xa9",
                            b"e\xcc\x81", b"\xf0\x9f\x90\x88", b"x" * 60])  # fmt: skip
_stems = st.lists(_letters, min_size=1, max_size=4).map(b"".join)
_endings = st.sampled_from([b".mp4", b".MOV", b".webm", b".mp4.part", b".json", b".txt", b"", b".mp4~", b".png",
                            b".GIF", b"_1.png", b"-2.jpg", b" (3).webp"])  # fmt: skip
_names = st.one_of(
    st.builds(bytes.__add__, _stems, _endings),
    st.sampled_from(
        [
            *(b"en_batch.json", b"en_prompt_results_20260102_030405.json", b"en_\xff.json", b".hidden.mp4"),
            *(b"trip_1.png", b"trip_2.png", b"trip_3.jpg", b"trip.json", b"1.png", b"2.png", b"3.png", b"album.json"),
        ]
    ),
).filter(lambda name: name not in (b".", b".."))

#: What files hold, by a name that can be read in a falsifying example.
_CONTENTS = {
    "nothing": b"",
    "film": b"\0\0\0\x18ftypisom",
    "another film": b"\0\0\0\x18ftypisom another film",
    "large film": b"\0\0\0\x18ftypisom" + b"x" * 200_000,
    "no film": b"no film",
    "cut off": b"{",
    "list": b"[]",
    "number": b"7",
    "title": b'{"title": "T"}',
    "no title": b'{"title": null}',
    "bad characters": b'{"title": "\\ud800 \\u0000"}',
    "batch": b'{"a.mp4": {"title": "A"}, "aa.mp4": 3, "\\udc00.mp4": []}',
    "batch without words": b'{"a.mp4": {"title": ""}}',
    "list of videos": b'{"videos": [{"filename": "a.mp4", "title": "T"}, 5]}',
    "no text": b"\xff\xfe",
    "picture": b"\x89PNG\r\n\x1a\n picture",
    "another picture": b"\x89PNG\r\n\x1a\n another picture",
    "texts": b'{"a": {"title": "A"}, "b/c //": {"description": "B"}, "\\ud800 \\u0000": {"title": "C"}, "d": {}}',
    "deep": b"[" * 20_000,
}
_leaves = st.sampled_from(
    [*_CONTENTS, "old film", "pipe", "socket", "link to itself", "link outside", "link inside", "link to the root"]
)
#: A folder: what its entries are, by their names.
_trees = st.recursive(
    st.dictionaries(_names, _leaves, max_size=6),
    lambda inside: st.dictionaries(_names, st.one_of(_leaves, inside), max_size=4),
    max_leaves=12,
)
_numbers = itertools.count()


def make(folder: bytes, tree: dict[bytes, object], root: bytes) -> None:
    for name, what in tree.items():
        path = folder + b"/" + name
        if isinstance(what, dict):
            os.mkdir(path)
            make(path, what, root)
        elif what == "pipe":
            os.mkfifo(path)
        elif what == "socket":
            make_socket(folder, name)
        elif str(what).startswith("link"):
            targets = {"link to itself": path, "link outside": b"/etc/hostname", "link inside": root + b"/a.mp4"}
            os.symlink(targets.get(str(what), root), path)
        else:
            with open(path, "wb") as file:
                file.write(_CONTENTS.get(str(what), path))
            # None is changed after the scans, which look from the first second of the tests on.
            os.utime(path, ns=(0, -(10**18) if what == "old film" else int(at(-60).timestamp()) * 10**9))


def make_socket(folder: bytes, name: bytes) -> None:
    """A socket can only be bound to a path of about 100 bytes; once there, it may be called anything."""
    # Where the tests' folders are, or it could not be moved there.
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as short:
        made = Path(short) / "s"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(made))
        shutil.move(os.fsencode(made), folder + b"/" + name)


def _normal(name: bytes) -> str:
    return unicodedata.normalize("NFC", os.fsdecode(name))


def _stem(name: bytes) -> str:
    return os.path.splitext(_normal(name))[0]  # noqa: PTH122 - of "a." it is another than pathlib's


def media_in(folder: bytes, root: bytes) -> set[str]:
    """What a person would call the media in a folder, by their names alone, as they are shown.

    A text called like a film or picture beside it holds the words of that.
    """
    found: set[str] = set()
    endings = tuple(ending.encode() for kind in SUFFIXES.values() for ending in kind)
    pictured = {
        name
        for entry in os.scandir(folder)
        if entry.name.lower().endswith(tuple(ending for ending in endings if ending != b".txt"))
        and not entry.name.startswith(b".")
        and not os.path.isdir(entry.path)
        for name in (_normal(entry.name), _stem(entry.name))
    }
    for entry in os.scandir(folder):
        is_text = entry.name.lower().endswith(b".txt") and b"\xff" not in entry.name and os.path.isfile(entry.path)
        # One that can be taken: any other is told as refused.
        if is_text and os.path.realpath(entry.path).startswith(root + b"/") and _stem(entry.name) in pictured:
            continue
        if entry.name.startswith(b"."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if b"\xff" not in entry.name:  # else it is told as a problem
                found |= media_in(entry.path, root)
        elif entry.name.lower().endswith(endings) and not (entry.is_symlink() and os.path.isdir(entry.path)):
            found.add(os.path.relpath(entry.path, root).decode("utf-8", "backslashreplace"))
    return found


def files_of(tasks: Iterable[Any]) -> list[str]:
    """The files of all tasks; entries of batch files are none."""
    files = [[task.media_path] if task.media_files is None else task.media_files for task in tasks]
    texts = [task.media_path for task in tasks if task.media_files == [] and ".json#" not in task.media_path]
    return sorted([*itertools.chain.from_iterable(files), *texts])


def state(engine: sa.Engine, project: Project) -> dict[str, Sequence[sa.Row[tuple[object, ...]]]]:
    """All that the database knows of a project, but for when it was scanned."""
    ids = sa.select(content_sources.c.id).where(content_sources.c.project_id == project.id)
    mine = publishing_tasks.c.project_id == project.id
    logged = publishing_log.c.task_id.in_(sa.select(publishing_tasks.c.id).where(mine))
    with reading(engine) as connection:
        return {
            "tasks": connection.execute(sa.select(publishing_tasks).where(mine).order_by("id")).all(),
            "lines": connection.execute(sa.select(publishing_log).where(logged).order_by("id")).all(),
            "candidates": connection.execute(
                sa.select(scan_candidates).where(scan_candidates.c.content_source_id.in_(ids))
            ).all(),
        }


def new_project(here: World, tree: dict[bytes, object]) -> Project:
    """A project of its own in the same database, with these files."""
    project = here.project.model_copy(update={"id": f"p{next(_numbers)}", "path": here.folder / "tree"})
    shutil.rmtree(os.fsencode(project.path), ignore_errors=True)
    project.path.mkdir()
    root = os.fsencode(project.path)
    make(root, tree, root)
    with writing(here.engine) as connection:
        row = connection.execute(sa.select(projects).where(projects.c.id == here.project.id)).one()
        connection.execute(sa.insert(projects).values({**row._mapping, "id": project.id}))
        sources = connection.execute(
            sa.select(content_sources).where(content_sources.c.project_id == here.project.id)
        ).all()
        for source in sources:
            values = {key: value for key, value in source._mapping.items() if key != "id"}
            connection.execute(sa.insert(content_sources).values({**values, "project_id": project.id}))
        assert defaults.source_ids(connection, project.id)
    return project


def examples(few: int, many: int) -> pytest.MarkDecorator:
    """A few trees each time; many in `make soak`."""
    return pytest.mark.parametrize("count", [few, pytest.param(many, marks=pytest.mark.soak)])


@examples(20, 100)
def test_every_medium_ends_in_a_visible_state_and_scanning_again_changes_nothing(world: MakeWorld, count: int) -> None:
    here = world(sources=ALL_KINDS)

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tree=_trees, hasty=st.booleans())
    def holds(tree: dict[bytes, object], hasty: bool) -> None:
        project = new_project(here, tree)
        box = NO_TIME if hasty else LONG
        whole = 0
        for second in range(2_000):  # in no time a scan gets on by a folder of one of the sources
            whole += scan(here.engine, project, time_box=box, now=at(second * 10)).whole
            if whole == 3:  # the first sees, the second takes, the third meets the metadata of what waits
                break
        assert whole == 3
        before = state(here.engine, project)
        root = os.fsencode(project.path)
        assert files_of(before["tasks"]) == sorted(media_in(root, root))
        assert before["candidates"] == []
        for task in before["tasks"]:
            assert (task.status, bool(task.error_message)) in {("pending", False), ("skipped", True)}
        for second in (30_000, 30_010, 30_020):
            scan(here.engine, project, time_box=LONG, now=at(second))
        assert state(here.engine, project) == before

    holds()


@examples(10, 50)
def test_the_folder_of_the_project_may_hold_anything_at_any_moment(world: MakeWorld, count: int) -> None:
    """Between any two scans the whole tree is another one: nothing raises, and no task is lost."""
    here = world(sources=ALL_KINDS)

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees=st.lists(_trees, min_size=2, max_size=4))
    def holds(trees: list[dict[bytes, object]]) -> None:
        project = new_project(here, trees[0])
        ids: set[object] = set()
        for number, tree in enumerate(trees):
            root = os.fsencode(project.path)
            shutil.rmtree(root)
            Path(os.fsdecode(root)).mkdir()
            make(root, tree, root)
            for second in (0, 5, 10):
                scan(here.engine, project, time_box=LONG, now=at(number * 100 + second))
            tasks = state(here.engine, project)["tasks"]
            assert ids <= {task.id for task in tasks}
            ids = {task.id for task in tasks}
            assert media_in(root, root) <= set(files_of(tasks))

    holds()
