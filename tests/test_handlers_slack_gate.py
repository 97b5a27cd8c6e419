"""Nothing that Slack did not send is acted on; what it did send is read as it was meant."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http_request import Refused
from handlers.slack_gate import admit, is_ssl_check, shaped
from tests.slack_doors import sign

SECRET = "secret"
NOW = datetime.fromtimestamp(1_800_000_000, UTC)
STAMP = str(int(NOW.timestamp()))
FORM = "application/x-www-form-urlencoded"
COMMAND = urlencode({"command": "/reg", "text": "help", "team_id": "T1"})


def signed(body: str, kind: str = FORM, stamp: str = STAMP) -> dict[str, str]:
    return {"content-type": kind, "x-slack-request-timestamp": stamp, "x-slack-signature": sign(SECRET, stamp, body)}


def admitted(body: str, kind: str = FORM) -> dict[str, Any]:
    return admit(signed(body, kind), body.encode(), SECRET, NOW)


def test_a_signed_command_is_read() -> None:
    assert admitted(COMMAND)["text"] == "help"


def test_a_command_may_speak_of_a_payload() -> None:
    assert admitted(urlencode({"command": "/reg", "text": "search payload=x"}))["text"] == "search payload=x"


def test_signed_json_and_signed_interactions_are_read() -> None:
    assert admitted('{"type": "event_callback"}', "application/json; charset=utf-8") == {"type": "event_callback"}
    assert admitted(urlencode({"payload": '{"type": "block_actions"}'})) == {"type": "block_actions"}


@pytest.mark.parametrize(
    "stamp", ["", "abc", "1e9", "nan", "9" * 5000, "-180000000", "18000000.0", "１８００００００００", " 1800000000", "1800000000\n"]
)
def test_a_time_stamp_that_is_no_number_of_seconds_is_refused(stamp: str) -> None:
    with pytest.raises(Refused) as caught:
        admit(signed(COMMAND, stamp=stamp), COMMAND.encode(), SECRET, NOW)
    assert caught.value.status == 401


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
def test_a_request_of_another_time_is_refused(seconds: int) -> None:
    with pytest.raises(Refused, match="time stamp"):
        admit(signed(COMMAND, stamp=str(int(STAMP) + seconds)), COMMAND.encode(), SECRET, NOW)


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_clock_may_be_a_little_off(seconds: int) -> None:
    stamp = str(int(STAMP) + seconds)
    assert admit(signed(COMMAND, stamp=stamp), COMMAND.encode(), SECRET, NOW)


@pytest.mark.parametrize("signature", ["", "v0=", "v0=" + "0" * 64, "v0=" + "é" * 64, "v1=" + "0" * 64, "v0=" + "0" * 63, "V0=" + "A" * 64])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(Refused) as caught:
        admit(signed(COMMAND) | {"x-slack-signature": signature}, COMMAND.encode(), SECRET, NOW)
    assert caught.value.status == 401


def test_a_signature_of_another_body_is_refused() -> None:
    with pytest.raises(Refused, match="signature"):
        admit(signed(COMMAND), COMMAND.encode() + b"&x=1", SECRET, NOW)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", "application/json"),
        ("[]", "application/json"),
        ('"text"', "application/json"),
        ("null", "application/json"),
        ("1", "application/json"),
        ("[" * 100_000, "application/json"),
        ('{"event": []}', "application/json"),
        ('{"event": {"user": 5}}', "application/json"),
        ('{"team": {"id": {}}}', "application/json"),
        ('{"authorizations": [1]}', "application/json"),
        ('{"authorizations": {"a": 1}}', "application/json"),
        ('{"actions": [[]]}', "application/json"),
        ('{"message": 1}', "application/json"),
        ("payload=%7B", FORM),
        ("payload=[1]", FORM),
        ("payload=null", FORM),
        ("&".join(f"k{i}=v" for i in range(200)), FORM),
        ("text=%ff", FORM),
        ("{}", "text/plain"),
        ("{}", ""),
    ],
)
def test_a_signed_body_that_makes_no_sense_is_refused(body: str, kind: str) -> None:
    with pytest.raises(Refused) as caught:
        admitted(body, kind)
    assert 400 <= caught.value.status < 500


def test_without_a_secret_nothing_is_heard() -> None:
    stolen = {"content-type": FORM, "x-slack-request-timestamp": STAMP, "x-slack-signature": sign("", STAMP, COMMAND)}
    with pytest.raises(Refused, match="no signing secret"):
        admit(stolen, COMMAND.encode(), "", NOW)


def test_bytes_that_are_no_text_and_bodies_too_large_are_refused() -> None:
    for body in (b"text=\xff\xfe", b"x" * 1_000_001):
        with pytest.raises(Refused):
            admit({"x-slack-request-timestamp": STAMP}, body, SECRET, NOW)


def test_only_a_bare_ssl_check_passes_unsigned() -> None:
    assert is_ssl_check(b"ssl_check=1&token=x")
    assert is_ssl_check(b"token=x&ssl_check=1")
    assert not is_ssl_check(b"ssl_check=1&command=/reg&text=help")
    assert not is_ssl_check(b"ssl_check=0")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["event", "user", "team", "channel", "actions", "authorizations", "type", "text", "message", "id", "view"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_either_of_the_right_shape_or_refused(payload: object) -> None:
    with suppress(Refused):
        assert isinstance(shaped(payload), dict)


def test_no_request_is_checked_slowly() -> None:
    body = json.dumps({"event": {"text": "<" * 900_000}})
    start = time.process_time()
    admitted(body, "application/json")
    assert time.process_time() - start < 1
