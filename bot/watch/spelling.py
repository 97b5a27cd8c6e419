"""One spelling for each Latin word: British to American, then its English stem.

The same rules read texts and terms, so a rule that goes too far only makes two rare words equal; it never loses a match
between a word and itself. Words come folded (see `bot.watch.text`): lower case, no accents.
"""

import re
from functools import lru_cache

import Stemmer

_LONGEST_STEMMED = 40
_KEPT_WORDS = 200_000

# Snowball leaves the s of a word without a vowel before it alone: DCTs, NDAs, CROs.
_ACRONYMS = re.compile(r"[^aeiouy]{2,}[aeo]?s(?<!ss)")
# Words in -ise, -ising … that American spelling writes with s too, by their beginning up to "is".
_S_STAYS = (
    "adv|appra|ar|bra|bru|chem|ch|circumc|compr|conc|cr|cru|desp|dev|disgu|enterpr|exc|exerc|expert|franch|gu|improv|inc|likew|merchand"
    "|mort|no|otherw|parad|po|pra|prec|prem|prom|pr|ra|repr|rev|r|superv|sunr|surm|surpr|telev|treat|underm|upra|v|w|cross-w|demot"
)
_IZE = re.compile(rf"^(?!(?:{_S_STAYS})is)(\w{{2,}}[iy])s(e|ed|er|ers|es|ing|ation|ations|ational|able)$")
_OUR = re.compile(
    r"(tum|behavi|col|fav|hon|lab|harb|neighb|rum|vap|flav|od|hum|vig|endeav|arm|rig|sav|splend|cand|clam|demean|ferv|ranc)our"
)
_RE = re.compile(r"(cent|met|lit|fib|theat|calib|spect|lust|meag|somb)re(s|d|)$")
_OGUE = re.compile(r"(catal|dial|anal|homol|monol|prol|epil)ogue")
_CE = re.compile(r"^(licen|defen|offen|preten)c(?=e|ing)")
_WHOLE = {
    "programme": "program", "programmes": "programs", "practise": "practice", "practised": "practiced", "practises": "practices",
    "practising": "practicing", "grey": "gray", "mould": "mold", "moulds": "molds", "judgement": "judgment", "ageing": "aging",
    "artefact": "artifact", "artefacts": "artifacts", "enquiry": "inquiry", "enquiries": "inquiries", "aluminium": "aluminum",
    "sceptical": "skeptical", "manoeuvre": "maneuver", "cheque": "check", "titre": "titer", "titres": "titers",
}  # fmt: skip


def american(word: str) -> str:
    """The American spelling of a British one (`paediatric` → `pediatric`); other words as they are."""
    if word in _WHOLE:
        return _WHOLE[word]
    if len(word) < 4:
        return word
    word = _IZE.sub(r"\1z\2", word)
    word = _OUR.sub(r"\1or", word)
    word = _RE.sub(_er, word)
    word = _OGUE.sub(r"\1og", word)
    word = _CE.sub(r"\1s", word)
    word = word.replace("sulph", "sulf")
    return word.replace("ae", "e").replace("oe", "e") if len(word) > 5 else word


def _er(match: re.Match[str]) -> str:
    ending = "ed" if match[2] == "d" else match[2]
    return f"{match[1]}er{ending}"


@lru_cache(maxsize=_KEPT_WORDS)
def stem(word: str) -> str:
    """The English Snowball stem of a word in American spelling: `trials` → `trial`, `decentralised` → `decentr`.

    Words that are not plain Latin letters, and words nobody writes (over 40 letters), are their own stem.
    """
    if len(word) < 3 or len(word) > _LONGEST_STEMMED or not (word.isascii() and word.isalpha()):
        return word
    if len(word) > 3 and _ACRONYMS.fullmatch(word):
        return word[:-1]
    # a stemmer keeps the word it works on, so two threads must not share one
    return str(Stemmer.Stemmer("english", 0).stemWord(american(word)))
