"""Forms as Adaptive Cards in a Teams dialog, under the same limits as messages (learn.microsoft.com/microsoftteams/platform, dialogs).

A dialog knows Action.Submit and no other button; what comes back is read by `filled`. Teams has no field to pick a channel: it is a
choice among those that are known.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.cards import plain
from bot.cards.card import Card, Section, Span, line
from bot.cards.form import Choice, Field, Filled, Form, Notes, Option, PersonPicker, PlacePicker, Text, Ticks
from bot.cards.teams import MOST_BYTES, Element, in_card, left_out, line_of, section_of, size_of, within
from bot.messages import mark, say

MOST_CHOICES = 100
MOST_LABEL, MOST_HINT, MOST_CHOICE = 150, 500, 150
HERE = mark("This conversation")
# The people of the tenant, whom Teams itself offers as one types (people picker in Adaptive Cards, same site).
PEOPLE = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
_OURS = "regwatch"


def dialog(form: Form, places: Sequence[Option] = ()) -> Element:
    """The form as the card of a dialog; `places` are those to choose from where the form asks for one, by their id on Teams."""
    parts = list(_parts(form, places))
    fixed = in_card(form.title, [element for elements, flexible in parts if not flexible for element in elements], _submits(form))
    # Each part that is cut says so.
    room = MOST_BYTES - size_of(fixed) - sum(flexible for _, flexible in parts) * (size_of(line_of(left_out())) + 4)
    body: list[Element] = []
    for elements, flexible in parts:
        kept = within(elements, room) if flexible and sum(size_of(one) + 4 for one in elements) > room else elements
        room -= sum(size_of(one) + 4 for one in kept) if flexible else 0
        body += kept
    return in_card(form.title, body, _submits(form))


def said(card: Card) -> Element:
    """A card in a dialog, where its buttons would do nothing: only those that open an address stay."""
    return in_card("", [element for one in card.sections for element in section_of(_only_links(one))], [])


def filled(data: Mapping[str, Any]) -> Filled | None:
    """What stands in the fields of a dialog that Teams sent; None when it is no dialog of ours."""
    ours = data.get(_OURS)
    if not isinstance(ours, dict) or not isinstance(ours.get("action"), str):
        return None
    given = ours.get("ticks")
    several = given if isinstance(given, list) else []
    values = {name: _values(value, name in several) for name, value in data.items() if name != _OURS and isinstance(value, str)}
    state = ours.get("state")
    return Filled(values=values, state=state if isinstance(state, str) else "", done=ours.get("done") is not False)


def action_of(data: Mapping[str, Any]) -> str:
    """The command whose form was sent; "" for anything else."""
    ours = data.get(_OURS)
    action = ours.get("action") if isinstance(ours, dict) else None
    return action if isinstance(action, str) else ""


def _values(value: str, several: bool) -> tuple[str, ...]:
    return tuple(one for one in (value.split(",") if several else (value,)) if one)


def _only_links(section: Section) -> Section:
    return section.model_copy(update={"buttons": tuple(one for one in section.buttons if one.url is not None)})


def _submits(form: Form) -> list[Element]:
    """The buttons under the form."""
    ticks = [one.name for one in form.fields if isinstance(one, Ticks)]
    ours = {"action": form.action, "state": form.state, "ticks": ticks}
    update = [{"type": "Action.Submit", "title": _short(form.update), "data": {_OURS: {**ours, "done": False}}}] if form.update else []
    save = {"type": "Action.Submit", "title": _short(form.submit), "data": {_OURS: {**ours, "done": True}}}
    return [*update, *([save] if form.fields else [])]


def _short(label: str) -> str:
    return plain.clip(plain.words(label), 75) or "…"


def _parts(form: Form, places: Sequence[Option]) -> Iterator[tuple[list[Element], bool]]:
    """The elements of each part, and whether they may be cut when there is no room."""
    for part in form.parts:
        if isinstance(part, Notes):
            yield list(section_of(_only_links(Section(lines=part.lines, buttons=part.buttons)))), True
        else:
            yield list(_field(part, places)), False


def _field(field: Field, places: Sequence[Option]) -> Iterator[Element]:
    """The field under its label, its error above it and its hint below. A field without options is left out."""
    made = _input(field, places)
    if made is None:
        return
    if field.error:
        yield line_of(line(Span(text=plain.clip(f"⚠ {field.error}", 1000), bold=True))) | {"spacing": "Medium"}
    yield made | {"id": field.name, "label": plain.clip(plain.words(field.label), MOST_LABEL), "spacing": "Medium"}
    if field.hint:
        yield line_of(line(Span(text=plain.clip(plain.words(field.hint), MOST_HINT), italic=True)))


def _input(field: Field, places: Sequence[Option]) -> Element | None:
    if isinstance(field, Text):
        return _text(field)
    if isinstance(field, PlacePicker):
        known = [one for one in places if one.value]
        here = Option(value=field.value, label=say(HERE))
        return _choices([here, *(one for one in known if one.value != field.value)], field.value)
    if isinstance(field, Choice):
        return _choices(field.options, field.value)
    if isinstance(field, Ticks):
        wanted = {one.value for one in field.options}
        chosen = ",".join(one for one in field.values if one in wanted)
        made = _choices(field.options, chosen)
        return made and made | {"isMultiSelect": True, "style": "expanded", "wrap": True}
    if isinstance(field, PersonPicker):
        return {"type": "Input.ChoiceSet", "choices": [], "choices.data": PEOPLE} | ({"value": field.value} if field.value else {})
    kind = "Input.Time" if field.kind == "time" else "Input.Date"
    return {"type": kind} | ({"value": field.value} if field.value else {})


def _text(field: Text) -> Element:
    value = field.value if field.several_lines else plain.words(field.value)
    optional = {"value": plain.clip(value, field.most) if value else "", "placeholder": plain.clip(plain.words(field.example), 150)}
    made: Element = {"type": "Input.Text", "isMultiline": field.several_lines, "maxLength": field.most}
    return made | {name: one for name, one in optional.items() if one}


def _choices(options: Sequence[Option], chosen: str) -> Element | None:
    """A choice among the options, as many as there is room for; None without any."""
    titles = {one.value: f"{one.label} – {one.hint}" if one.hint else one.label for one in options if "," not in one.value}
    listed = [{"title": plain.clip(plain.words(title), MOST_CHOICE), "value": value} for value, title in titles.items()]
    return {"type": "Input.ChoiceSet", "choices": listed[:MOST_CHOICES], "value": chosen} if listed else None
