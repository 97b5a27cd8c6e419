"""A workspace's own words: the terms it has added to concepts, ours or its own, looked up as those of the package are."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from bot.watch.nodes import OwnTerm
from bot.watch.vocabulary import Form, Key, form_of, key_of, words_of


@dataclass(frozen=True)
class Glossary:
    """The own terms of one workspace; a concept of its own is there by its terms."""

    terms: tuple[OwnTerm, ...] = ()

    @cached_property
    def names(self) -> dict[Key, tuple[Form, ...]]:
        """The terms by what they say."""
        found: dict[Key, tuple[Form, ...]] = {}
        for form in map(form_of, self.terms):
            found[form.key] = (*found.get(form.key, ()), form)
        return found

    @cached_property
    def by_id(self) -> dict[Key, tuple[str, ...]]:
        """Concepts by id and by any own term written like one."""
        found = {key: tuple(dict.fromkeys(form.concept for form in forms)) for key, forms in self.names.items()}
        return found | {id_key(term.concept): (term.concept,) for term in self.terms}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """What may stand after `concept:` besides our own ids."""
        return tuple(dict.fromkeys(one for term in self.terms for one in (term.concept, id_of(term.text))))

    def of(self, concepts: Iterable[str]) -> tuple[OwnTerm, ...]:
        """The terms of these concepts."""
        wanted = frozenset(concepts)
        return tuple(term for term in self.terms if term.concept in wanted)


NOTHING = Glossary()
"""Of a workspace that has added nothing, and of where there is no workspace."""


def id_of(name: str) -> str:
    """A name as the id of a concept: in lower case, with a hyphen between its words."""
    return "-".join(words_of(unicodedata.normalize("NFKC", name.casefold())))


def id_key(value: str) -> Key:
    """What an id is compared by: how it is written does not matter, as with terms."""
    return key_of(value.replace("-", " ").replace("_", " "))
