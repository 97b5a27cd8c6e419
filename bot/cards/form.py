"""The platform-neutral form: fields with labels, hints and errors, notes between them, and what comes back when it is filled in.

A form belongs to a command of the table: what is filled in comes back to that command as `Filled`. Renderers turn it into a Slack modal,
a Teams dialog or text. Text of a form is text; nothing in it is interpreted.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field as Setting

from bot.cards.card import Button, Line, Span, line, phrase
from bot.messages import say
from bot.model import Word


class Option(Word):
    """Something to choose. `value` comes back, `label` is shown, `hint` says more."""

    value: str
    label: str
    hint: str = ""


class _Asked(Word):
    """What every field has. `error` is shown beside it; `live` asks for the form anew as soon as the value is changed."""

    name: str
    label: str
    hint: str = ""
    error: str = ""
    optional: bool = False
    live: bool = False


class Text(_Asked):
    """Words, at most `most` characters, on one line or several."""

    kind: Literal["text"] = "text"
    value: str = ""
    example: str = ""
    several_lines: bool = False
    most: int = 2_000


class Choice(_Asked):
    """One of the options; `value` is that of the one chosen, "" while none is."""

    kind: Literal["choice"] = "choice"
    options: tuple[Option, ...]
    value: str = ""


class Ticks(_Asked):
    """Any of the options, each with a box to tick; `values` are those of the ticked ones."""

    kind: Literal["ticks"] = "ticks"
    options: tuple[Option, ...]
    values: tuple[str, ...] = ()


class PlacePicker(_Asked):
    """A channel or chat of the platform, by its id there; "" stands for the place the form is opened in."""

    kind: Literal["place"] = "place"
    value: str = ""


class PersonPicker(_Asked):
    """A person of the platform, by their id there; "" for nobody. What comes back may hold their name after the id."""

    kind: Literal["person"] = "person"
    value: str = ""


class Time(_Asked):
    """A time of day, `HH:MM`, or "" for none."""

    kind: Literal["time"] = "time"
    value: str = ""


class Day(_Asked):
    """A day, `YYYY-MM-DD`, or "" for none."""

    kind: Literal["day"] = "day"
    value: str = ""


class Notes(Word):
    """Lines between the fields, such as a preview, and buttons under them."""

    kind: Literal["notes"] = "notes"
    lines: tuple[Line, ...]
    buttons: tuple[Button, ...] = ()


Field = Text | Choice | Ticks | PlacePicker | PersonPicker | Time | Day
Part = Annotated[Field | Notes, Setting(discriminator="kind")]


class Form(Word):
    """A form of a command. `action` is the command that gets what is filled in; names of fields are unique.

    `state` comes back as it was; it holds nothing secret. `update`, if any, is the label of a button that asks for
    the form anew with what is filled in so far, for a preview. `typed` is what does the same on a platform without forms.
    """

    action: str
    title: str
    parts: tuple[Part, ...]
    submit: str = Setting(default_factory=lambda: say("Save"))
    cancel: str = Setting(default_factory=lambda: say("Cancel"))
    state: str = Setting("", max_length=2_000)
    update: str = ""
    typed: str = ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The parts that ask something, in order."""
        return tuple(part for part in self.parts if not isinstance(part, Notes))

    @property
    def errors(self) -> dict[str, str]:
        """The error of each field that has one."""
        return {field.name: field.error for field in self.fields if field.error}

    def refused(self, errors: Mapping[str, str]) -> "Form":
        """The form with these errors beside their fields."""
        told = [part if isinstance(part, Notes) else part.model_copy(update={"error": errors.get(part.name, "")}) for part in self.parts]
        return self.model_copy(update={"parts": tuple(told)})


class Filled(Word):
    """What came back: the values of each field by its name, none for an empty one, and the form's `state`.

    `done` is false when the person only asked for a new preview.
    """

    values: dict[str, tuple[str, ...]] = Setting(default_factory=dict)
    state: str = ""
    done: bool = True

    def one(self, name: str) -> str:
        """The value of a field, "" if there is none; without outer blanks."""
        return next(iter(self.values.get(name, ())), "").strip()

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return self.values.get(name, ())


def options(values: Iterable[str]) -> tuple[Option, ...]:
    """Options that show their own value."""
    return tuple(Option(value=one, label=one) for one in values)


def as_lines(form: Form) -> tuple[Line, ...]:
    """The form as lines to read, with what stands in each field and what to type instead of filling it in."""
    told = [one for part in form.parts for one in _part(part)]
    typed = [phrase("To do this here, write: {command}", command=Span(text=form.typed, code=True))] if form.typed else []
    return (line(Span(text=form.title, bold=True)), *told, *typed)


def _part(part: Field | Notes) -> Iterable[Line]:
    if isinstance(part, Notes):
        yield from part.lines
        return
    value = _value(part)
    yield line(Span(text=part.label, bold=True), f": {value}" if value else ": –", f" ({part.hint})" if part.hint else "")
    if part.error:
        yield line(f"  {part.error}")


def _value(field: Field) -> str:
    if isinstance(field, Choice):
        return next((one.label for one in field.options if one.value == field.value), "")
    if isinstance(field, Ticks):
        return ", ".join(one.label for one in field.options if one.value in field.values)
    return field.value
