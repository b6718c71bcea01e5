"""What holds of every reader, also for content that no program ever wrote; and which goes before which."""

from __future__ import annotations

import ast
import io
import json
import lzma
import random
import tempfile
import zipfile
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twitter_pipeline.config.projects import SidecarKind
from twitter_pipeline.content import Metadata
from twitter_pipeline.content.tidy import clean
from twitter_pipeline.scanning.sidecars import Finder, Problem, Sidecar
from twitter_pipeline.scanning.sidecars.reader import Reader
from twitter_pipeline.scanning.sidecars.readers import READERS
from twitter_pipeline_tests.scanning.sidecars.beside import problem, understood, xlsx, xz
from twitter_pipeline_tests.scanning.sidecars.test_xmp import XMP

#: Words for `a.mp4`, as each kind has them; the names are in the order in which they count.
IN_ORDER: dict[str, Any] = {
    "a_en.json": {"title": "a_en.json"},
    "a.json": {"title": "a.json"},
    "a.info.json": {"extractor": "x", "title": "a.info.json"},
    "a.mp4.suppl.json": {"photoTakenTime": {}, "description": "a.mp4.suppl.json"},
    "a.mp4.json": {"category": "x", "subcategory": "y", "content": "a.mp4.json"},
    "a.json.xz": xz({"node": {"shortcode": "x", "caption": "a.json.xz"}}),
    "en_week.json": {"a.mp4": {"title": "en_week.json"}},
    "posts.csv": "file,title\na.mp4,posts.csv",
    "seo_metadata.json": {"title": "seo_metadata.json", "video_file": "a.mp4"},
    "a.txt": "a.txt",
    "a.xmp": XMP.replace("The sea", "a.xmp").replace("It is blue.", ""),
}
#: As which files readers are offered whatever there is.
NAMES = [*IN_ORDER, "tiktok_metadata_7255667916601855259.json", "posts.xlsx", "metadata.json"]
MEDIA = "a.mp4"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\x00\ud800\x1b[2J"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
#: Every field that some reader looks at.
LOOKED_AT = sorted(
    {field for reader in READERS for field in reader.FIELDS}
    | {"timestamp", "username", "name", "edges", "node_type", "text", "caption", "owner", "edge_media_to_caption"}
    | {"extractor", "category", "subcategory", "albumData", "_type", "shortcode", "error", "filename", MEDIA}
)
documents = st.recursive(
    values,
    lambda inner: st.dictionaries(st.sampled_from(LOOKED_AT), inner | values, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=20,
)


def is_clean(text: str) -> bool:
    return text == clean(text).strip() and len(text) <= 25_000


def is_kept(metadata: Metadata) -> bool:
    """Whether it is bounded and clean, and a database can keep it."""
    assert all(map(is_clean, (metadata.title, metadata.description, metadata.link, metadata.alt_text)))
    lists = (metadata.hashtags, metadata.keywords, metadata.alt_texts)
    assert all(len(texts) <= 100 and all(map(is_clean, texts)) for texts in lists)
    written = json.dumps(dict(metadata.extra), ensure_ascii=False, allow_nan=False).encode("utf-8")
    assert len(metadata.extra) <= 20
    assert len(written) <= 20 * 2_100
    assert b"\\u0000" not in written
    return Metadata.from_dict(json.loads(json.dumps(metadata.to_dict()))) == metadata


def read_by_each(name: str, content: bytes) -> None:
    """Offer the content under this name; whatever it is, the finder ends, and says what can be kept."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / MEDIA).touch()
        (Path(folder) / "tiktok_video_7255667916601855259.mp4").touch()
        (Path(folder) / name).write_bytes(content)
        finder = Finder(Path(folder), None, "en", ("de",))
        for media in (MEDIA, "tiktok_video_7255667916601855259.mp4"):
            found = finder.find(media)
            assert found is None or isinstance(found, Problem) or is_kept(found.metadata)


def test_the_kinds_of_the_configuration_are_those_there_are() -> None:
    assert get_args(SidecarKind) == tuple(reader.KIND for reader in READERS)


def test_every_module_is_in_the_list_and_has_a_test_of_its_own() -> None:
    folder = Path(next(iter(READERS)).__file__ or "").parent  # type: ignore[attr-defined]
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert modules == {reader.__name__.rpartition(".")[2] for reader in READERS}  # type: ignore[attr-defined]
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert modules - tests == {"base_json", "batch_file"}  # `scanning/test_sidecars.py` has theirs


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.KIND)
def test_a_reader_claims_the_names_it_shows(reader: Reader) -> None:
    assert all(reader.claims(name) for name in reader.EXAMPLES if name != "a.jpg.json" or reader.KIND == "gallery-dl")
    assert not reader.claims("a.mp4")


def test_the_kinds_go_before_each_other_in_the_order_of_the_list(tmp_path: Path) -> None:
    files = dict(reversed(IN_ORDER.items()))
    for name in IN_ORDER:
        metadata = understood(tmp_path, MEDIA, files)
        assert metadata is not None
        assert metadata.title or metadata.description == name
        (tmp_path / name).unlink()
        del files[name]
    assert understood(tmp_path, MEDIA, {}) is None


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_file_without_words_lets_the_others_speak(tmp_path: Path, name: str) -> None:
    wordless = {"a.txt": "#cat", "a.xmp": "<a/>", "posts.csv": "file\na.mp4", "a.json.xz": xz({"node": {}})}
    files = {name: wordless.get(name, {"a.mp4": {}} if name == "en_week.json" else {}), "a-en.json": {"title": "T"}}
    assert understood(tmp_path, MEDIA, files) == Metadata(title="T")


@pytest.mark.parametrize("name", [name for name, content in IN_ORDER.items() if isinstance(content, dict)])
def test_a_file_that_says_it_failed_is_not_posted_whatever_its_kind(tmp_path: Path, name: str) -> None:
    failed = problem(tmp_path, MEDIA, {name: {**IN_ORDER[name], "status": "failed", "error": "no disk"}})
    assert failed.refuses
    assert failed.message.endswith("its status is 'failed': no disk")


def test_kinds_that_the_source_does_not_name_do_not_count(tmp_path: Path) -> None:
    assert understood(tmp_path, MEDIA, IN_ORDER, kinds=("text", "xmp")) == Metadata(title="a.txt")
    assert understood(tmp_path, MEDIA, {}, kinds=("tiktok",)) is None
    foreign = {"a.json": {"extractor": "x", "title": "T"}}
    assert understood(tmp_path / "2", MEDIA, foreign, kinds=("json",)) is None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([name for name in NAMES if name.endswith((".json", ".xz"))]), documents)
def test_no_json_makes_a_reader_raise_and_what_it_says_can_be_kept(name: str, document: Any) -> None:
    content = json.dumps(document).encode()
    read_by_each(name, lzma.compress(content) if name.endswith(".xz") else content)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(NAMES), st.binary(max_size=200))
def test_no_bytes_make_a_reader_raise(name: str, content: bytes) -> None:
    read_by_each(name, content)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["a.xmp", "posts.xlsx", "a.json.xz", "posts.csv"]), st.integers(), st.integers(1, 30))
def test_no_damage_to_a_good_file_makes_a_reader_raise(name: str, seed: int, places: int) -> None:
    good = {
        "a.xmp": XMP.encode(),
        "posts.xlsx": WORKBOOK,
        "a.json.xz": IN_ORDER["a.json.xz"],
        "posts.csv": "Datei;Titel;Überschrift\na.mp4;猫;\n".encode("utf-16"),
    }[name]
    damaged, dice = bytearray(good), random.Random(seed)
    for _ in range(places):
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    read_by_each(name, bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=5), max_size=5))
def test_no_table_makes_a_reader_raise(rows: list[list[str]]) -> None:
    written = "\n".join(",".join(json.dumps(cell, ensure_ascii=False) for cell in row) for row in rows)
    head = "file,title,text_de,tags,other\n"
    read_by_each("posts.csv", (head + written).encode("utf-8", "replace"))


def test_what_unpacks_to_far_more_than_anybody_wrote_is_not_unpacked(tmp_path: Path) -> None:
    bomb = lzma.compress(b" " * 40_000_000, preset=0)
    assert "unpacked it has more than 34 MB" in problem(tmp_path, MEDIA, {"a.json.xz": bomb}).message
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * 200_000_000)
    assert "unpacked it has 200 MB" in problem(tmp_path / "2", MEDIA, {"posts.xlsx": sheet.getvalue()}).message


def test_only_those_who_need_a_heavy_library_import_it() -> None:
    package = Path(__file__).parents[3] / "twitter_pipeline" / "scanning"
    for path in package.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                assert not {alias.name.partition(".")[0] for alias in node.names} & {"openpyxl", "defusedxml", "lzma"}
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in {"openpyxl", "defusedxml", "lzma"}


def test_a_sidecar_says_which_entry_it_is(tmp_path: Path) -> None:
    understood(tmp_path, MEDIA, {"posts.csv": "file,title\n\na.mp4,T"})
    found = Finder(tmp_path, None, "en").find(MEDIA)
    assert isinstance(found, Sidecar)
    assert (found.path.name, found.entry) == ("posts.csv", "row 3")


WORKBOOK = xlsx(["file", "title"], [MEDIA, "T"])
