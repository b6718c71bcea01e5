"""What the columns of a table are called, in the languages people write tables in."""

from __future__ import annotations

import re
import unicodedata

_NAMES = {
    "file": """file | filename | file path | path | media | media file | medium | video | video file | clip | image |
        image file | picture | photo | datei | dateiname | dateipfad | bild | bilddatei | foto | videodatei | fichier |
        nom du fichier | nom de fichier | vidéo | archivo | nombre de archivo | nombre del archivo | fichero | imagen |
        vídeo | arquivo | nome do arquivo | ficheiro | imagem | nome file | nome del file | immagine | bestand |
        bestandsnaam | afbeelding | plik | nazwa pliku | файл | имя файла | видео | изображение |
        ファイル | ファイル名 | 動画 | 画像 | 文件 | 文件名 | 视频 | 图片 | 檔案 | 檔名 | 檔案名稱 | 影片 | 圖片 |
        파일 | 파일명 | 동영상 | 이미지""",
    "title": """title | headline | video title | post title | titel | überschrift | titre | título | titolo | tytuł |
        заголовок | название |
        タイトル | 标题 | 標題 | 제목""",
    "description": """description | text | caption | content | body | post | tweet | words | post text | tweet text |
        post caption | video description | beschreibung |
        bildunterschrift | beitrag | texte | légende | descripción | texto | leyenda | descrição | legenda |
        descrizione | testo | didascalia | beschrijving | tekst | opis | описание | текст | 説明 | 本文 | キャプション |
        描述 | 说明 | 說明 | 正文 | 文案 | 설명 | 본문""",
    "hashtags": """hashtags | hashtag | tags | tag | etiquetas | étiquettes | теги | хештеги | хэштеги | ハッシュタグ |
        タグ | 标签 | 標籤 | 话题 | 話題 | 해시태그 | 태그""",
    "keywords": """keywords | keyword | schlüsselwörter | schlagwörter | stichwörter | mots clés | palabras clave |
        palavras chave | parole chiave | trefwoorden | słowa kluczowe | ключевые слова | キーワード | 关键词 | 關鍵詞 |
        키워드""",
    "link": """link | url | website | webseite | lien | enlace | collegamento | ссылка | リンク | 链接 | 連結 | 링크""",
    "alt_text": """alt text | alt | alternative text | alternativtext | bildbeschreibung | texte alternatif |
        texto alternativo | testo alternativo | альтернативный текст | 代替テキスト | 替代文本 | 替代文字 |
        대체 텍스트""",
    "language": """language | lang | sprache | langue | idioma | lingua | taal | język | язык | 言語 | 语言 | 語言 |
        언어""",
    "status": "status",
}
#: title_de, title (de), Titel pt-BR
_IN_LANGUAGE = re.compile(r"(.+?)[\s_.-]*[\s_.(\[-]([a-z]{2}(?:[-_][a-z]{2,4})?)[)\]]?")


def _key(name: str) -> str:
    """What spellings of a column share: letters and digits, without case, accents or width."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in plain if letter.isalnum() or unicodedata.category(letter) == "Mn")
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", kept))


_FIELDS = {_key(name): field for field, names in _NAMES.items() for name in names.split("|")}


def meaning(name: str) -> tuple[str, str | None] | None:
    """The field that a column of this name is, and its language where it names one; None when it is no known field."""
    if (field := _FIELDS.get(_key(name))) is not None:
        return field, None
    found = _IN_LANGUAGE.fullmatch(name.strip().casefold())
    if found is None or (field := _FIELDS.get(_key(found[1]))) is None or field in ("file", "language", "status"):
        return None
    return field, found[2].replace("_", "-")
