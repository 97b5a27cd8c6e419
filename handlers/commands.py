"""THE table of commands: what each is called, how it is used, and the function that answers it; the same on every platform."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches

from bot.cards.card import Card, Line, Section, Span, line, notice
from bot.errors import StoreTrouble, UserMistake
from bot.watch.query import CHAT_LIMIT
from handlers import adding, channels, concepts, digests, editing, items, operations, search, sources, terms, tracing, watchlists, wishes
from handlers.grammar import Request, clean, first_word
from handlers.mistakes import mistake, not_carried_out
from handlers.reply import Context, Reply

__all__ = ["TABLE", "Command", "Context", "Reply", "Request", "run"]

WORDS_LIMIT = 4_000

Answer = Callable[[Request, str, Context], Awaitable[Reply]]


@dataclass(frozen=True)
class Command:
    """One row of the table. `name` is one or two words, `help` one line, `answer` gets the words after the name."""

    name: str
    usage: str
    help: str
    examples: tuple[str, ...]
    answer: Answer


async def _help(request: Request, argument: str, _: Context) -> Reply:
    return Reply(card=_help_on(argument, request.prefix) if argument else _overview(request.prefix))


TABLE: tuple[Command, ...] = (
    Command("help", "help [command]", "what I can do, with examples", ("help", "help watch add"), _help),
    Command(
        "search",
        "search <query> [sort:relevance] [page N]",
        "search what was collected, newest first",
        ('search "decentralized trials" country:KR', "search recall OR withdrawal page 2"),
        search.search,
    ),
    Command(
        "share",
        "share <query> [sort:relevance] [page N]",
        "show what a search finds to everybody here",
        ("share recall country:KR",),
        search.share,
    ),
    Command(
        "watch add",
        "watch add <query> [as <name>]",
        "save a query as a watchlist",
        ('watch add "decentralized trials" as DCT', "watch add agency:MFDS -cosmetics as Korea drugs"),
        editing.add,
    ),
    Command(
        "watch test",
        "watch test <query>",
        "what a query would have alerted on in 90 days; saves nothing",
        ('watch test "decentralized trials" country:KR',),
        editing.test,
    ),
    Command(
        "watch edit",
        "watch edit <name> <query>",
        "give a watchlist another query, and see what that adds and drops",
        ('watch edit DCT "decentralized trials" -food',),
        editing.edit,
    ),
    Command("watch list", "watch list", "the watchlists of this workspace", ("watch list",), watchlists.show_all),
    Command("watch show", "watch show <name>", "what a watchlist finds and where it goes", ("watch show DCT",), watchlists.show),
    Command(
        "watch rename",
        "watch rename <name> as <new name>",
        "give a watchlist another name",
        ("watch rename DCT as Trials",),
        editing.rename,
    ),
    Command("watch pause", "watch pause <name>", "stop a watchlist for a while, everywhere", ("watch pause DCT",), watchlists.pause),
    Command("watch resume", "watch resume <name>", "let a paused watchlist go on", ("watch resume DCT",), watchlists.resume),
    Command("watch remove", "watch remove <name>", "remove a watchlist", ("watch remove DCT",), watchlists.remove),
    Command(
        "concept list",
        "concept list [word]",
        "what this workspace has added to the words I know, or which concepts say a word",
        ("concept list", "concept list trial"),
        concepts.show_all,
    ),
    Command(
        "concept show",
        "concept show <concept>",
        "the terms of a concept in each language, and the watchlists that mean it",
        ("concept show decentralized clinical trial",),
        concepts.show,
    ),
    Command(
        "concept add",
        "concept add <name>[: <term>, <term> …]",
        "a concept of your own, with the terms that say it",
        ("concept add our pipeline: ABC-101, zolumab, 졸루맙",),
        terms.add,
    ),
    Command(
        "concept remove",
        "concept remove <concept>",
        "remove a concept of your own, or all that was added to one",
        ("concept remove our pipeline",),
        terms.remove,
    ),
    Command(
        "term add",
        "term add <term>[, <term> …] to <concept> [in <language>]",
        "let a term of your own say a concept",
        (
            "term add 가상 방문 to decentralized clinical trial in Korean",
            'term add virtual visit, "visits at home" to decentralized trials',
        ),
        terms.add_terms,
    ),
    Command(
        "term remove",
        "term remove <term>[, <term> …] [from <concept>]",
        "take a term of your own away again",
        ("term remove virtual visit from decentralized trials",),
        terms.remove_terms,
    ),
    Command(
        "subscribe",
        "subscribe <watchlist> [now|hourly|daily|weekly] [on mon,thu] [at 09:00] [urgent on|off] [here|#channel]",
        "get the alerts of a watchlist here, at once or in a digest",
        ("subscribe DCT", "subscribe DCT daily at 09:00", "subscribe Recalls weekly on thu urgent on"),
        channels.subscribe,
    ),
    Command("unsubscribe", "unsubscribe <watchlist>", "stop the alerts of a watchlist here", ("unsubscribe DCT",), channels.unsubscribe),
    Command(
        "settings",
        "settings [timezone|quiet|format|threads|mentions <value>]",
        "how this place is served: time zone, quiet hours, form",
        ("settings", "settings timezone Asia/Seoul", "settings quiet 22:00-08:00"),
        wishes.settings,
    ),
    Command("digest", "digest [<id>] [page N]", "all items of a digest", ("digest",), digests.digest),
    Command("subscriptions", "subscriptions", "what this place receives", ("subscriptions",), channels.subscriptions),
    Command("item", "item <link or id>", "one item with its versions, its dates and who else reports it", ("item 3f9a2c41",), items.item),
    Command(
        "diff", "diff <id> [from] [to]", "what changed from one version to the next", ("diff 3f9a2c41", "diff 3f9a2c41 1 3"), items.diff
    ),
    Command(
        "why",
        "why <link or id>",
        "what happened to a link or an item, stage by stage",
        ("why 3f9a2c41", "why https://www.gov.uk/drug-device-alerts"),
        tracing.why,
    ),
    Command("sources", "sources [country]", "what is read, and how it fares", ("sources", "sources KR"), sources.sources),
    Command(
        "source add",
        "source add <address> [as <name>]",
        "add a feed, a list or a page of your own; it is shown before it is saved",
        ("source add https://example.org/news", 'source add example.org/feed.xml as "Example News"'),
        adding.add,
    ),
    Command("source remove", "source remove <name>", "remove a source that was added here", ("source remove Example News",), adding.remove),
    Command(
        "health", "health [country]", "the sources that fail, are blocked or are late, and why", ("health", "health asia"), sources.health
    ),
    Command(
        "proof",
        "proof [week|month] or proof weekly on|off",
        "proof that we looked: polls, last success, gaps and hits for each watchlist of this place",
        ("proof", "proof month", "proof weekly on"),
        operations.proof,
    ),
    Command(
        "admin operations",
        "admin operations [here|off]",
        "where this workspace is told once when sources fail and once when they are back",
        ("admin operations here",),
        operations.admin_operations,
    ),
)
# What people write elsewhere for the same.
_OTHER_WORDS = {
    **dict.fromkeys(("add", "new", "create", "save", "follow"), "watch add"),
    **dict.fromkeys(("list", "ls", "watchlists", "watches"), "watch list"),
    **dict.fromkeys(("remove", "rm", "delete", "del"), "watch remove"),
    **dict.fromkeys(("show", "info"), "watch show"),
    **dict.fromkeys(("edit", "change", "update", "set"), "watch edit"),
    **dict.fromkeys(("test", "try", "preview", "backtest"), "watch test"),
    **dict.fromkeys(("pause", "mute", "snooze", "disable"), "watch pause"),
    **dict.fromkeys(("resume", "unpause", "unmute", "enable"), "watch resume"),
    **dict.fromkeys(("rename", "name"), "watch rename"),
    **dict.fromkeys(("concepts", "terms", "thesaurus", "vocabulary", "glossary"), "concept list"),
    **dict.fromkeys(("synonym", "synonyms"), "term add"),
    **dict.fromkeys(("find", "query", "look"), "search"),
    **dict.fromkeys(("post", "publish"), "share"),
    **dict.fromkeys(("sub", "start"), "subscribe"),
    **dict.fromkeys(("unsub", "stop", "leave"), "unsubscribe"),
    **dict.fromkeys(("feeds", "feed"), "sources"),
}
_BY_NAME = {command.name: command for command in TABLE}
_GROUPS = tuple(dict.fromkeys(name.split()[0] for name in _BY_NAME if " " in name))


async def run(request: Request, context: Context) -> Reply:
    """The answer to `request`. Mistakes and database trouble become cards; nothing else is raised but bugs."""
    try:
        command, argument = find(clean(request.words), context.query_limit)
        return await command.answer(request, argument, context)
    except UserMistake as error:
        return Reply(card=mistake(error, prefix=request.prefix))
    except StoreTrouble as error:
        return Reply(card=not_carried_out(error))


def find(words: str, query_limit: int = CHAT_LIMIT) -> tuple[Command, str]:
    """The command that `words` begin with, and the words after it; no words ask for help. UserMistake names the nearest command."""
    if len(words) > WORDS_LIMIT:
        raise UserMistake(
            f"That is {len(words):,} characters long; I read at most {WORDS_LIMIT:,}.", hint=f"A query has at most {query_limit:,}."
        )
    first, rest = first_word(words)
    if not first:
        return _BY_NAME["help"], ""
    if first in _GROUPS:
        return _in_group(first, rest, words)
    if first in _BY_NAME:
        return _BY_NAME[first], rest
    raise _unknown(first, rest, words)


def _in_group(group: str, rest: str, words: str) -> tuple[Command, str]:
    second, argument = first_word(rest)
    if f"{group} {second}" in _BY_NAME:
        return _BY_NAME[f"{group} {second}"], argument
    if not second:
        return _BY_NAME["help"], group
    seconds = [name.split()[1] for name in _BY_NAME if name.startswith(f"{group} ")]
    other = _OTHER_WORDS.get(second, "").rpartition(" ")[2]
    meant = (other if other in seconds else "") or next(iter(get_close_matches(second, seconds, n=1)), "")
    raise UserMistake(
        f"There is no `{group} {_short(second)}`. There are {', '.join(f'`{group} {one}`' for one in seconds)}.",
        hint=_short(f"Did you mean: {group} {meant} {argument}".rstrip(), 300) if meant else "",
        text=words,
        position=len(words) - len(rest),
    )


def _unknown(first: str, rest: str, words: str) -> UserMistake:
    known = [*dict.fromkeys(name.split()[0] for name in _BY_NAME)]
    meant = _OTHER_WORDS.get(first) or next(iter(get_close_matches(first, known, n=1)), "")
    hint = f"Did you mean: {meant} {rest}".rstrip() if meant else f"To search for it, write: search {words}"
    return UserMistake(f"I do not know the command `{_short(first)}`.", hint=_short(hint, 300), text=words, position=0)


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _overview(prefix: str) -> Card:
    intro = line("I watch regulators and the trade press, and post what matches your watchlists.")
    rows = tuple(line(Span(text=prefix + command.usage, code=True), f" – {command.help}") for command in TABLE)
    start = line("To begin: ", _code(prefix, 'watch add "decentralized trials" as DCT'), ", then ", _code(prefix, "subscribe DCT"))
    return Card(sections=(Section(lines=(intro,)), Section(lines=rows), Section(lines=(start,))))


def _code(prefix: str, words: str) -> Span:
    return Span(text=prefix + words, code=True)


def _help_on(name: str, prefix: str) -> Card:
    wanted = " ".join(name.casefold().split())
    found = [command for command in TABLE if command.name == wanted or command.name.split()[0] == wanted]
    if not found:
        known = [*_BY_NAME, *_GROUPS]
        near = get_close_matches(wanted, known, n=1)
        hint = f"Did you mean: help {near[0]}" if near else f"There are: {', '.join(_BY_NAME)}."
        raise UserMistake(f"There is no command `{_short(wanted)}`.", hint=hint)
    return notice(*(one for command in found for one in _lines_on(command, prefix)))


def _lines_on(command: Command, prefix: str) -> tuple[Line, ...]:
    examples = tuple(line("For example: ", _code(prefix, example)) for example in command.examples)
    return (line(Span(text=prefix + command.usage, code=True), f" – {command.help}"), *examples)
