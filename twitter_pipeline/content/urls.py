"""What X turns into a link, found in linear time.

The rules are twitter-text's (github.com/twitter/twitter-text); its published cases are this module's test. Its
regular expressions backtrack without bound on text such as `a.b.a.b.…`. Here a run of domain characters is cut
out once and its labels are judged from right to left; nothing is read more than a fixed number of times.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import regex

from twitter_pipeline.content.regions import OTHER_SCRIPT_TLDS, TLDS

#: X takes no longer URL, and DNS no longer label.
_LONGEST_URL = 4096
_LONGEST_LABEL = 63
_LONGEST_TCO_SLUG = 40
#: What a bare domain's length is reckoned with.
_DEFAULT_PROTOCOL = "https://"

#: Letters with accents, as twitter-text has them.
LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289"
    "\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
# A letter of a domain is whatever is not punctuation, a space, a direction mark or refused by X.
_NO_LETTER = (
    r"!'#%&()*+,\\/:;<=>?@\[\]\^{|}~$"
    r"\t-\r \u0085\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
)
#: What domains are made of: such letters, and "-_.".
_RUN = re.compile(rf"[^{_NO_LETTER}]+")
_RUN_BEFORE = regex.compile(rf"(?r)[^{_NO_LETTER}]++")
#: Every domain holds one of these.
_INNER_DOT = re.compile(rf"\.(?<=[^{_NO_LETTER}._-]\.)(?=[^{_NO_LETTER}._])")
# A URL cannot begin right after one of these: it would be half a word, an address, a hashtag or a cashtag.
_BEFORE = re.compile("[^A-Za-z0-9@＠$#＃\ufeff\ufffe\uffff]")
# Right after these only one with a protocol can.
_NOT_BEFORE_BARE = frozenset("-_./")
_PROTOCOLS = ("https", "http")
_COLON = "://"

_PLAIN = re.compile(r"[A-Za-z0-9.\-]+")
# What else divides labels where a domain is encoded (IDNA).
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_ASCII_RUN = regex.compile(rf"[-a-zA-Z0-9{LATIN}][-a-zA-Z0-9.{LATIN}]*+")

# "com" of "comと", but nothing of "community", "com-x" or "com@x".
_ASCII_TLD = re.compile(r"([a-zA-Z0-9]+)(?![a-zA-Z0-9\-+@])")
_PUNYCODE_TLD = regex.compile(r"(?i:xn--[-0-9a-z]++)")
#: What those begin with that are not all of Latin letters without accents.
_ASCII_FIRST = frozenset("xX").union(*(name[0] + name[0].upper() for name in OTHER_SCRIPT_TLDS if name[0].isascii()))
_OTHER_TLD = regex.compile(rf"(?i:{'|'.join(OTHER_SCRIPT_TLDS)})(?![0-9A-Za-z@+\-])")

_PATH_CHARACTERS = rf"[a-zA-Z0-9\u0400-\u04ff{LATIN}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
# One pair of parentheses may hold another: "(film)", "(a_(film))".
_PARENTHESES = rf"(?:\((?:{_PATH_CHARACTERS}++|{_PATH_CHARACTERS}*+\({_PATH_CHARACTERS}++\){_PATH_CHARACTERS}*+)\))"
_PORT = regex.compile(r":[0-9]++")
_QUERY = regex.compile(r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*+")
# Characters within a path that cannot be its last, nor the last before parentheses that end it; those of a query.
_NO_PATH_END = r"[!*';:,.$%\[\]\u2013~@|&]"
_NO_QUERY_END = "!?*'@();:+$%[].,~|"
_PATH = regex.compile(
    rf"/{_PARENTHESES}*+(?:(?:{_NO_PATH_END}(?:{_NO_PATH_END}|{_PARENTHESES})*+)?+"
    rf"(?!{_NO_PATH_END}){_PATH_CHARACTERS}{_PARENTHESES}*+)*+"
)

_TCO = regex.compile(r"(?i:https?://t\.co/([a-z0-9]++))")
_TCO_BEGINS = len("https://t.co/")


#: In characters. Fitting asks for the links of the same few texts again and again; long ones are not kept.
_REMEMBERED = 2000


def find(text: str) -> list[tuple[int, int]]:
    """Where the URLs of `text` begin and end, from left to right, without overlap.

    `text` should be in normal form C, as X counts it. With http:// or https:// and without: a bare domain is a
    link too. Either way its top-level domain must be one X knows (`regions.TLDS`).
    """
    if not _INNER_DOT.search(text):
        return []
    return list(_remembered(text)) if len(text) <= _REMEMBERED else _find(text)


@lru_cache(maxsize=256)
def _remembered(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(_find(text))


def _find(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    taken = position = 0
    while dot := _INNER_DOT.search(text, position):
        before = _RUN_BEFORE.match(text, position, dot.start())
        start = before.start() if before else dot.start()
        stop = _RUN.match(text, dot.start()).end()  # type: ignore[union-attr]
        # A run ends where a protocol begins: "中国語http://t.co" is a word and a URL.
        following = _protocol(text, stop, taken) if text.startswith(_COLON, stop) else None
        end = stop if following is None else following
        if dot.end() < end:
            opened = (
                _protocol(text, start - len(_COLON), taken)
                if text.startswith(_COLON, max(0, start - len(_COLON)))
                else None
            )
            taken = _find_in_run(text, start, end, opened, taken, found)
        position = max(stop, taken)
    return found


def _protocol(text: str, stop: int, taken: int) -> int | None:
    """Where the protocol begins that ends before `stop`, where "://" stands; None without one."""
    for name in _PROTOCOLS:
        at = stop - len(name)
        if at >= taken and text[at:stop].lower() == name:
            return at if at == 0 or (at > taken and _BEFORE.match(text, at - 1)) else None
    return None


def _find_in_run(
    text: str, start: int, stop: int, protocol: int | None, taken: int, found: list[tuple[int, int]]
) -> int:
    """Add to `found` the URLs that begin in the run `start:stop`; where the last match ended, or `taken`.

    `protocol` is where one begins that stands right before the run. A character that a match has taken cannot also
    be the one before the next match, even when that match turned out to be no URL.
    """
    labels: list[_Label] = []
    number, at = 0, start
    while True:
        if at > start or (at > 0 and protocol is None):
            before = _BEFORE.search(text, max(at - 1, taken), stop)
            if before is None or before.end() >= stop:
                return taken
            at = before.end()
        labels = labels or _labels(text, start, stop)
        while labels[number].end < at:
            number += 1
        fertile = next((n for n in range(number, len(labels)) if labels[n].far or labels[n].near), None)
        if fertile is None:
            return taken
        if fertile > number:
            at, protocol = labels[fertile - 1].end + 1, None
            continue
        domain_end = labels[number].domain_end(text, at)
        if at == 0 and protocol is None and _BEFORE.match(text) and labels[0].domain_end(text, 1) is not None:
            at, domain_end = 1, labels[0].domain_end(text, 1)
        if domain_end is None:
            at, protocol = labels[number].next_start(text, at), None
            continue
        path_end, taken = _tail(text, domain_end)
        length = (len(_DEFAULT_PROTOCOL) if protocol is None else at - protocol) + taken - at
        if length <= _LONGEST_URL and _is_domain(text[at:domain_end]):
            if protocol is not None:
                found.extend(_unless_bad_tco(text, protocol, taken))
            elif at == 0 or text[at - 1] not in _NOT_BEFORE_BARE:
                bare = _ascii_domains(text, at, domain_end)
                if bare and path_end:
                    bare[-1] = (bare[-1][0], taken)
                found.extend(bare)
        at, protocol = taken, None
        if at >= stop:
            return taken


class _Label(NamedTuple):
    """What stands between two dots of a run, and the domains that begin in it."""

    end: int
    #: Where the last underscore is; -1 without one. It is allowed in a subdomain, but not right before the top level.
    underscore: int
    #: Where the longest domain ends that goes on to the label after the next, or further.
    far: int | None
    #: Where the one ends whose top-level domain is the next label.
    near: int | None

    def domain_end(self, text: str, at: int) -> int | None:
        """Where the longest domain ends that begins at `at` in this label; None when there is none."""
        if at >= self.end or text[at] in "-_" or text[self.end - 1] in "-_":
            return None
        return self.far or (self.near if self.underscore < at else None)

    def next_start(self, text: str, at: int) -> int:
        """Where to look on after no domain began at `at`: nothing is looked at twice."""
        if at < self.end and text[self.end - 1] not in "-_" and (self.far or self.near):
            return at + 1 if self.far else max(at, self.underscore) + 1
        return self.end + 1


def _labels(text: str, start: int, stop: int) -> list[_Label]:
    """The labels of the run `start:stop`, judged from right to left."""
    labels: list[_Label] = []
    far = near = None
    end = stop
    run = text[start:stop]
    has_underscore = "_" in run
    for label in reversed(run.split(".")):
        at = end - len(label)
        labels.append(_Label(end, text.rfind("_", at, end) if has_underscore else -1, far, near))
        is_subdomain = label and label[0] not in "-_" and label[-1] not in "-_"
        far = (far or (near if "_" not in label else None)) if is_subdomain else None
        if at > start:
            near = _tld_end(text, at, None)
        end = at - 1
    labels.reverse()
    return labels


def _tld_end(text: str, at: int, stop: int | None) -> int | None:
    """Where the top-level domain at `at` ends, looking no further than `stop`; None when there is none."""
    known = _ASCII_TLD.match(text, at, len(text) if stop is None else stop)
    if known and known[1].lower() in TLDS:
        return known.end()
    first = text[at : at + 1]
    if first.isascii() and first not in _ASCII_FIRST:
        return None
    other = _PUNYCODE_TLD if first in ("x", "X") else _OTHER_TLD
    match = other.match(text, at, stop)
    return match.end() if match else None


def _tail(text: str, domain_end: int) -> tuple[int | None, int]:
    """Where the path ends (None without one), and where the whole URL ends: port, path, query."""
    end = domain_end
    if text[end : end + 1] not in (":", "/", "?"):
        return None, end
    if text.startswith(":", end) and (port := _PORT.match(text, end)):
        end = port.end()
    path_end = None
    if text.startswith("/", end) and (path := _PATH.match(text, end)):
        path_end = end = path.end()
    if text.startswith("?", end) and (query := _QUERY.match(text, end)):
        kept = query[0].rstrip(_NO_QUERY_END)
        end += len(kept)
    return path_end, end


def _is_domain(domain: str) -> bool:
    """Whether DNS could hold it: every label at most 63 characters once encoded in ASCII."""
    if domain.startswith("xn--"):
        if not _ascii_domains(domain, 0, len(domain)):
            return False
    elif len(domain) <= _LONGEST_LABEL and _PLAIN.fullmatch(domain):
        return True
    return all(
        len(label) <= _LONGEST_LABEL
        if label.isascii()
        # Encoded it is at least 4 longer; encoding a very long one would take quadratic time.
        else len(label) + 4 <= _LONGEST_LABEL and _encoded(label) <= _LONGEST_LABEL
        for label in domain.split(".")
    )


def _encoded(label: str) -> int:
    """How long a label is in ASCII. An ideographic full stop divides it there, though only "." makes a link."""
    parts = _DOTS.split(label)
    return sum(len(part) if part.isascii() else 4 + len(part.encode("punycode")) for part in parts) + len(parts) - 1


def _ascii_domains(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """The domains of Latin letters in the domain `start:stop`: X cuts "twitter.comこれはexample.com" in two."""
    if _PLAIN.fullmatch(text, start, stop):
        return [(start, stop)]
    found = []
    for run in _ASCII_RUN.finditer(text, start, stop):
        best = None
        at = run.start()
        for label in run[0].split("."):
            if at > run.start():
                best = _tld_end(text, at, stop) or best
            at += len(label) + 1
        if best is not None:
            found.append((run.start(), best))
    return found


def _unless_bad_tco(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The URL `start:end`; of one at t.co only its slug and query; none when that slug is too long."""
    # Asking first is quicker: hardly any is.
    tco = _TCO.match(text, start, end) if "/t.co/" in text[start : start + _TCO_BEGINS].lower() else None
    if not tco:
        return [(start, end)]
    if len(tco[1]) > _LONGEST_TCO_SLUG:
        return []
    end = tco.end()
    if query := _QUERY.match(text, end):
        end += len(query[0].rstrip(_NO_QUERY_END))
    return [(start, end)]
