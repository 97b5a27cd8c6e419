"""Forms and cards as Slack views: modals and the Home tab, inside every limit on the final JSON (docs.slack.dev/surfaces/modals).

What the modal has to remember goes into its private_metadata. A field is an input block named after it; what Slack sends back when
it is filled in is read by `filled`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.cards import plain
from bot.cards.card import Card, Section, Span, line, phrase
from bot.cards.form import Choice, Field, Filled, Form, Notes, Option, PersonPicker, PlacePicker, Text, Ticks
from bot.cards.slack import Block, plain_text, section, within
from bot.messages import say

MOST_BLOCKS = 100
MOST_TITLE = 24
MOST_OPTIONS = 100  # of a select or of a group in one
MOST_BOXES = 10
MOST_INPUT = 3000
MOST_LABEL, MOST_HINT = 150, 500  # Slack takes 2,000 of each, which nobody reads
MOST_OPTION_BYTES = 40_000  # of one field; a view may have 250,000 in all
FORM, SHOWN, WAITING = "form:", "shown", "waiting"
PREVIEW = "preview"
"""The action of the button that asks for a new preview."""
_FIELD = "field"

View = dict[str, Any]


def modal(form: Form, remembered: Mapping[str, str]) -> View:
    """The form as a modal; `remembered` comes back with it, next to the form's state."""
    parts = list(_parts(form))
    room = MOST_BLOCKS - sum(len(blocks) for blocks, flexible in parts if not flexible)
    blocks: list[Block] = []
    for made, flexible in parts:
        kept = within(made, max(room, 1)) if flexible and made else made
        room -= len(kept) if flexible else 0
        blocks += kept
    texts = {"title": plain_text(form.title, MOST_TITLE), "close": plain_text(form.cancel, MOST_TITLE)}
    submit = {"submit": plain_text(form.submit, MOST_TITLE)} if form.fields else {}
    metadata = json.dumps({**remembered, "state": form.state}, ensure_ascii=False)
    return {"type": "modal", "callback_id": FORM + form.action, "private_metadata": metadata, "blocks": blocks} | texts | submit


def shown(card: Card, title: str, remembered: Mapping[str, str]) -> View:
    """A card as a modal that only shows it; its buttons work."""
    return _plain_modal(title, SHOWN, blocks(card)) | {"private_metadata": json.dumps(remembered, ensure_ascii=False)}


def waiting() -> View:
    """A modal that stands in while the answer is awaited."""
    return _plain_modal(say("One moment"), WAITING, section(Section(lines=(phrase("One moment, please …"),)), 0))


def home(card: Card, remembered: Mapping[str, str]) -> View:
    """A card as the Home tab; its buttons work."""
    metadata = json.dumps(remembered, ensure_ascii=False)
    return {"type": "home", "callback_id": "home", "private_metadata": metadata, "blocks": blocks(card)}


def blocks(card: Card) -> list[Block]:
    """A card as at most 100 blocks."""
    made: list[Block] = []
    first = 0
    for one in card.sections:
        made += section(one, first)
        first += len(one.buttons)
    return within(made, MOST_BLOCKS) or section(Section(lines=(line("…"),)), 0)


def action_of(callback_id: str) -> str:
    """The command whose form this view is, "" for a view that is no form."""
    return callback_id.removeprefix(FORM) if callback_id.startswith(FORM) else ""


def is_field(action_id: str) -> bool:
    """Whether an action of a view is a value that was changed, or the wish for a new preview, and no button of a command."""
    return action_id.partition(":")[0] in (_FIELD, PREVIEW)


def remembered(view: Mapping[str, Any]) -> dict[str, str]:
    """What the view was to remember; empty when it is nothing of ours."""
    try:
        found = json.loads(str(view.get("private_metadata") or "{}"))
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def filled(view: Mapping[str, Any], *, done: bool) -> Filled:
    """What stands in the fields of a view that Slack sent."""
    values = {_name(block_id): tuple(_values(element)) for block_id, element in _elements(view)}
    return Filled(values=values, state=remembered(view).get("state", ""), done=done)


def named(errors: Mapping[str, str], view: Mapping[str, Any]) -> dict[str, str]:
    """Errors by the block_id that each field has in this view; of a field that is not in it, none."""
    return {block_id: plain.clip(errors[_name(block_id)], 1000) for block_id, _ in _elements(view) if _name(block_id) in errors}


def _plain_modal(title: str, callback_id: str, made: list[Block]) -> View:
    texts = {"title": plain_text(title, MOST_TITLE), "close": plain_text(say("Close"), MOST_TITLE)}
    return {"type": "modal", "callback_id": callback_id, "blocks": made} | texts


def _parts(form: Form) -> Iterator[tuple[list[Block], bool]]:
    """The blocks of each part, and whether it may be cut when there is no room."""
    first = 0
    for part in form.parts:
        if isinstance(part, Notes):
            yield section(Section(lines=part.lines, buttons=part.buttons), first), True
            first += len(part.buttons)
        else:
            yield list(_field(part)), False
            if form.update and part.live:
                yield [_update(form.update)], False


def _update(label: str) -> Block:
    button = {"type": "button", "action_id": f"{PREVIEW}:0", "text": plain_text(label, 75)}
    return {"type": "actions", "block_id": PREVIEW, "elements": [button]}


def _field(field: Field) -> Iterator[Block]:
    """The field as an input; its error, if any, stands above it. A field without options is left out."""
    element = _element(field)
    if element is None:
        return
    if field.error:
        yield from section(Section(lines=(line(Span(text=plain.clip(f"⚠ {field.error}", 1000), bold=True)),)), 0)
    block: Block = {
        "type": "input",
        "block_id": _block_id(field),
        "label": plain_text(field.label, MOST_LABEL),
        "element": element | {"action_id": f"{_FIELD}:{field.name}"},
        "optional": field.optional,
    }
    hint = {"hint": plain_text(field.hint, MOST_HINT)} if field.hint else {}
    yield block | hint | ({"dispatch_action": True} if field.live else {})


def _block_id(field: Field) -> str:
    """The field's name; with other options it is another block, else Slack would keep what was chosen among the old ones."""
    if not isinstance(field, Choice | Ticks):
        return field.name
    seed = "\n".join(f"{one.value}\t{one.label}" for one in field.options)
    return f"{field.name}~{hashlib.sha256(seed.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _name(block_id: str) -> str:
    return block_id.partition("~")[0]


def _element(field: Field) -> Block | None:
    if isinstance(field, Text):
        return _text(field)
    if isinstance(field, Choice):
        return _choice(field)
    if isinstance(field, Ticks):
        return _ticks(field)
    if isinstance(field, PlacePicker):
        chosen = {"initial_conversation": field.value} if field.value else {}
        return {"type": "conversations_select", "filter": {"include": ["public", "private"], "exclude_bot_users": True}} | chosen
    if isinstance(field, PersonPicker):
        return {"type": "users_select"} | ({"initial_user": field.value} if field.value else {})
    kind, initial = ("timepicker", "initial_time") if field.kind == "time" else ("datepicker", "initial_date")
    return {"type": kind} | ({initial: field.value} if field.value else {})


def _text(field: Text) -> Block:
    most = min(field.most, MOST_INPUT)
    made: Block = {"type": "plain_text_input", "multiline": field.several_lines, "max_length": most}
    value = plain.clip(field.value if field.several_lines else plain.words(field.value), most)
    optional: Block = {
        "initial_value": value,
        "placeholder": field.example and plain_text(field.example, 150),
        "dispatch_action_config": field.live and {"trigger_actions_on": ["on_enter_pressed"]},
    }
    return made | {key: one for key, one in optional.items() if one}


def _choice(field: Choice) -> Block | None:
    """One of the options; more than a hundred stand in groups of a hundred."""
    made = _options(field.options)
    if not made:
        return None
    chosen = {"initial_option": made[field.value]} if field.value in made else {}
    return {"type": "static_select"} | _listed(list(made.values())) | chosen


def _ticks(field: Ticks) -> Block | None:
    """Boxes to tick, or, when there are more than ten, a list to choose several from."""
    made = _options(field.options)
    if not made:
        return None
    chosen = [made[value] for value in dict.fromkeys(field.values) if value in made]
    initial = {"initial_options": chosen} if chosen else {}
    if len(made) <= MOST_BOXES:
        return {"type": "checkboxes", "options": list(made.values())} | initial
    return {"type": "multi_static_select"} | _listed(list(made.values())) | initial


def _listed(made: list[Block]) -> Block:
    if len(made) <= MOST_OPTIONS:
        return {"options": made}
    groups = [made[start : start + MOST_OPTIONS] for start in range(0, min(len(made), MOST_OPTIONS**2), MOST_OPTIONS)]
    return {"option_groups": [{"label": _range(group), "options": group} for group in groups]}


def _range(group: list[Block]) -> Block:
    first, last = (plain.clip(str(one["text"]["text"]), 30) for one in (group[0], group[-1]))
    return plain_text(f"{first} – {last}", 75)


def _options(given: Iterable[Option]) -> dict[str, Block]:
    """The options by their value, as many as fit; one whose value Slack would not take, or that is there already, is left out."""
    made: dict[str, Block] = {}
    room = MOST_OPTION_BYTES
    for one in given:
        if one.value and len(one.value) <= 150 and one.value not in made:
            hint = {"description": plain_text(one.hint, 75)} if one.hint else {}
            option = {"text": plain_text(one.label, 75), "value": one.value} | hint
            room -= len(json.dumps(option))
            if room < 0:
                break
            made[one.value] = option
    return made


def _elements(view: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The one element of each input block, with the block's id; whatever has another shape is passed over."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    for block_id, elements in (values if isinstance(values, dict) else {}).items():
        for element in elements.values() if isinstance(elements, dict) else ():
            if isinstance(element, dict):
                yield str(block_id), element


def _values(element: Mapping[str, Any]) -> Iterator[str]:
    for key in ("value", "selected_conversation", "selected_user", "selected_time", "selected_date"):
        if isinstance(element.get(key), str):
            yield element[key]
    chosen = element.get("selected_options")
    for option in [element.get("selected_option"), *(chosen if isinstance(chosen, list) else [])]:
        if isinstance(option, dict) and isinstance(option.get("value"), str):
            yield option["value"]
