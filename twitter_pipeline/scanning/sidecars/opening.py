"""From a metadata file to what it holds, by the end of its name; what was read last is kept while it is the same."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from twitter_pipeline.scanning.sidecars import document, tables, workbook, xmp_packet
from twitter_pipeline.scanning.sidecars.document import Document, File, Malformed

#: Files kept parsed between scans, by what they take on disk.
_CACHE_BYTES = 16 * 1024 * 1024
#: Of those that speak of many media, during one scan. Each is asked for about each medium, one after the other: of more
#: than is kept, every one would be parsed anew for each.
_SCAN_BYTES = 64 * 1024 * 1024
#: And at most so many: small ones take more than their bytes.
_CACHE_FILES = 4_000
#: A file changed within this time may change again within one grain of its file system's clock (FAT: 2 s).
_GRAIN_NS = 2_000_000_000


def open_document(file: File, *, shared: bool = False) -> Document:
    """What `file` holds, parsed anew only when its size or time is another. Raises Unreadable.

    `shared`: whether it speaks of many media, so that it is asked for once for each; it is kept even when it was
    changed a moment ago.
    """
    return _parsed.document(file, keep=shared or time.time_ns() - file.mtime_ns > _GRAIN_NS)


def _parse(file: File) -> Document:
    name = file.path.name
    content = document.content_of(file)
    return Document(name, _content(name.lower(), content))


def _content(name: str, content: bytes) -> object:
    if name.endswith(".json.xz"):
        return document.from_json(document.from_xz(content))
    if name.endswith(".txt"):
        return document.from_text(content)
    if name.endswith((".csv", ".tsv")):
        return tables.from_csv(content)
    if name.endswith(".xlsx"):
        return workbook.from_xlsx(content)
    if name.endswith(".xmp"):
        return xmp_packet.from_xmp(content)
    return document.from_json(content)


class Parsed:
    """The files parsed last. Sensors of several projects may ask at once."""

    def __init__(self, most_bytes: int, parse: Callable[[File], Document] = _parse) -> None:
        """Keep as many as have `most_bytes` on disk; in memory it is several times as much."""
        self._most_bytes, self._parse = most_bytes, parse
        self._lock = threading.Lock()
        self._files: OrderedDict[File, Document | Malformed] = OrderedDict()
        self._bytes = 0

    def document(self, file: File, *, keep: bool = True) -> Document:
        """What `file` holds. Raises Unreadable."""
        with self._lock:
            if (parsed := self._files.get(file)) is not None:
                self._files.move_to_end(file)
        if parsed is None:
            # What is wrong with the content is kept as well: a broken batch is asked for once for each medium. A file
            # that cannot be opened is not: its size and time stay when that is mended. No lock: nobody waits for a
            # large file of another project.
            try:
                parsed = self._parse(file)
            except Malformed as error:
                parsed = error
            if keep:
                with self._lock:
                    self._keep(file, parsed)
        if isinstance(parsed, Malformed):
            raise Malformed(str(parsed))
        return parsed

    def _keep(self, file: File, parsed: Document | Malformed) -> None:
        if file in self._files:
            return
        self._files[file] = parsed
        self._bytes += file.size
        while len(self._files) > 1 and (self._bytes > self._most_bytes or len(self._files) > _CACHE_FILES):
            gone, _ = self._files.popitem(last=False)
            self._bytes -= gone.size


_parsed = Parsed(_CACHE_BYTES)


def parsed_for_a_scan() -> Parsed:
    """For files that speak of many media: each is parsed once for all of them, though together they are large."""
    return Parsed(_SCAN_BYTES, lambda file: open_document(file, shared=True))
