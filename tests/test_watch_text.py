"""The normal form: which words are the same word."""

import pytest

from bot.watch.folding import fold
from bot.watch.spelling import american, stem
from bot.watch.text import indexed, readings, tokens


def norms(text: str) -> list[str]:
    return [token.norm for token in tokens(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("trials", "trial"),
        ("decentralised", "decentralized"),
        ("harmonisation", "harmonization"),
        ("analyse", "analyze"),
        ("labelling", "labeling"),
        ("paediatric", "pediatric"),
        ("haemophilia", "hemophilia"),
        ("oedema", "edema"),
        ("tumour", "tumor"),
        ("centres", "centers"),
        ("programme", "program"),
        ("catalogue", "catalog"),
        ("licence", "license"),
        ("defence", "defense"),
        ("enrolment", "enrollment"),
        ("multicentre", "multicenter"),
        ("sulphate", "sulfate"),
        ("ageing", "aging"),
        ("DCTs", "DCT"),
        ("NDAs", "NDA"),
        ("CROs", "CRO"),
        ("ＧＭＰ", "GMP"),
        ("gmp", "GMP"),
        ("étude", "etude"),
        ("e\u0301tude", "étude"),
        ("ﬁnal", "final"),
        ("㎎", "mg"),
        ("Ⅳ", "IV"),
        ("Keytruda™", "Keytruda TM"),
        ("10² CO₂", "10 2 CO2"),
        ("2½㎎", "2 1/2 mg"),
        ("straße", "STRASSE"),
        ("FDA's", "FDA"),
        ("FDA’s", "FDA"),
        ("COVID-19", "COVID19"),
        ("510(k)", "510k"),
        ("PIC/S", "PIC S"),
        ("分散型臨床試験", "分散型临床试验"),
        ("審査", "审查"),
        ("審查", "审查"),
        ("薬事", "药事"),
        ("ｶﾞｲﾄﾞﾗｲﾝ", "ガイドライン"),
        ("サーバー", "サーバ"),
        ("コンピューター化", "コンピュータ化"),
        ("ｾﾝﾀｰ試験", "センタ試験"),
        ("ウィルス", "ウイルス"),
        ("ｳｨﾙｽ", "ウイルス"),
        ("フィルム", "フイルム"),
        ("バリデーション", "バリデーシヨン"),
        ("ヴァイアル", "バイアル"),
        ("ｻｰｳﾞｪｲﾗﾝｽ", "サーベイランス"),
        ("レヴュー", "レビュー"),
        ("ラヴ", "ラブ"),
        ("メヂカル", "メジカル"),
        ("3ヶ月以内", "3か月以内"),
        ("３ヵ月以内", "3カ月以内"),
        ("六ケ所", "六ヶ所"),
        ("分散型 臨床試験", "分散型臨床試験"),
        ("분산형 임상시험", "분산형임상시험"),
        ("\u1107\u116e\u11ab산", "분산"),
        ("令和８年", "令和8年"),
        ("decen\u00adtral\u200bized", "decentralized"),
        ("의약품·의료기기", "의약품 의료기기"),
        ("《药品管理法》", "药品管理法"),
    ],
)
def test_two_ways_to_write_the_same(one: str, other: str) -> None:
    assert norms(one) == norms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IND", "Indiana"),
        ("trial", "trail"),
        ("raise", "raze"),
        ("임상", "입상"),
        ("device", "devise"),
        ("ビル", "ビール"),
        ("GMP", "GMPs1"),
    ],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert norms(one) != norms(other)


@pytest.mark.parametrize(
    "word", ["revise", "exercise", "enterprise", "precise", "otherwise", "promise", "rise", "raising", "acre", "does", "hour"]
)
def test_words_that_only_look_british_keep_their_spelling(word: str) -> None:
    assert american(word) == word


def test_a_word_nobody_writes_is_its_own_stem() -> None:
    assert stem("ing" * 40) == "ing" * 40


def test_a_token_knows_where_it_stands_in_the_text_as_written() -> None:
    text = "㎎ of e\u0301tude: 審査 \u200bFDA’s DCTs"
    assert [text[one.start : one.end] for one in tokens(text)] == ["㎎", "of", "e\u0301tude", "審", "査", "FDA", "DCTs"]


def test_a_heap_of_marks_folds_in_no_time() -> None:
    assert len(fold("a" + "\u0300\u0327" * 50_000).text) < 100_000


def test_an_index_keeps_words_whole_and_pairs_of_characters_with_the_last_one_alone() -> None:
    assert indexed("GMP 임상시험 trials").terms == ["gmp", "임상", "상시", "시험", "험", "trial"]


def test_an_index_keeps_both_readings_of_a_hyphenated_word() -> None:
    assert indexed("de-central trials").terms == ["de", "central", "trial", "·", "decentr", "trial"]


@pytest.mark.parametrize(("one", "other"), [("びょういん", "びよういん"), ("いつか月が", "いつケ月が"), ("アメリカ国立", "アメリケ国立")])
def test_small_hiragana_and_what_counts_nothing_are_read_as_written(one: str, other: str) -> None:
    assert norms(one) != norms(other)


@pytest.mark.parametrize(("one", "other"), [("カード", "カド"), ("コピー", "コピ"), ("ビール", "ビル"), ("データ", "デタ")])
def test_a_long_mark_within_a_word_or_after_a_short_one_is_read(one: str, other: str) -> None:
    assert norms(one) != norms(other)


def test_the_place_of_a_katakana_word_reaches_over_the_long_mark_that_ends_it() -> None:
    (reading,) = readings("新しいサーバーの更新")
    assert reading.place(3, 5) == (3, 7)


@pytest.mark.parametrize(
    ("text", "first", "last", "place"), [("新ヴァイアル品", 1, 4, (1, 6)), ("ﾗｳﾞｨ", 0, 1, (0, 4)), ("約3ヶ月", 1, 3, (1, 4))]
)
def test_the_place_of_a_katakana_word_is_that_of_how_it_is_written(text: str, first: int, last: int, place: tuple[int, int]) -> None:
    (reading,) = readings(text)
    assert reading.place(first, last) == place
