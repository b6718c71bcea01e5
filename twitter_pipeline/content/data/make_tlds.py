"""Makes tlds.txt from npm's twitter-text, whose list is X's own: a newer domain is no link to X.

`npm pack twitter-text && tar xf twitter-text-*.tgz && python -m twitter_pipeline.content.data.make_tlds package`
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_LISTS = ("validCCTLD.js", "validGTLD.js")
_QUOTED = re.compile(r"'([^']+)'")


def names_in(package: Path) -> list[str]:
    """The top-level domains the package at this path knows, each once, sorted. Raises OSError, ValueError."""
    names: set[str] = set()
    for file in _LISTS:
        source = (package / "dist" / "regexp" / file).read_text("utf-8")
        expression = "".join(_QUOTED.findall(source.split("RegExp(", 1)[1]))
        for words in re.findall(r"\(\?:([^()]+)\)", expression.replace("(?:(?:", "(?:")):
            names.update(word for word in words.split("|") if len(word) > 1 and not set(word) & set("\\[]^$"))
    if len(names) < 1000:
        raise ValueError(f"only {len(names)} names found; the package is written another way now")
    return sorted(names)


if __name__ == "__main__":
    Path(__file__).with_name("tlds.txt").write_text("\n".join(names_in(Path(sys.argv[1]))) + "\n", "utf-8")
