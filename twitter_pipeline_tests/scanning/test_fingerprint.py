"""Telling files apart."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from twitter_pipeline.scanning.fingerprint import full, quick

KIB = 1024


@pytest.mark.parametrize("size", [0, 1, 64 * KIB, 64 * KIB + 1, 192 * KIB, 5 * KIB * KIB])
def test_the_same_content_under_another_name_and_time_has_the_same_digest(tmp_path: Path, size: int) -> None:
    first = tmp_path / "a.mp4"
    first.write_bytes(os.urandom(size))
    second = tmp_path / "b.mp4"
    second.write_bytes(first.read_bytes())
    os.utime(second, ns=(1, 1))
    assert quick(first).digest == quick(second).digest
    assert full(first) == full(second)
    assert (quick(second).size, quick(second).mtime_ns) == (size, 1)


@pytest.mark.parametrize("changed_at", [0, 64 * KIB - 1, 500 * KIB, 1000 * KIB - 1])
def test_a_change_in_head_middle_or_tail_is_seen_quickly(tmp_path: Path, changed_at: int) -> None:
    path = tmp_path / "a.mp4"
    content = bytearray(1000 * KIB)
    path.write_bytes(content)
    before = quick(path)
    content[changed_at] ^= 1
    path.write_bytes(content)
    assert quick(path).digest != before.digest


def test_a_change_between_the_samples_is_seen_by_the_full_hash_only(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    content = bytearray(1000 * KIB)
    path.write_bytes(content)
    before = quick(path), full(path)
    content[200 * KIB] ^= 1
    path.write_bytes(content)
    assert quick(path).digest == before[0].digest
    assert full(path) != before[1]


def test_files_of_zeros_of_different_sizes_differ(tmp_path: Path) -> None:
    digests = set()
    for size in (300 * KIB, 300 * KIB + 1, 0, 1):
        path = tmp_path / f"{size}.mp4"
        path.write_bytes(bytes(size))
        digests.add(quick(path).digest)
    assert len(digests) == 4


def test_a_small_file_is_taken_whole(tmp_path: Path) -> None:
    for changed_at in range(0, 192 * KIB, 7 * KIB):
        content = bytearray(192 * KIB)
        path = tmp_path / "a.mp4"
        path.write_bytes(content)
        before = quick(path).digest
        content[changed_at] ^= 1
        path.write_bytes(content)
        assert quick(path).digest != before


def test_the_full_hash_is_sha_256_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(os.urandom(2 * KIB * KIB + 5))
    told: list[int] = []
    assert full(path, told.append) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told == [KIB * KIB, 2 * KIB * KIB, 2 * KIB * KIB + 5]


def test_a_file_that_is_gone_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        quick(tmp_path / "a.mp4")
    with pytest.raises(FileNotFoundError):
        full(tmp_path / "a.mp4")
