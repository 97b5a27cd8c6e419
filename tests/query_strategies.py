"""Random queries and items in four languages, drawn from one small vocabulary so that they often meet."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from bot.model import Deadline, FieldName, Item
from bot.watch.glossary import Glossary
from bot.watch.nodes import TEXT_FIELDS, OwnTerm, Phrase, Prefix, Query, Term, When, Where, Without, all_of, any_of, cleaned, near, negated
from bot.watch.text import tokens
from bot.watch.thesaurus import bound
from bot.watch.vocabulary import key_of

NOW = datetime(2026, 7, 2, 9, 30, tzinfo=UTC)
WORDS = (
    "decentralized", "decentralised", "de-centralised", "trials", "Trial", "clinical", "non-clinical", "nonclinical",
    "GMP", "ＧＭＰ", "PIC/S", "DCT", "DCTs", "gift", "GIFT", "MFDS", "drug", "附条件批准", "药", "去中心化临床试验", "virtual", "recall",
    "bias",
    "FDA’s", "paediatric", "pediatric", "510(k)", "COVID-19", "COVID19", "5", "étude", "e\u0301tude", "ﬁnal", "㎎", "Ⅳ", "notice", "OR",
    "분산형", "임상시험", "임상시험을", "임상", "\u1107\u116e\u11ab산형", "식약처", "审查", "審查", "審査", "临床", "臨床試験",
    "试验", "药品",
    "ガイドライン", "ｶﾞｲﾄﾞﾗｲﾝ", "治験", "の", "ス\u3099", "\u00addecen\u200btralized", "𠮷野", "😀", "İstanbul", "straße",
)  # fmt: skip
_BLANKS = ("", " ", " ", " ", "-", "/", ", ", "·", "\u3000", "\u200b", "\n", "'s ", "「", "。")
_VALUES = {
    "country": ("KR", "JP", "EU"), "region": ("asia", "europe"), "lang": ("ko", "zh", "zh-Hant"), "tier": ("official", "trade"),
    "type": ("guideline", "notice"), "status": ("draft", "final"), "product": ("device", "vaccine"), "agency": ("MFDS", "Pink Sheet"),
    "source": ("kr-mfds-press", "jp-pmda"), "concept": ("dct", "gift", "recalls"),
}  # fmt: skip


def pasted(words: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    """Words with all kinds of things between them, or with nothing."""
    pairs = st.lists(st.tuples(words, st.sampled_from(_BLANKS)), max_size=most)
    return pairs.map(lambda found: "".join(word + blank for word, blank in found))


texts = pasted(st.sampled_from(WORDS), 8) | pasted(st.sampled_from(WORDS), 3) | st.text(max_size=20)
_fields: st.SearchStrategy[FieldName | None] = st.sampled_from([None, None, None, "title", "summary", "text"])
_phrases = pasted(st.sampled_from([word for word in WORDS if any(letter.isalnum() for letter in word)]), 3)


def _phrase(text: str, field: FieldName | None, exact: bool) -> Phrase | None:
    kept = cleaned(text)
    return Phrase(kept, field=field, exact=exact) if tokens(kept) and not kept.endswith("*") else None


phrases: st.SearchStrategy[Term] = st.builds(_phrase, _phrases, _fields, st.sampled_from([False, False, False, True])).filter(bool)  # type: ignore[assignment]
prefixes: st.SearchStrategy[Term] = st.builds(
    Prefix, st.sampled_from(["decentrali", "dec", "clini", "임", "临床", "de-cent", "covid 19", "paed", "non-cl", "tri"]), _fields
)
terms = phrases | phrases | phrases | prefixes
nears = st.builds(near, terms.map(lambda one: _in(one, None)), terms, st.integers(1, 6))
wheres = st.sampled_from(list(_VALUES)).flatmap(
    lambda field: st.builds(
        Where, st.just(field), st.lists(st.sampled_from(_VALUES[field]), min_size=1, max_size=2, unique=True).map(tuple)
    )
)
withouts = st.builds(Without, st.sampled_from([("virtual trial",), ("DCT", "회수"), ("GMP",)]))
_combined = st.builds(lambda one, terms: all_of([one, terms]), phrases, withouts)
whens = st.one_of(
    st.builds(When, st.sampled_from(["after", "before"]), st.just(""), st.dates(date(2026, 6, 20), date(2026, 7, 5))),
    st.builds(When, st.sampled_from(["age", "deadline"]), st.sampled_from("<>"), st.integers(1, 20)),
)


def _in(term: Term, field: str | None) -> Term:
    return Phrase(term.text, field=None, exact=term.exact) if isinstance(term, Phrase) else Prefix(term.text)


def _trees(leaves: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(all_of),
            st.lists(inner, min_size=2, max_size=3).map(any_of),
            inner.map(negated),
        ),
        max_leaves=6,
    )


watchable: st.SearchStrategy[Query] = _trees(st.one_of(terms, terms, nears, wheres, _combined))
"""Queries a watchlist can have, and such as match everything too."""
searchable: st.SearchStrategy[Query] = _trees(st.one_of(terms, terms, nears, wheres, whens, _combined))
"""Queries with every form of the language."""


@st.composite
def _quoted(draw: st.DrawFn, item: Item) -> Term:
    """A few words of the item in a row, so that most of its queries find it."""
    field: FieldName = draw(st.sampled_from(TEXT_FIELDS))
    text: str = getattr(item, field)
    found = tokens(text)
    if not found:
        return draw(terms)
    first = draw(st.integers(0, len(found) - 1))
    last = min(first + draw(st.integers(0, 3)), len(found) - 1)
    words = text[found[first].start : found[last].end]
    return _phrase(words, draw(st.sampled_from([None, field])), draw(st.booleans())) or draw(terms)


def about(item: Item) -> st.SearchStrategy[Query]:
    """Queries a watchlist can have that often hold for the item."""
    words = _quoted(item)
    return _trees(
        st.one_of(words, words, words, terms, st.builds(near, words.map(lambda one: _in(one, None)), words, st.integers(1, 9)), wheres)
    )


def _some(field: str) -> st.SearchStrategy[str]:
    return st.sampled_from(("", *_VALUES[field]))


def _many(field: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(_VALUES[field]), max_size=2, unique=True).map(tuple)


_times = st.none() | st.integers(-20, 0).map(lambda days: NOW + timedelta(days=days))
items = st.builds(
    Item,
    id=st.uuids(allow_nil=False).map(str),
    title=texts,
    summary=texts,
    text=texts,
    source=_some("source"),
    key=st.uuids().map(str),
    country=_some("country"),
    regions=_many("region"),
    language=_some("lang"),
    tier=_some("tier"),
    doc_type=_some("type"),
    status=st.none() | st.sampled_from(_VALUES["status"]),
    product_types=_many("product"),
    agency=_some("agency"),
    concepts=_many("concept"),
    deadlines=st.lists(
        st.builds(Deadline, kind=st.just("comments_due"), day=st.dates(date(2026, 6, 25), date(2026, 7, 25))), max_size=2
    ).map(tuple),
    published=_times,
    detected=_times,
)

met: st.SearchStrategy[tuple[Item, list[Query]]] = items.flatmap(
    lambda item: st.tuples(st.just(item), st.lists(about(item) | watchable, min_size=1, max_size=6))
)
"""An item, and queries of which many hold for it."""


_OWN_CONCEPTS = ("our-pipeline", "real-world-x", "decentralized-clinical-trial", "recall", "conditional-approval")
_own_words = pasted(st.sampled_from([word for word in WORDS if any(letter.isalnum() for letter in word)]), 2)


def _own_term(text: str, concept: str, language: str) -> OwnTerm | None:
    kept = cleaned(text)
    return OwnTerm(kept, concept, language, concept) if key_of(kept) else None


glossaries: st.SearchStrategy[Glossary] = st.lists(
    st.builds(_own_term, _own_words, st.sampled_from(_OWN_CONCEPTS), st.sampled_from(["", "", "ko", "en", "zh"])).filter(bool), max_size=6
).map(lambda found: Glossary(tuple(one for one in found if one)))
"""What a workspace may have added, of the words that items are made of."""


def named_by(own: Glossary) -> st.SearchStrategy[Query]:
    """Queries of a workspace that often say its own words."""
    if not own.terms:
        return watchable.map(lambda query: bound(query, own))
    texts = st.sampled_from([term.text for term in own.terms])
    said = (
        texts.map(Phrase)
        | texts.map(lambda text: all_of(map(Phrase, text.split())))
        | st.sampled_from([Where("concept", (term.concept,)) for term in own.terms])
    )
    return _trees(st.one_of(said, said, terms, st.builds(lambda one, text: all_of([one, Without((text,))]), said, texts))).map(
        lambda query: bound(query, own)
    )
