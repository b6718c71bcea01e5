"""Top-level domains X takes for a link: twitter-text's whole list, companies' own among them (`make_tlds`)."""

from __future__ import annotations

from pathlib import Path

KNOWN = frozenset(Path(__file__).with_name("tlds.txt").read_text(encoding="utf-8").split())
