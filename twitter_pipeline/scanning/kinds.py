"""What each type of source takes, by the names of files."""

from __future__ import annotations

#: What each type of source takes, by the end of the name; what a file really holds is looked at in the run.
SUFFIXES = {
    "video": frozenset({".mp4", ".mov", ".m4v", ".webm"}),
    "image": frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"}),
}
