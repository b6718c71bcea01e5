"""The source's language, or the text's, says where a text may end."""

from __future__ import annotations

import pytest

from twitter_pipeline.content.breaks import Kind, later_sentences, within
from twitter_pipeline.content.cutting import shorten
from twitter_pipeline.content.data import lines
from twitter_pipeline.content.filters import first_sentence
from twitter_pipeline.content.languages import language_of
from twitter_pipeline.content.weight import weighted_length
from twitter_pipeline_tests.content.scripts import MARKS
from twitter_pipeline_tests.support.quickness import assert_quick


def shortened(text: str, limit: int, *languages: str) -> str | None:
    return shorten(text, lambda shorter: weighted_length(shorter) <= limit, limit, languages)


@pytest.mark.parametrize(
    ("text", "languages", "language"),
    [
        ("The cat sleeps", (), "en"),
        ("Die Katze schläft auf dem Dach und der Hund", ("en",), "de"),
        # Too little to tell: what the source says.
        ("Am Meer", ("de", "en"), "de"),
        ("Paper planes", ("pt-BR",), "pt"),
        ("Paper planes", (), None),
        # The source's language is not written like this: its fall-backs, then the text.
        ("Бумажный самолётик", ("en", "uk"), "uk"),
        ("猫が寝る", ("en",), "ja"),
        ("猫在睡觉", ("en",), "zh"),
        ("고양이가 잔다", ("en",), "ko"),
        ("القطة تنام على السطح", ("en",), "ar"),
        ("گربه روی پشت بام است و می خوابد با آن", ("ar",), "fa"),
        ("החתול ישן", ("en",), "he"),
        ("बिल्ली सोती है", ("en",), "hi"),
        ("Η γάτα κοιμάται", ("en",), "el"),
        ("แมวนอน", ("en",), None),
        ("🐾 123", ("en",), None),
    ],
)
def test_the_language_of(text: str, languages: tuple[str, ...], language: str | None) -> None:
    assert language_of(text, languages) == language


@pytest.mark.parametrize(
    ("text", "limit", "language", "expected"),
    [
        # What is an abbreviation in one language ends a sentence in another, and some are ones before a number only.
        ("In the park the cat sat. Then it ran away", 34, "en", "In the park the cat sat."),
        ("We all sat in the sun. Then it rained a lot", 34, "en", "We all sat in the sun."),
        ("It is in vol. 12 of the book that he wrote", 30, "en", "It is in vol. 12 of the book…"),
        ("Wir kaufen Obst usw. auf dem Markt ein", 33, "de", "Wir kaufen Obst usw…"),
        ("On mange des fruits etc. au bord de la mer", 39, "fr", "On mange des fruits etc. au bord…"),
        # A number with a full stop is one of a row, or a day.
        ("Im Hafen ist Musik und Tanz am 24. Dezember um acht", 36, "de", "Im Hafen ist Musik und Tanz…"),
        ("Hier im 3. Stock. Und da im vierten noch mehr", 20, "de", "Hier im 3. Stock."),
        ("Slavíme dne 24. prosince všichni spolu", 18, "cs", "Slavíme dne…"),
        ("Gel 29. ekim günü de oraya bizimle", 12, "tr", "Gel…"),
        ("1. Buy some milk and fish. 2. Feed cat", 30, "en", "1. Buy some milk and fish."),
        ("It costs 20. Then you pay for it again", 15, "en", "It costs 20."),
        ("He was born in 1990. Then he left", 24, "de", "He was born in 1990."),
        # Nothing that leads to what follows stays alone.
        ("Meet Mr. Jones and Dr. Smith today", 24, "en", "Meet Mr. Jones…"),
        ("Voici Mme Goff avec le chat", 11, "fr", "Voici…"),
        ("The perfume No. 5 is known to everyone", 16, "en", "The perfume…"),
        ("Le bateau part du quai n° 5 demain", 24, "fr", "Le bateau part du quai…"),
        ("Ab 18 Std. Laufzeit wird er warm", 21, "de", "Ab 18 Std. Laufzeit…"),
        ("Ул. Ленина, д. 5, кв. 3. Приходите", 30, "ru", "Ул. Ленина, д. 5, кв. 3."),
        # No number without its unit.
        ("Старый маяк высотой 36 метров здесь", 24, "ru", "Старый маяк высотой…"),
        ("Un vieux phare de 36 mètres de haut", 22, "fr", "Un vieux phare…"),
        ("Le film dure 8 h 30 et on y va", 18, "fr", "Le film dure…"),
        ("Der Film dauert 90 Minuten am Abend", 20, "de", "Der Film dauert…"),
        ("Er kostet fast 3 Mio. Euro und mehr", 19, "de", "Er kostet fast…"),
        ("We meet there on 3 May 2026 in Rome", 22, "en", "We meet there…"),
        ("We meet there in May 2026, in Rome", 21, "en", "We meet there…"),
        ("El faro abre el 24 de diciembre otra vez", 22, "es", "El faro abre…"),
        ("높이가 아주 높은 36 미터였다 그리고", 24, "ko", "높이가 아주 높은…"),
        ("ارتفاع المنارة 120 كم عن المدينة", 20, "ar", "ارتفاع المنارة…"),
        ("המרחק הוא 120 ק״מ מהעיר הגדולה", 15, "he", "המרחק…"),
        ("शहर की दूरी 120 किमी है और वहाँ", 18, "hi", "शहर की दूरी…"),
        ("全长只有120公里的路线", 14, "zh", "全长只有…"),
        ("路线只需3小时就能走完", 12, "zh", "路线只需…"),
        ("入場料は大人1,200円です", 20, "ja", "入場料は大人…"),
        # No particle dangles in languages without spaces, and no word loses its end for looking like one.
        ("ねこはやねのうえでねています", 21, "ja", "ねこはやねのうえ…"),
        ("猫睡在屋顶上和狗睡在院子里", 16, "zh", "猫睡在屋顶上…"),
        ("我们住在这里一直到现在都很好", 24, "zh", "我们住在这里一直到现在…"),
        ("고양이와 개 그리고 새가 산다", 18, "ko", "고양이와 개…"),
        ("बिल्ली छत पर और आँगन में सोती है", 16, "hi", "बिल्ली छत…"),
    ],
)
def test_a_text_ends_by_the_rules_of_its_language(text: str, limit: int, language: str, expected: str) -> None:
    assert shortened(text, limit, language) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        # The order of the letters is that of reading; the ellipsis stands where reading stops.
        ("القطة تنام على سطح البيت الكبير", 17, "القطة تنام…"),
        ("هل تنام القطة؟ نعم، تنام طوال اليوم", 20, "هل تنام القطة؟"),
        ("القطة نائمة، والكلب في الحديقة الكبيرة", 18, "القطة نائمة…"),
        ("החתול ישן על הגג של הבית הגדול", 16, "החתול ישן…"),
        ("החתול ישן (על הגג) כל היום", 17, "החתול ישן…"),
        ("شاهد iPhone 15 في المتجر الجديد", 19, "شاهد iPhone 15…"),
    ],
)
def test_a_text_from_right_to_left_ends_where_its_reader_expects(text: str, limit: int, expected: str) -> None:
    assert shortened(text, limit) == expected
    assert not set(expected) & MARKS


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Im 19. Jahrhundert stand hier ein Turm.", "Heute nicht mehr."),
        ("1. Buy milk.", "2. Feed cat."),
        ("He said: “Go!” and left.", "She stayed."),
    ],
)
def test_the_first_sentence_is_a_whole_one(first: str, second: str) -> None:
    assert first_sentence(f"{first} {second}") == first
    assert later_sentences(f"{first} {second}") == [second]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        # A number with a full stop counts what follows, or ends a sentence.
        ("de", "Er wurde 24.", "Dann ging er nach Hause."),
        ("de", "Wir kamen am 24.", "Danach war es still."),
        ("de", "Er ist jetzt 30.", "Anna ist erst 28."),
        ("de", "Wir kamen am 24. Dezember an.", "Dann war es still."),
        ("de", "Das war der 2. und 3. Versuch, und „der 4. Anlauf“ ist heute.", "Hier ist er."),
        ("de", "Beethovens 9. Sinfonie im II. Weltkrieg und 2. Bundesliga am 24.12. in Köln.", "Bis dann."),
        ("de", "Wir sind auf Platz 3.", "Platz 2 ist frei."),
        ("de", "Er sagte 24.", "„Nein!“ sagte sie."),
        ("da", "Han blev 24.", "Så gik han den 24. december."),
        ("da", "Det er den 3. Juni i dag.", "Så går vi."),
        ("nb", "Han ble 24.", "Så dro han hjem."),
        ("fi", "Hän täytti 24.", "Sitten hän lähti."),
        ("cs", "Karel IV. měl 24.", "Potom odešel v 19. století."),
        ("pl", "Skończył 24.", "Potem poszedł."),
        ("tr", "O gün 24.", "Sonra eve gitti."),
        ("tr", "Bu 2. Sezon 3. Bölüm.", "Sonra eve gitti."),
        ("hu", "Ő lett a 24.", "Aztán hazament."),
        ("en", "It was World War II.", "Part 3 of 20. Then he left."),
        # In Russian and Ukrainian a year has its letter.
        ("ru", "В 2026 г. Москва, в 90-х гг. Россия, в XVIII–XIX вв. Европа, в 44 г. до н.э. Рим.", "Потом нет."),
        ("ru", "Чай и т.д. На ул. Ленина и пл. Мира, т.е. Здесь, музей им. Пушкина, проф. Иванов.", "Потом нет."),
        ("uk", "У 2026 р. Київ, у 90-х рр. Україна, на вул. Шевченка і просп. Миру, ім. Франка.", "Потім ні."),
    ],
)
def test_a_full_stop_behind_a_number_or_an_abbreviation_may_end_nothing(language: str, first: str, second: str) -> None:
    text = f"{first} {second}"
    ends = (end.at for end in within(text, 2 * len(text), language).ends if end.kind is Kind.SENTENCE)
    assert next(ends) == len(first)


@pytest.mark.parametrize("part", ["1. ", "24. mai ", "no. 5 ", "5 km ", "Dr. ", "z. ", '"', "“", "(„", "เ", "1 x "])
def test_hostile_text_takes_linear_time(part: str) -> None:
    assert_quick(lambda: shortened(part * (12_000 // len(part)), 10_000, "de"), 3)


def test_every_list_is_of_one_language_and_those_of_the_samples_are_there() -> None:
    for name in ("function_words", "abbreviations", "units", "months"):
        codes = [line.partition(":")[0] for line in lines(name)]
        assert len(codes) == len(set(codes))
        assert all(2 <= len(code) <= 3 and code.isalpha() for code in codes)
    assert {"en", "de", "fr", "es", "pt", "it", "ru", "zh", "ja", "ko", "ar", "hi"} <= {
        line.partition(":")[0] for line in lines("function_words")
    }
