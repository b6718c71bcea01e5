"""Folders that are missing, empty, unreadable, or vanish: nothing is lost, it is told, and it clears."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from twitter_pipeline.config import Project
from twitter_pipeline.scanning import walk as walking
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.scanning.scans import candidates, look, paths, project_row
from twitter_pipeline_tests.support.world import MakeWorld


def sources_of(project: Project, *indexes: int) -> Project:
    """The project as if config.yaml held only these of its sources."""
    return project.model_copy(update={"sources": tuple(project.sources[index] for index in indexes)})


def test_a_missing_project_folder_is_told_and_its_tasks_stay_and_it_clears(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    look(here, 0)
    look(here, 4)
    before, scanned = here.tasks(), project_row(here).last_scan_time
    here.folder.rename(here.folder.parent / "away")

    report = look(here, 10)

    told = f"the folder {here.folder} is not there; nothing is lost, its tasks stay as they are"
    assert (report.problems, report.whole, report.found) == ([told], False, 0)
    row = project_row(here)
    assert (row.scan_problem, row.last_scan_time) == (told, scanned)
    assert here.tasks() == before

    (here.folder.parent / "away").rename(here.folder)
    assert look(here, 20).whole
    row = project_row(here)
    assert row.scan_problem is None
    assert row.last_scan_time > scanned
    assert here.tasks() == before


def test_an_empty_folder_with_items_to_be_posted_may_be_an_unmounted_disk(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    look(here, 0)
    look(here, 4)
    before, scanned = here.tasks(), project_row(here).last_scan_time
    here.folder.rename(here.folder.parent / "away")
    here.folder.mkdir()

    assert not look(here, 10).whole

    row = project_row(here)
    assert row.last_scan_time == scanned
    assert "is empty, though 1 of its items are to be posted; is its disk mounted?" in row.scan_problem
    assert here.tasks() == before

    here.folder.rmdir()
    (here.folder.parent / "away").rename(here.folder)
    assert look(here, 20).whole
    assert project_row(here).scan_problem is None
    assert here.tasks() == before


def test_an_empty_folder_of_which_nothing_is_to_be_posted_is_none(world: MakeWorld) -> None:
    here = world()
    assert look(here, 0).whole
    here.put(title="Cat naps")
    here.scan()
    here.publish()
    shutil.rmtree(here.folder)
    here.folder.mkdir()
    report = here.scan()
    assert (report.whole, report.problems, project_row(here).scan_problem) == (True, [], None)


@pytest.mark.parametrize("kind", ["a file", "a link to itself", "a link out of the project"])
def test_a_source_that_is_no_folder_is_told_and_the_others_go_on(world: MakeWorld, kind: str, tmp_path: Path) -> None:
    here = world(sources=[{"path": "videos"}, {"path": "clips"}])
    here.put("clips/cat.mp4", title="Cat naps")
    place = here.folder / "videos"
    if kind == "a file":
        place.touch()
    elif kind == "a link to itself":
        place.symlink_to(place)
    else:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere/secret.mp4").touch()
        place.symlink_to(tmp_path / "elsewhere")
    assert here.scan().found == 1
    assert paths(here) == ["clips/cat.mp4"]
    row = project_row(here)
    assert f"the folder {place} " in row.scan_problem
    assert row.last_scan_time is None


def test_a_folder_removed_while_it_is_scanned_is_told(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world()
    here.put("a.mp4", title="A")
    here.put("gone/b.mp4", title="B")
    here.put("z/c.mp4", title="C")
    look(here, 0)
    scandir = os.scandir
    gone = here.folder / "gone"

    def remove_first(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if Path(path) == gone:
            gone.rename(here.folder.parent / "gone")
        return scandir(path)

    monkeypatch.setattr(walking.os, "scandir", remove_first)
    report = look(here, 4)
    assert report.problems == ["gone: cannot be read: No such file or directory"]
    assert (paths(here), candidates(here)) == (["a.mp4", "z/c.mp4"], [])
    assert report.whole


def test_files_removed_after_their_folder_was_listed_are_no_problem(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twitter_pipeline.scanning import taking as scanning

    here = world()
    for name in ("a.mp4", "b.mp4"):
        here.put(name, title=name)
    look(here, 0)
    pair = scanning.pair

    def remove_first(*arguments: object) -> object:
        (here.folder / "b.mp4").unlink(missing_ok=True)
        return pair(*arguments)

    monkeypatch.setattr(scanning, "pair", remove_first)
    assert (look(here, 4).found, paths(here)) == (1, ["a.mp4"])
    look(here, 8)
    assert candidates(here) == []


def test_links_to_folders_are_told_and_not_followed(world: MakeWorld) -> None:
    here = world()
    here.put("a/cat.mp4", title="Cat naps")
    (here.folder / "b").symlink_to(here.folder / "a")
    (here.folder / "a/loop").symlink_to(here.folder)
    report = here.scan()
    assert (report.found, len(report.problems), report.whole) == (1, 2, True)
    assert report.problems[0].startswith("b: is a link to a folder")


def test_a_source_removed_from_the_config_keeps_its_tasks_and_leaves_nothing_arriving(world: MakeWorld) -> None:
    here = world(sources=[{"path": "a"}, {"path": "b"}])
    here.put("a/1.mp4", title="1")
    here.put("b/2.mp4", title="2")
    here.scan()
    here.put("a/3.mp4", title="3")
    look(here, 0)
    assert candidates(here) == ["a/3.mp4"]
    before = here.tasks()
    only_b = sources_of(here.project, 1)
    assert look(here, 10, project=only_b).whole
    assert (here.tasks(), candidates(here)) == (before, [])

    look(here, 20)
    assert look(here, 24).found == 1, "and it is back when the source is"
    assert paths(here) == ["a/1.mp4", "a/3.mp4", "b/2.mp4"]
    assert {task.status for task in here.tasks()} == {Status.PENDING}
