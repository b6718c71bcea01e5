"""How the reasons of skipped items begin or end that nothing about the file changes: the scan knows them again."""

from __future__ import annotations

#: Of files from before the project's `ignore_before`.
IGNORED = "last changed before the project's ignore_before"
#: Of what was not wanted so late (the project's `catch_up`).
LATE = "its time passed while the pipeline did not run"
#: Of contents that another task has.
SAME_FILE = "the same file as"
#: Where that task is another source's.
REPEAT_REMEDY = "to post it from this source too, give the source repeat: yes"
