"""Tables with a column that names files."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import problem, understood, xlsx

CAT = Metadata(title="The cat", description="It sleeps; it eats.", hashtags=("cat", "sleepy cat"))
ROWS = [
    ["file", "title", "description", "tags"],
    ["b.mp4", "No", "", ""],
    ["clips/a.mp4", "The cat", "It sleeps; it eats.", "cat, sleepy cat"],
]


def csv(delimiter: str, *rows: list[str]) -> str:
    return "\r\n".join(delimiter.join(f'"{cell}"' if cell else "" for cell in row) for row in rows)


def workbook(*rows: list[Any]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def sheet(book: openpyxl.Workbook, *instead: bytes) -> bytes:
    """The workbook, in the XML of whose first sheet the last of these stands for the others."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(book))) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for one in instead[:-1]:
                    content = content.replace(one, instead[-1])
            made.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("posts.csv", csv(",", *ROWS)),
        ("posts.csv", csv(";", *ROWS)),
        ("posts.csv", csv(";", *ROWS).encode("utf-8-sig")),
        ("posts.csv", csv("\t", *ROWS).encode("utf-16")),
        ("posts.tsv", csv("\t", *ROWS)),
        ("posts.csv", "sep=|\n" + csv("|", *ROWS)),
        ("posts.csv", "Posts of January\n\n" + csv(",", *ROWS)),
        ("POSTS.CSV", csv(",", ["Dateiname", "Titel", "Beschreibung", "Schlagworte", "Hashtags"], *[
            [*row[:3], "x", row[3]] for row in ROWS[1:]
        ])),
        ("posts.xlsx", xlsx(*ROWS)),
        ("posts.xlsx", xlsx([None], *ROWS)),
    ],
)  # fmt: skip
def test_its_row_is_found_however_the_table_is_written(tmp_path: Path, name: str, content: Any) -> None:
    metadata = understood(tmp_path, "a.mp4", {name: content})
    assert metadata is not None
    assert (metadata.title, metadata.description, metadata.hashtags) == (CAT.title, CAT.description, CAT.hashtags)


@pytest.mark.parametrize(
    ("file", "title", "text", "tags"),
    [
        ("Filename", "Headline", "Caption", "Hashtags"),
        ("video_file", "TITLE", "Text", "Tags"),
        ("Datei", "Überschrift", "Beschreibung", "Hashtags"),
        ("Nom du fichier", "Titre", "Légende", "Étiquettes"),
        ("Archivo", "Título", "Descripción", "Etiquetas"),
        ("Plik", "Tytuł", "Opis", "tags"),
        ("Имя файла", "Заголовок", "Описание", "Хэштеги"),
        ("ファイル名", "タイトル", "説明", "ハッシュタグ"),
        ("文件名", "标题", "文案", "标签"),
        ("파일명", "제목", "설명", "해시태그"),
    ],
)
def test_columns_are_known_in_many_languages(tmp_path: Path, file: str, title: str, text: str, tags: str) -> None:
    table = csv(";", [title, text, tags, file], ["T", "D", "#x #y", "a.mp4"])
    assert understood(tmp_path, "a.mp4", {"posts.csv": table}) == Metadata(
        title="T", description="D", hashtags=("#x", "#y")
    )


def test_columns_and_rows_may_be_in_a_language(tmp_path: Path) -> None:
    columns = csv(",", ["file", "title_en", "Titel (de)"], ["a.mp4", "The cat", "Die Katze"])
    assert understood(tmp_path / "1", "a.mp4", {"posts.csv": columns}, language="de") == Metadata(title="Die Katze")
    assert understood(tmp_path / "1", "a.mp4", {}, language="fr", fallback_languages=("en",)) == Metadata(
        title="The cat"
    )
    rows = csv(",", ["file", "language", "title"], ["a.mp4", "en", "The cat"], ["a.mp4", "de-DE", "Die Katze"])
    assert understood(tmp_path / "2", "a.mp4", {"posts.csv": rows}, language="de") == Metadata(title="Die Katze")
    assert understood(tmp_path / "2", "a.mp4", {}, language="fr") is None


@pytest.mark.parametrize("said", ["German", "deutsch", "deu", "ger", "DE", "de-AT", "German (de-AT)"])
def test_a_row_says_its_language_by_name_or_code(tmp_path: Path, said: str) -> None:
    rows = csv(",", ["file", "language", "title"], ["a.mp4", "English", "The cat"], ["a.mp4", said, "Die Katze"])
    assert understood(tmp_path, "a.mp4", {"posts.csv": rows}, language="de") == Metadata(title="Die Katze")
    assert understood(tmp_path, "a.mp4", {}) == Metadata(title="The cat")


def test_other_columns_are_kept_for_templates_and_a_link_is_ones_own(tmp_path: Path) -> None:
    table = xlsx(
        ["Image", "Title", "Price", "From", "Link"], ["a.jpg", 2026, 7.0, date(2026, 1, 31), "https://a.example"]
    )
    assert understood(tmp_path, "a.jpg", {"posts.xlsx": table}) == Metadata(
        title="2026", link="https://a.example", extra={"Price": "7", "From": "2026-01-31"}
    )


def test_the_last_row_for_a_medium_counts_and_one_may_say_that_it_failed(tmp_path: Path) -> None:
    table = csv(",", ["file", "title", "status"], ["a.mp4", "old", ""], ["a", "base", ""], ["a.mp4", "new", "done"])
    assert understood(tmp_path, "a.mp4", {"posts.csv": table}) == Metadata(title="new")
    failed = csv(",", ["file", "title", "status"], ["a.mp4", "old", "failed"])
    assert problem(tmp_path, "a.mp4", {"posts.csv": failed}).message.endswith("row 2: its status is 'failed'")
    draft = csv(",", ["file", "title", "status"], ["a.mp4", "not yet", "Draft"])
    assert problem(tmp_path, "a.mp4", {"posts.csv": draft}).message.endswith("row 2: its status is 'draft'")


@pytest.mark.parametrize(
    "above",
    [
        ["Video", "", "Text", ""],
        ["Media", "", "", ""],
        ["Image", "Video", "", ""],
    ],
)
def test_names_of_groups_of_columns_may_stand_above_theirs(tmp_path: Path, above: list[str]) -> None:
    table = csv(",", above, ["Dateiname", "Länge", "Titel", "Beschreibung"], ["a.mp4", "0:30", "Katze", "Sie schläft."])
    assert understood(tmp_path, "a.mp4", {"posts.csv": table}) == Metadata(
        title="Katze", description="Sie schläft.", extra={"Länge": "0:30"}
    )


def test_a_row_may_name_its_file_in_another_letter_case(tmp_path: Path) -> None:
    assert understood(tmp_path, "a.mp4", {"posts.csv": "file,title\nA.MP4,The cat"}) == Metadata(title="The cat")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bank.csv", "Date;Amount\n2026-01-31;7"),
        ("bank.csv", "Datum;Betrag;Empf\xe4nger\n".encode("latin-1")),
        ("bank.csv", 'Date;Amount\n"2026-01-31;7'),
        ("bank.xlsx", xlsx(["Date", "Amount"], ["2026-01-31", 7])),
        ("~$posts.xlsx", b"what Excel has open"),
        (".posts.csv", "file,title\na.mp4,no"),
    ],
)
def test_a_table_of_something_else_does_no_harm(tmp_path: Path, name: str, content: Any) -> None:
    assert understood(tmp_path, "a.mp4", {name: content}) is None


@pytest.mark.parametrize("more", ["#DIV/0!", "=1/3"])
def test_a_formula_in_a_column_for_templates_costs_nothing_else(tmp_path: Path, more: str) -> None:
    table = xlsx(["file", "title", "Price", "title_de"], ["a.mp4", "The cat", more, more])
    assert understood(tmp_path, "a.mp4", {"posts.xlsx": table}) == Metadata(title="The cat")


def test_a_formula_whose_value_is_an_empty_text_says_nothing(tmp_path: Path) -> None:
    """As programs that calculate save it."""
    table = sheet(
        workbook(["file", "title", "text"], ["a.mp4", "The cat", "=T(0)"]), b'<c r="C2">', b'<c r="C2" t="str">'
    )
    assert understood(tmp_path, "a.mp4", {"posts.xlsx": table}) == Metadata(title="The cat")


def test_the_0_of_a_formula_that_was_never_calculated_is_no_title(tmp_path: Path) -> None:
    table = sheet(workbook(["file", "title"], ["a.mp4", '="The cat"']), b"</f><v />", b"</f><v></v>", b"</f><v>0</v>")
    assert "its title is a formula" in problem(tmp_path, "a.mp4", {"posts.xlsx": table}).message


@pytest.mark.parametrize(("media", "title", "tags"), [("a.mp4", "Cats", ("#cat",)), ("c.mp4", "The dog", ())])
def test_what_stands_in_merged_cells_is_that_of_each_row(
    tmp_path: Path, media: str, title: str, tags: tuple[str, ...]
) -> None:
    book = workbook(["file", "title", "tags"], ["b.mp4", "Cats", "#cat"], ["a.mp4"], ["c.mp4", "The dog"])
    for cells in ("B2:B3", "C2:C3"):
        book.active.merge_cells(cells)
    book.active.merge_cells("B4:C4")
    assert understood(tmp_path, media, {"posts.xlsx": saved(book)}) == Metadata(title=title, hashtags=tags)


def test_merged_cells_are_bounded(tmp_path: Path) -> None:
    ranges = b"".join(b'<mergeCell ref="A1:CV1000000"/>' for _ in range(2))
    for times, title in ((1, "Cat"), (6_000, None)):
        merged = b"</sheetData><mergeCells>" + ranges * times + b"</mergeCells>"
        table = sheet(workbook(["file", "title"], ["a.mp4", "Cat"]), b"</sheetData>", merged)
        if title:
            assert understood(tmp_path, "a.mp4", {"posts.xlsx": table}) == Metadata(title=title)
        else:
            assert "it has more than 10,000 merged cells" in problem(tmp_path, "a.mp4", {"posts.xlsx": table}).message


def test_a_hidden_sheet_comes_after_the_others(tmp_path: Path) -> None:
    book = workbook(["file", "title"], ["a.mp4", "old"], ["b.mp4", "old"])
    book.active.sheet_state = "hidden"
    now = book.create_sheet("Now")
    for row in (["file", "title"], ["a.mp4", "new"]):
        now.append(row)
    assert understood(tmp_path, "a.mp4", {"posts.xlsx": saved(book)}) == Metadata(title="new")


def test_a_quotation_mark_that_is_closed_in_its_line_does_no_harm(tmp_path: Path) -> None:
    table = 'file,title\nb.mp4,5" high\na.mp4,"The" cat\nc.mp4,"The\ndog"'
    assert understood(tmp_path, "a.mp4", {"posts.csv": table}) == Metadata(title="The cat")
    assert understood(tmp_path, "c.mp4", {}) == Metadata(title="The\ndog")


def test_a_small_file_that_unpacks_to_a_large_one_is_not_read(tmp_path: Path) -> None:
    packed = io.BytesIO(xlsx(["file", "title"], ["a.mp4", "Cat"]))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/more.xml", b" " * 8_000_000)
    assert "unpacked it has 8 MB" in problem(tmp_path, "a.mp4", {"posts.xlsx": packed.getvalue()}).message


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("posts.csv", "Datei;Titel\na.mp4;F\xfc\xdfe".encode("latin-1"), "it is no UTF-8 text (byte 19)"),
        ("posts.csv", 'file,title\na.mp4,"' + "x" * 200_000, "no valid CSV: field larger than field limit"),
        (
            "posts.csv",
            'file,title\n\na.mp4,"Cat,It sleeps\nb.mp4,Dog',
            "in the row that begins in line 3; is a quotation",
        ),
        (
            "posts.csv",
            'file,title\na.mp4,"Cat,It sleeps\nb.mp4,"Dog"',
            "in the row that begins in line 2; is a quotation",
        ),
        ("posts.csv", 'file,title\na.mp4,"Cat" it said,"a\nb"', "in the row that begins in line 2; is a quotation"),
        ("posts.csv", "文件名,标题\na.mp4,猫".encode("gb18030"), "it is no UTF-8 text (byte 0); save it as UTF-8"),
        ("posts.csv", "ファイル名,タイトル\na.mp4,猫".encode("cp932"), "it is no UTF-8 text (byte 0)"),
        ("posts.csv", "Файл;Заголовок\na.mp4;Кот".encode("cp1251"), "it is no UTF-8 text (byte 0)"),
        ("posts.csv", "파일,제목\na.mp4,고양이".encode("cp949"), "it is no UTF-8 text (byte 0)"),
        ("posts.csv", "file,title\na.mp4,#N/A", "row 2: its title is the error #N/A of a formula"),
        ("posts.xlsx", xlsx(["file", "title"], ["a.mp4", "#REF!"]), "row 2: its title is the error #REF! of a formula"),
        (
            "posts.xlsx",
            xlsx(["file", "text"], ["a.mp4", '="C"&"at"']),
            "row 2: its description is a formula whose value",
        ),
        (
            "posts.xlsx",
            xlsx(["file", "text"], ['="a"&".mp4"', "Cat"]),
            "row 2: the name of the file is a formula whose",
        ),
        ("posts.xlsx", b"PK\x03\x04 cut off", "no workbook that can be read (BadZipFile)"),
    ],
)
def test_one_that_cannot_be_read_is_told(tmp_path: Path, name: str, content: Any, why: str) -> None:
    assert why in problem(tmp_path, "a.mp4", {name: content}).message


@pytest.mark.parametrize(
    ("names", "cells"),
    [
        (["Filename", "Type", "Style"], ["a.mp4", "Video", "Text"]),
        (["Name", "File", "Channel", "Format"], ["Cat", "a.mp4", "Video", "Post"]),
        (["文件", "类型", "格式"], ["a", "视频", "文案"]),
    ],
)
def test_a_row_whose_cells_are_called_like_columns_is_a_medium_s(
    tmp_path: Path, names: list[str], cells: list[str]
) -> None:
    assert understood(tmp_path, "a.mp4", {"posts.csv": csv(",", names, cells)}) is not None
