"""How one says yes: each surface is told only of what it has."""

import pytest

from bot.model import Platform
from handlers import confirming
from handlers.grammar import Request
from tests.builders import NOW, place


@pytest.mark.parametrize(
    ("platform", "prefix", "option", "told"),
    [
        ("slack", "/reg ", "", "To go on, press the button or write /reg watch remove X yes"),
        ("teams", "", "", "To go on, press the button or write watch remove X yes"),
        ("console", "", "", "To go on, write watch remove X yes"),
        ("console", "", "--yes", "To go on, give the same command with --yes"),
    ],
)
def test_a_surface_is_told_how_it_can_say_yes(platform: Platform, prefix: str, option: str, told: str) -> None:
    request = Request(actor="a", place=place("here", platform=platform), words="watch remove X", now=NOW, prefix=prefix, option=option)
    assert "".join(span.text for span in confirming.how(request, "watch remove X yes")) == told
