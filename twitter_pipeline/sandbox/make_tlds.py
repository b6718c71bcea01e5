"""Makes tlds.txt from npm's twitter-text, whose list is X's own. The judge's list: made apart from the client's.

`npm pack twitter-text && tar xf twitter-text-*.tgz && python -m twitter_pipeline.sandbox.make_tlds package`
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def names_in(package: Path) -> list[str]:
    """What the alternatives of the package's two expressions spell out. Raises OSError, ValueError."""
    names: set[str] = set()
    for kind in ("CC", "G"):
        script = (package / "dist" / "regexp" / f"valid{kind}TLD.js").read_text(encoding="utf-8")
        spelt = re.sub(r"'\s*\+\s*'", "", script)
        found = re.search(r"RegExp\('\(\?:\(\?:([^()]*)\)", spelt)
        if found is None:
            raise ValueError(f"valid{kind}TLD.js: its expression is written another way now")
        names.update(found[1].split("|"))
    return sorted(names)


if __name__ == "__main__":
    made = "".join(f"{name}\n" for name in names_in(Path(sys.argv[1])))
    Path(__file__).with_name("tlds.txt").write_text(made, encoding="utf-8")
