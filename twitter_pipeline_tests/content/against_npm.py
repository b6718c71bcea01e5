"""Random texts weighed here and by npm's twitter-text: `python -m twitter_pipeline_tests.content.against_npm 100000`.

NODE_MODULES names the node_modules with twitter-text in it. What is known to differ is left out, or rare: npm's knows
emoji up to Unicode 13 only, counts a path by UTF-16 units behind a domain of two scripts, and begins a link within an
emoji where its first label is too long.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys

from twitter_pipeline.content.weight import normalize, weighted_length

_PIECES = (
    *("word", "a", "Ω", "日本語", "テスト。", "한국어", "ภาษาไทย", "العربية", "हिन्दी", "Привет", "1", "№", "…", "é"),
    *("👨‍👩‍👧", "❤️", "❤", "🇩🇪", "1️⃣", "🙋🏽", "©", "#tag", "#日本", "＃", "@user", "user@ex.com", "$TWTR", "$"),
    *("http://", "https://", "example.com", "example.community", "t.co/", "it.so", "vs.me", "ab.bmw", ".co.jp"),
    *("http://日本.com", "テスト.com", ".com", ".xn--p1ai", "b.", "/path", "?q=1", "/", ".", ",", "(", ")", "-", "_"),
    *(".рф", "САЙТ.РФ", ".Հայ", ".Vermögensberatung"),
    *(":", "!", "'s", "+", "[", "]", "~", "\u200f", "\u061c", " ", " ", " ", "\n", "\u3000"),
)
_NPM = """
const { parseTweet } = require(process.argv[1] + "/twitter-text")
const lines = require("fs").readFileSync(0, "utf8").split("\\n")
console.log(lines.map((line) => parseTweet(JSON.parse(line)).weightedLength).join("\\n"))
"""
_BATCH = 50_000
#: Texts in a thousand that may differ.
_MOST = 1.0


def main(count: int, seed: int) -> str | None:
    """Compare `count` texts; what is wrong, None when nothing is."""
    folder, node = os.environ.get("NODE_MODULES", ""), shutil.which("node")
    if node is None or not folder:
        print("npm's twitter-text is not here (no node, or no NODE_MODULES): nothing was compared")
        return None
    chance = random.Random(seed)
    different = 0
    for begun in range(0, count, _BATCH):
        number = min(_BATCH, count - begun)
        texts = [normalize("".join(chance.choices(_PIECES, k=chance.randint(1, 9)))) for _ in range(number)]
        lines = "\n".join(map(json.dumps, texts))
        ended = subprocess.run([node, "-e", _NPM, folder], input=lines, capture_output=True, text=True, check=True)
        for text, theirs in zip(texts, map(int, ended.stdout.split()), strict=True):
            if (ours := weighted_length(text)) != theirs:
                different += 1
                print(f"{ours} here, {theirs} there: {text!a}")
    print(f"{different} of {count:,} texts differ (seed {seed})")
    return "more than is known to" if different * 1000 > _MOST * count else None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)))
