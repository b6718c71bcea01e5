"""What a batch file in a source of texts is: its entries that are posts of their own."""

from __future__ import annotations

from dataclasses import replace

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning import texts
from twitter_pipeline.scanning.sidecars import Finder, Problem
from twitter_pipeline.scanning.sidecars.document import Unreadable
from twitter_pipeline.scanning.sidecars.explaining import ignored
from twitter_pipeline.scanning.sidecars.explaining_files import MOST_ANSWERS, FileAnswer, FileExplanation
from twitter_pipeline.scanning.sidecars.readers import batch_file


def explain(finder: Finder, project: Project, source: Source, about: FileExplanation) -> FileExplanation:
    """The same file, `about`, with what it holds of posts; as it is where it holds none."""
    path = finder.project_root / about.file
    listing = finder.listing(path.parent)
    entry = next((one for one in batch_file.batches(listing, source.language) if one.name == path.name), None)
    if entry is None:
        return about
    try:
        file = listing.file(entry)
        document = batch_file.document_of(file)
    except Unreadable:
        return about
    listings = [listing, *texts.listings_of(finder, project)]
    entries = ((name, value) for name, value in document.items() if isinstance(value, dict))
    posts = [(name, value) for name, value in entries if not texts.speaks_of_medium(name, listings)]
    if not posts or texts.is_of_one_medium(document):
        return about
    answers = []
    for name, value in posts[:MOST_ANSWERS]:
        found = texts.of_entry(finder.project_root, file, document, name, value)
        if isinstance(found, Problem):
            answers.append(FileAnswer((name,), True, True, found.message, None))
            continue
        has_words = found.metadata.has_words
        said = "a post of its own" if has_words else texts.NO_WORDS
        answers.append(FileAnswer((name,), True, has_words, said, found.metadata, ignored(batch_file, found)))
    more = len(posts) - len(answers)
    return replace(about, media=tuple(name for name, _ in posts), answers=tuple(answers), more=more)
