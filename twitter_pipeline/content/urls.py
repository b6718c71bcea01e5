"""What X turns into a link, found in linear time.

The rules are twitter-text's (github.com/twitter/twitter-text); its published cases are this module's test. Its
regular expressions backtrack without bound on text such as `a.b.a.b.…`. Here a run of domain characters is cut
out once and its labels are judged from left to right; nothing is read more than a fixed number of times.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from twitter_pipeline.content.regions import OTHER_SCRIPT_TLDS, TLDS

#: X takes no longer URL, and DNS no longer label.
_LONGEST_URL = 4096
_LONGEST_LABEL = 63
_LONGEST_TCO_SLUG = 40
#: What a bare domain's length is reckoned with.
_DEFAULT_PROTOCOL = "https://"

_LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289"
    "\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
# A letter of a domain is whatever is not punctuation, a space, a direction mark or refused by X.
_NO_LETTER = (
    r"!'#%&()*+,\\\-./:;<=>?@\[\]\^_{|}~$\s\u180e"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
)
# A URL cannot begin right after one of these: it would be half a word, an address, a hashtag or a cashtag.
_NO_START = "A-Za-z0-9@＠$#＃\ufeff\ufffe\uffff"
_PROTOCOL = rf"(?<![{_NO_START}])(?i:https?)://"

# A run ends where a protocol begins: "中国語http://t.co" is a word and a URL.
_CANDIDATE = regex.compile(rf"({_PROTOCOL})?+((?:(?!{_PROTOCOL})(?:[^{_NO_LETTER}]|[-_.]))++)")
_NO_START_CHARACTER = regex.compile(rf"[{_NO_START}]")
_BEGINNING = regex.compile(r"[A-Za-z0-9]*+[^A-Za-z0-9_.\-]")
_ASCII_RUN = regex.compile(rf"[-a-zA-Z0-9{_LATIN}][-a-zA-Z0-9.{_LATIN}]*+")

# "com" of "comと", but nothing of "community", "com-x" or "com@x".
_ASCII_TLD = regex.compile(r"([a-zA-Z0-9]++)(?![-+@])")
_PUNYCODE_TLD = regex.compile(r"(?i:xn--[-0-9a-z]++)")
_OTHER_TLD = regex.compile(rf"(?:{'|'.join(OTHER_SCRIPT_TLDS)})(?![0-9A-Za-z@+\-])")

_PATH_CHARACTERS = rf"[a-zA-Z0-9\u0400-\u04ff{_LATIN}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
# One pair of parentheses may hold another: "(film)", "(a_(film))".
_PARENTHESES = rf"\((?:{_PATH_CHARACTERS}++|{_PATH_CHARACTERS}*+\({_PATH_CHARACTERS}++\){_PATH_CHARACTERS}*+)\)"
_PORT = regex.compile(r":[0-9]++")
_PATH = regex.compile(rf"/(?:{_PATH_CHARACTERS}|{_PARENTHESES})*+")
_QUERY = regex.compile(r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*+")
# Characters within a path or a query that cannot be its last.
_NO_PATH_END = "!*';:,.$%[]\u2013~@|&"
_NO_QUERY_END = "!?*'@();:+$%[].,~|"

_TCO = regex.compile(r"(?i:https?://t\.co/([a-z0-9]++))")


def find(text: str) -> list[tuple[int, int]]:
    """Where the URLs of `text` begin and end, from left to right, without overlap.

    `text` should be in normal form C, as X counts it. With http:// or https:// and without: a bare domain is a
    link too. Either way its top-level domain must be one of `regions.TLDS`, which are the common ones.
    """
    found: list[tuple[int, int]] = []
    if "." not in text:
        return found
    position = match_end = 0
    while candidate := _CANDIDATE.search(text, position):
        protocol, run = candidate.groups()
        start, stop = candidate.span(2)
        position = stop
        if "." not in run:
            continue
        if not protocol:
            # A character that ended a match cannot also be the one that stands before the next.
            bare_start = _bare_start(text, start, stop, first=start == match_end > 0)
            if bare_start is None:
                continue
            start = bare_start
        domain_end = _domain_end(text, start, stop)
        if domain_end is None:
            continue
        path_end, end = _tail(text, domain_end)
        position = match_end = end
        if len(protocol or _DEFAULT_PROTOCOL) + end - start > _LONGEST_URL or not _is_domain(text[start:domain_end]):
            continue
        if protocol:
            found.extend(_unless_bad_tco(text, candidate.start(), end))
        else:
            bare = list(_ascii_domains(text, start, domain_end))
            if bare and path_end:
                bare[-1] = (bare[-1][0], end)
            found.extend(bare)
    return found


def _bare_start(text: str, start: int, stop: int, *, first: bool) -> int | None:
    """Where a domain without protocol may begin in the run `start:stop`; None when nothing in it may.

    Not right after a letter, "@", "#" or "$" (then behind the first character of another script), and not right
    after "-", "_", "." or "/" at all.
    """
    before = text[start - 1 : start]
    if first or _NO_START_CHARACTER.match(before):
        beginning = _BEGINNING.match(text, start, stop)
        return beginning.end() if beginning else None
    return None if before == "/" or text[start] in "-_." else start


def _domain_end(text: str, start: int, stop: int) -> int | None:
    """Where the longest domain that begins at `start` ends, within the run that ends at `stop`."""
    best = None
    at = start
    before = ""
    for label in text[start:stop].split("."):
        # An underscore is allowed in a subdomain, but not right before the top-level domain.
        if before and "_" not in before:
            best = _tld_end(text, at, None) or best
        if not label or label[0] in "-_" or label[-1] in "-_":
            break
        at += len(label) + 1
        before = label
    return best


def _tld_end(text: str, at: int, stop: int | None) -> int | None:
    """Where the top-level domain at `at` ends, looking no further than `stop`; None when there is none."""
    if (match := _ASCII_TLD.match(text, at, stop)) and match[1].lower() in TLDS:
        return match.end()
    match = _PUNYCODE_TLD.match(text, at, stop) or _OTHER_TLD.match(text, at, stop)
    return match.end() if match else None


def _tail(text: str, domain_end: int) -> tuple[int | None, int]:
    """Where the path ends (None without one), and where the whole URL ends: port, path, query."""
    end = domain_end
    if port := _PORT.match(text, end):
        end = port.end()
    path_end = None
    if path := _PATH.match(text, end):
        path_end = end = end + len(path[0].rstrip(_NO_PATH_END))
    if query := _QUERY.match(text, end):
        kept = query[0].rstrip(_NO_QUERY_END)
        end += len(kept)
    return path_end, end


def _is_domain(domain: str) -> bool:
    """Whether DNS could hold it: every label at most 63 characters once encoded in ASCII."""
    if domain.startswith("xn--") and not any(_ascii_domains(domain, 0, len(domain))):
        return False
    return all(
        len(label) <= _LONGEST_LABEL
        if label.isascii()
        # Encoded it is at least 4 longer; encoding a very long one would take quadratic time.
        else len(label) + 4 <= _LONGEST_LABEL and len(label.encode("punycode")) + 4 <= _LONGEST_LABEL
        for label in domain.split(".")
    )


def _ascii_domains(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The domains of Latin letters in `start:stop`, which is how X cuts "twitter.comこれはexample.com" in two."""
    for run in _ASCII_RUN.finditer(text, start, stop):
        best = None
        at = run.start()
        for label in run[0].split("."):
            if at > run.start():
                best = _tld_end(text, at, stop) or best
            at += len(label) + 1
        if best is not None:
            yield run.start(), best


def _unless_bad_tco(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The URL `start:end`; of one at t.co only its slug and query; none when that slug is too long."""
    tco = _TCO.match(text, start, end)
    if not tco:
        return [(start, end)]
    if len(tco[1]) > _LONGEST_TCO_SLUG:
        return []
    end = tco.end()
    if query := _QUERY.match(text, end):
        end += len(query[0].rstrip(_NO_QUERY_END))
    return [(start, end)]
