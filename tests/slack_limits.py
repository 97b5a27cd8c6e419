"""What Slack refuses in Block Kit JSON, checked on the JSON itself (limits of docs.slack.dev/reference/block-kit).

Stricter than slack_sdk's models, which let 51 blocks, empty texts, doubled ids and long options pass.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}


def problems(blocks: Any, surface: str = "message") -> list[str]:
    """One sentence for each thing Slack would refuse; empty when the blocks are fine."""
    if not isinstance(blocks, list):
        return ["blocks must be a list"]
    return list(_blocks(blocks, MOST_BLOCKS[surface]))


def view_problems(view: Any) -> list[str]:
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["a view must be a modal or a home"]
    found = problems(view.get("blocks"), str(view["type"]))
    if view["type"] == "modal":
        found += _text(view.get("title"), "view title", 24, "plain_text")
        for part in ("submit", "close"):
            found += _text(view[part], f"view {part}", 24, "plain_text") if part in view else []
        inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in view.get("blocks") or [])
        found += ["a modal with inputs needs a submit"] if inputs and "submit" not in view else []
    else:
        found += [f"a Home tab has no {part}" for part in ("title", "submit", "close") if part in view]
    for part, most in (("callback_id", 255), ("private_metadata", 3000), ("external_id", 255)):
        found += _long(view.get(part, ""), f"view {part}", most)
    return found + ([] if view.get("blocks") else ["a view without blocks"]) + _size(view)


def _size(view: Json) -> list[str]:
    size = len(json.dumps(view).encode())
    return [f"a view of {size} bytes, 250,000 at most"] if size > 250_000 else []


def _blocks(blocks: list[Any], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks, {most} at most"
    block_ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(block_ids) != len(set(block_ids)):
        yield "a block_id twice"
    for number, block in enumerate(blocks):
        check = CHECKS.get(block.get("type")) if isinstance(block, dict) else None
        if check is None:
            yield f"block {number}: unknown type"
            continue
        found = [*_long(block.get("block_id", ""), "block_id", 255), *check(block)]
        yield from (f"block {number}: {sentence}" for sentence in found)


def _long(value: Any, what: str, most: int) -> list[str]:
    if not isinstance(value, str):
        return [f"{what} must be text"]
    return [f"{what} has {len(value)} characters, {most} at most"] if len(value) > most else []


def _text(value: Any, what: str, most: int, kind: str = "") -> list[str]:
    if not isinstance(value, dict) or value.get("type") not in ("plain_text", "mrkdwn"):
        return [f"{what} must be a text object"]
    if kind and value["type"] != kind:
        return [f"{what} must be {kind}"]
    if unknown := set(value) - {"type", "text", "emoji", "verbatim"}:
        return [f"{what} has unknown keys {unknown}"]
    if not value.get("text"):
        return [f"{what} is empty"]
    found = _long(value["text"], what, most)
    if value["type"] == "mrkdwn" and value.get("verbatim") is not True:
        found.append(f"{what} is mrkdwn without verbatim: a stranger's @here would be live")
    return found


def _section(block: Json) -> list[str]:
    fields = block.get("fields", [])
    found = [] if "text" in block or fields else ["a section needs text or fields"]
    found += _text(block["text"], "section text", 3000) if "text" in block else []
    found += ["more than 10 fields"] if len(fields) > 10 else []
    for one in fields:
        found += _text(one, "field", 2000)
    return found + (_element(block["accessory"]) if "accessory" in block else [])


def _header(block: Json) -> list[str]:
    return _text(block.get("text"), "header", 150, "plain_text")


def _context(block: Json) -> list[str]:
    elements = block.get("elements", [])
    found = [] if 1 <= len(elements) <= 10 else [f"{len(elements)} context elements, 1 to 10"]
    for one in elements:
        found += _image(one) if one.get("type") == "image" else _text(one, "context", 3000)
    return found


def _actions(block: Json) -> list[str]:
    elements = block.get("elements", [])
    found = [] if 1 <= len(elements) <= 25 else [f"{len(elements)} actions, 1 to 25"]
    ids = [one.get("action_id") for one in elements]
    found += ["an action_id twice"] if len(ids) != len(set(ids)) else []
    for one in elements:
        found += _element(one)
    return found


def _element(element: Json) -> list[str]:
    found = _long(element.get("action_id", ""), "action_id", 255)
    check = ELEMENTS.get(element.get("type", ""))
    if check is None:
        return [*found, f"unknown element {element.get('type')}"]
    return found + check(element) + (_text(element["placeholder"], "placeholder", 150, "plain_text") if "placeholder" in element else [])


def _button(button: Json) -> list[str]:
    found = _text(button.get("text"), "button", 75, "plain_text")
    found += _long(button.get("value", ""), "button value", 2000) + _long(button.get("url", ""), "button url", 3000)
    found += _url(button["url"]) if "url" in button else []
    found += ["an unknown button style"] if button.get("style", "primary") not in ("primary", "danger") else []
    if "confirm" in button:
        for part, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            found += _text(button["confirm"].get(part), f"confirm {part}", most)
    return found


def _url(url: Any) -> list[str]:
    good = isinstance(url, str) and re.fullmatch(r"https?://[^\s<>|\"\\@/]+(/[!-~]*|[?#][!-~]*)?", url)
    return [] if good else [f"not an address: {url!r}"]


def _image(block: Json) -> list[str]:
    return _long(block.get("image_url"), "image url", 3000) + _long(block.get("alt_text"), "alt text", 2000)


def _input(block: Json) -> list[str]:
    element = block.get("element", {})
    found = _text(block.get("label"), "label", 2000, "plain_text")
    found += _text(block["hint"], "hint", 2000, "plain_text") if "hint" in block else []
    return found + (_element(element) if element.get("type") in INPUTS else [f"{element.get('type')} in an input"])


def _options(element: Json) -> list[str]:
    """The options of a choice, alone or in groups, and those chosen at first, each of which must be one of them."""
    groups = element.get("option_groups", [])
    lists = [element["options"]] if "options" in element else [one["options"] for one in groups]
    most = 10 if element["type"] in ("checkboxes", "radio_buttons") else 5 if element["type"] == "overflow" else 100
    found = [] if lists and all(1 <= len(one) <= most for one in lists) and len(groups) <= 100 else [f"1 to {most} options are allowed"]
    for group in groups:
        found += _text(group.get("label"), "group label", 75, "plain_text")
    known = [option for one in lists for option in one]
    for option in known:
        found += _text(option.get("text"), "option", 75) + _long(option.get("value"), "option value", 150)
        found += _text(option["description"], "description", 75) if "description" in option else []
    values = [option.get("value") for option in known]
    found += ["an option value twice"] if len(values) != len(set(values)) else []
    first = [*element.get("initial_options", []), *([element["initial_option"]] if "initial_option" in element else [])]
    found += ["initial_options must not be empty"] if element.get("initial_options") == [] else []
    return found + [f"{one.get('value')} is chosen and no option" for one in first if one not in known]


def _plain_input(element: Json) -> list[str]:
    most = element.get("max_length", 3000)
    found = [] if 1 <= most <= 3000 else ["max_length must be 1 to 3000"]
    found += _long(element.get("initial_value", ""), "initial value", most)
    return found + (["an empty initial value"] if element.get("initial_value") == "" else [])


def _picker(element: Json) -> list[str]:
    patterns = {
        "initial_time": r"[0-2]\d:[0-5]\d",
        "initial_date": r"\d{4}-\d\d-\d\d",
        "initial_conversation": r"[A-Z0-9]+",
        "initial_user": r"[A-Z0-9]+",
    }
    return [f"{key} is {element[key]!r}" for key, form in patterns.items() if key in element and not re.fullmatch(form, element[key])]


def _rich_text(block: Json) -> list[str]:
    parts = block.get("elements")
    if not isinstance(parts, list) or not parts:
        return ["rich_text without elements"]
    found = []
    for part in parts:
        found += _rich_part(part)
    size = sum(len(one.get("text", "")) for part in parts for one in part.get("elements", []) if isinstance(one.get("text", ""), str))
    return found + ([f"rich_text has {size} characters, 3000 at most"] if size > 3000 else [])


def _rich_part(part: Json) -> list[str]:
    if part.get("type") not in ("rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list"):
        return [f"unknown part of rich_text {part.get('type')}"]
    if part["type"] == "rich_text_list":
        return [sentence for inner in part.get("elements", []) for sentence in _rich_part(inner)]
    if not part.get("elements"):
        return ["an empty part of rich_text"]
    return [sentence for one in part["elements"] for sentence in _rich_element(one)]


def _rich_element(one: Json) -> list[str]:
    if one.get("type") not in ("text", "link"):
        return [f"{one.get('type')} in rich_text: only text and link are ours"]
    found = _long(one.get("text"), "rich text", 3000) + ([] if one.get("text") else ["an empty text in rich_text"])
    found += _long(one.get("url"), "link", 3000) + _url(one.get("url")) if one["type"] == "link" else []
    style = one.get("style", {})
    return found + ([] if set(style) <= STYLES and all(on is True for on in style.values()) else [f"unknown style {style}"])


def _divider(block: Json) -> list[str]:
    return ["a divider has nothing else"] if set(block) - {"type", "block_id"} else []


INPUTS = {
    "plain_text_input",
    "static_select",
    "multi_static_select",
    "checkboxes",
    "conversations_select",
    "users_select",
    "timepicker",
    "datepicker",
}
ELEMENTS = {
    "button": _button,
    "static_select": _options,
    "multi_static_select": _options,
    "checkboxes": _options,
    "overflow": _options,
    "plain_text_input": _plain_input,
    "conversations_select": _picker,
    "users_select": _picker,
    "timepicker": _picker,
    "datepicker": _picker,
}
CHECKS = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "input": _input,
    "rich_text": _rich_text,
    "divider": _divider,
}
