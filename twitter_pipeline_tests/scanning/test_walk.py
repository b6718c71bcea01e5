"""Folders as people have them: deep, linked, badly named, vanishing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from twitter_pipeline.scanning.walk import Folder, walk
from twitter_pipeline_tests.support.quickness import assert_quick

SUFFIXES = {".mp4", ".mov"}


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found(root: Path, **options: str) -> dict[str, list[str]]:
    return {
        folder.rel: sorted(entry.name for entry in folder.files) for folder in walk(root, suffixes=SUFFIXES, **options)
    }


def the_only(root: Path) -> Folder:
    (folder,) = walk(root, suffixes=SUFFIXES)
    return folder


def test_folders_come_in_the_order_of_their_names_each_with_its_media(tmp_path: Path) -> None:
    put(tmp_path, "b.mp4", "z/1.mov", "a/2.MP4", "a/b/3.mp4", "a-b/4.mp4", "a/notes.txt")
    assert list(found(tmp_path).items()) == [
        (".", ["b.mp4"]),
        ("a", ["2.MP4"]),
        ("a/b", ["3.mp4"]),
        ("a-b", ["4.mp4"]),
        ("z", ["1.mov"]),
    ]


def test_hidden_and_unfinished_files_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4", ".b.mp4", "._a.mp4", ".git/c.mp4", "d.mp4.part", "e.mp4.crdownload", "f.mp4.tmp", "g.mp4~")
    assert found(tmp_path) == {".": ["a.mp4"]}


@pytest.mark.parametrize("start", ["", ".", "a", "a/b", "a-b", "a/c", "a/b/c", "b", "zz"])
def test_a_walk_goes_on_where_it_stopped(tmp_path: Path, start: str) -> None:
    put(tmp_path, "0.mp4", "a/1.mp4", "a/b/2.mp4", "a/d/3.mp4", "a-b/4.mp4", "b/5.mp4")
    in_order = [".", "a", "a/b", "a/d", "a-b", "b"]
    begin = tuple(start.split("/")) if start not in ("", ".") else ()
    expected = [rel for rel in in_order if (tuple(rel.split("/")) if rel != "." else ()) >= begin]
    assert list(found(tmp_path, start=start)) == expected


def test_every_folder_is_a_place_to_go_on_from(tmp_path: Path) -> None:
    put(tmp_path, "0.mp4", "a/1.mp4", "a/b/2.mp4", "a/d/3.mp4", "a-b/4.mp4", "b/5.mp4")
    whole = list(found(tmp_path))
    for index, rel in enumerate(whole):
        assert list(found(tmp_path, start=rel)) == whole[index:]


def test_a_link_to_a_file_within_the_project_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "videos/a.mp4", "originals/b.mp4")
    (tmp_path / "videos/c.mp4").symlink_to(tmp_path / "videos/a.mp4")
    (tmp_path / "videos/d.mp4").symlink_to("../originals/b.mp4")
    (folder,) = walk(tmp_path / "videos", suffixes=SUFFIXES, within=tmp_path)
    assert sorted(entry.name for entry in folder.files) == ["a.mp4", "c.mp4", "d.mp4"]
    assert folder.refused == []


def test_a_link_out_of_the_project_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "secret.mp4", "project/a.mp4")
    (tmp_path / "project/b.mp4").symlink_to(tmp_path / "secret.mp4")
    (tmp_path / "project/c.mp4").symlink_to("../secret.mp4")
    folder = the_only(tmp_path / "project")
    assert [entry.name for entry in folder.files] == ["a.mp4"]
    reason = "is a link that leads out of the project; put the file itself there"
    assert sorted(folder.refused) == [("b.mp4", reason), ("c.mp4", reason)]


def test_a_project_beside_one_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    put(tmp_path, "project-2/secret.mp4", "project/a.mp4")
    (tmp_path / "project/b.mp4").symlink_to("../project-2/secret.mp4")
    assert [name for name, _ in the_only(tmp_path / "project").refused] == ["b.mp4"]


def test_a_source_that_leads_out_of_the_project_is_not_walked(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/a.mp4")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/videos").symlink_to(tmp_path / "elsewhere")
    (folder,) = walk(tmp_path / "project/videos", suffixes=SUFFIXES, within=tmp_path / "project")
    assert (folder.files, folder.problems) == ([], [(".", "leads out of the project")])


def test_a_project_that_itself_is_a_link_is_walked(tmp_path: Path) -> None:
    put(tmp_path, "disk/a.mp4")
    (tmp_path / "project").symlink_to(tmp_path / "disk")
    assert found(tmp_path / "project") == {".": ["a.mp4"]}


def test_linked_folders_end_no_walk_in_a_loop_and_are_named(tmp_path: Path) -> None:
    put(tmp_path, "a/1.mp4")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "a/clip.mp4").symlink_to(tmp_path / "a")
    folders = list(walk(tmp_path, suffixes=SUFFIXES))
    assert [folder.rel for folder in folders] == [".", "a"]
    assert sorted(rel for rel, _ in folders[1].problems) == ["a/clip.mp4", "a/up"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "ok.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "itself.mp4").symlink_to("itself.mp4")
    (tmp_path / "gone.mp4").symlink_to("nothing")
    folder = the_only(tmp_path)
    assert [entry.name for entry in folder.files] == ["ok.mp4"]
    assert sorted(folder.refused) == [
        ("gone.mp4", "is a link to no file"),
        ("itself.mp4", "is a link to no file"),
        ("pipe.mp4", "is no file but a pipe, socket or device"),
    ]


def test_a_folder_called_like_a_clip_is_a_folder(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4/b.mp4")
    assert found(tmp_path) == {".": [], "a.mp4": ["b.mp4"]}


def test_names_are_handed_out_as_they_are_on_disk(tmp_path: Path) -> None:
    names = ["'q\"u`o.mp4", "sp ace .mp4", "😀👨‍👩‍👧.mp4", "new\nline.mp4", "Cafe\u0301.mp4", "Café.mp4", "%s{}$.mp4"]
    put(tmp_path, *names)
    assert found(tmp_path) == {".": sorted(names)}


def test_a_name_that_is_not_utf_8_is_refused_in_letters_that_can_be_stored(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path)
    try:
        Path(os.fsdecode(raw + b"/caf\xe9.mp4")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    Path(os.fsdecode(raw + b"/dir\xff")).mkdir()
    folder = the_only(tmp_path)
    assert folder.files == []
    assert folder.refused == [("caf\\xe9.mp4", "its name is not valid UTF-8; rename it")]
    assert folder.problems == [("dir\\xff", "its name is not valid UTF-8; rename it")]


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    (folder,) = walk(tmp_path / "nothing", suffixes=SUFFIXES)
    assert folder.problems == [(".", "cannot be read: No such file or directory")]


def test_a_folder_that_vanishes_during_the_walk_is_reported_and_the_rest_walked(tmp_path: Path) -> None:
    put(tmp_path, "0.mp4", "a/1.mp4", "b/2.mp4")
    walking = walk(tmp_path, suffixes=SUFFIXES)
    next(walking)
    shutil.rmtree(tmp_path / "a")
    vanished, last = walking
    assert vanished.problems == [("a", "cannot be read: No such file or directory")]
    assert [entry.name for entry in last.files] == ["2.mp4"]


def test_a_tree_deeper_than_a_path_may_be_is_walked_as_far_as_it_goes(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(40):
            os.mkdir("d" * 120, dir_fd=here)
            below = os.open("d" * 120, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    folders = list(walk(tmp_path, suffixes=SUFFIXES))
    assert len(folders) > 30
    assert folders[-1].problems[0][1] == "cannot be read: File name too long"


def test_one_folder_of_20_000_names_takes_no_time(tmp_path: Path) -> None:
    for number in range(20_000):
        os.close(os.open(f"{tmp_path}/clip_{number:05}.mp4", os.O_CREAT))
    # 0.02 s; asking the disk about each file, or making a Path of each, would take several times the limit.
    assert_quick(lambda: the_only(tmp_path), 0.2)
    assert len(the_only(tmp_path).files) == 20_000
