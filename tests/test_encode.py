"""The encoder is the decoder's inverse, and refuses what a reader would not get back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import (
    MEDIA_TYPE,
    SSE_HEADERS,
    Comment,
    EncodeError,
    Retry,
    ServerSentEvent,
    SSEDecoder,
    SSEObserver,
    encode,
    encode_comment,
    encode_event,
    encode_json,
    encode_retry,
    is_event_stream,
    last_event_id_header,
)
from sse_core.testing import strategies

any_text = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n\0: "))


# -- law 8: round trip --------------------------------------------------------------------------


@given(st.lists(strategies.events()))
def test_decode_inverts_encode(events: list[ServerSentEvent]) -> None:
    wire, last_event_id = b"", ""
    for event in events:
        wire += encode(event, last_event_id)
        last_event_id = event.id
    decoder = SSEDecoder()
    assert decoder.feed(wire) == events
    assert decoder.at_boundary


@given(strategies.any_bytes())
def test_whatever_was_decoded_can_be_encoded(data: bytes) -> None:
    for event in SSEDecoder().feed(data):
        assert SSEDecoder().feed(encode(event)) == [event]


@given(any_text, st.none() | any_text, st.none() | any_text, st.integers(-2, 10**6))
def test_what_is_not_refused_comes_back(
    data: str, event: str | None, id: str | None, retry: int
) -> None:
    """One event, whatever the text: nothing in it can begin a field or another event."""
    try:
        wire = encode_event(data, event=event, id=id, retry=retry)
    except EncodeError:
        bad = {*(event or ""), *(id or "").replace("\0", "\r")} & {"\r", "\n"}
        assert bad or retry < 0
        return
    decoder = SSEDecoder(last_event_id="before")
    lines = data.replace("\r\n", "\n").replace("\r", "\n")
    kept = "before" if id is None else id
    assert decoder.feed(wire) == [ServerSentEvent(event or "message", lines, kept)]
    assert decoder.retry == min(retry, 3_600_000)


@given(any_text)
def test_a_comment_is_only_ever_comments(text: str) -> None:
    observer = SSEObserver()
    items = observer.feed(encode_comment(text) + b"\n")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert [item.text for item in items if isinstance(item, Comment)] == lines
    assert len(items) == len(lines)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(any_text, values, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_json_is_one_line_and_comes_back(value: Any) -> None:
    (event,) = SSEDecoder().feed(encode_json(value))
    assert "\n" not in event.data
    assert json.loads(event.data) == value


# -- refusals -----------------------------------------------------------------------------------

NO_TIME = "retry must be an int of milliseconds, at least 0 and below 10**18"
HALF = "a lone surrogate is not text: UTF-8 cannot hold it"
AT_AN_END = "an id that begins or ends with white space does not survive HTTP"
CONTROL = "an id with a control character cannot be an HTTP header value"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"event": "a\nb"}, "event must not contain LF"),
        ({"event": "a\rb"}, "event must not contain CR"),
        ({"event": 5}, "event must be str, not int"),
        ({"id": "a\nb"}, "id must not contain LF"),
        ({"id": "a\rdata: b"}, "id must not contain CR"),
        ({"id": "a\0"}, "id must not contain NUL"),
        ({"id": 5}, "id must be str, not int"),
        ({"retry": -1}, NO_TIME),
        ({"retry": 1.0}, NO_TIME),
        ({"retry": True}, NO_TIME),
        ({"retry": "5"}, NO_TIME),
        ({"retry": 10**18}, NO_TIME),
        ({"retry": 10**5000}, NO_TIME),
        ({"event": "\ud83d"}, HALF),
    ],
)
@pytest.mark.parametrize("encoder", [encode_event, encode_json])
def test_an_event_is_refused(encoder: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(EncodeError) as caught:
        encoder("secret", **fields)
    assert str(caught.value) == message


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: encode_event("\udc00"), HALF),
    (lambda: encode_event(b"bytes"), "data must be str, not bytes"),  # type: ignore[arg-type]
    (lambda: encode_comment("\udc00"), HALF),
    (lambda: encode_comment(1), "comment must be str, not int"),  # type: ignore[arg-type]
    (lambda: encode_retry(-5), NO_TIME),
    (lambda: encode_json(math.nan), "not a JSON value: ValueError"),
    (lambda: encode_json({1, 2}), "not a JSON value: TypeError"),
    (lambda: last_event_id_header(7), "id must be str, not int"),  # type: ignore[arg-type]
    (lambda: last_event_id_header("\ud800"), HALF),
    (lambda: last_event_id_header(" a"), AT_AN_END),
    (lambda: last_event_id_header("a "), AT_AN_END),
    (lambda: last_event_id_header("a\t"), AT_AN_END),
    *((lambda id=id: last_event_id_header(id), CONTROL) for id in ("a\nb", "a\r", "\0")),
    *((lambda id=id: last_event_id_header(id), CONTROL) for id in ("\x1b[0m", "\x7f", "a\x1f")),
    (lambda: last_event_id_header("x" * 8193), "an id of 8193 bytes, more than max_bytes=8192"),
    (lambda: last_event_id_header("ää", max_bytes=3), "an id of 4 bytes, more than max_bytes=3"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_other_refusals(call: Callable[[], object], message: str) -> None:
    with pytest.raises(EncodeError) as caught:
        call()
    assert str(caught.value) == message


# -- examples -----------------------------------------------------------------------------------


def test_what_it_looks_like() -> None:
    event = encode_event(" a\r\nb\rc", event="e", id="", retry=3)
    assert event == b"event: e\nid: \nretry: 3\ndata:  a\ndata: b\ndata: c\n\n"
    assert encode_json({"a": "é\n"}) == 'data: {"a":"é\\n"}\n\n'.encode()
    fields = {"event": "e", "id": "1", "retry": 3}
    assert encode_json([1, 2], **fields) == b"event: e\nid: 1\nretry: 3\ndata: [1,2]\n\n"  # type: ignore[arg-type]
    assert encode_comment() == b": \n"
    assert encode_event("a", id="X", event="X") == b"event: X\nid: X\ndata: a\n\n"
    assert encode_comment("a\r\nb") == b": a\n: b\n"
    assert encode_retry(10) == b"retry: 10\n\n"
    assert encode_retry(10**18 - 1) == b"retry: 999999999999999999\n\n"


def test_an_id_is_written_when_it_changes() -> None:
    event = ServerSentEvent(data="a", id="1")
    assert encode(event) == b"id: 1\ndata: a\n\n"
    assert encode(ServerSentEvent(data="a")) == b"data: a\n\n"
    assert encode(event, "1") == b"data: a\n\n"
    assert encode(ServerSentEvent(data="a"), "1") == b"id: \ndata: a\n\n"


def test_a_retry_block_is_observed() -> None:
    assert SSEObserver().feed(encode_retry(10)) == [Retry(10, 0, 10)]


# -- names a server needs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "is_stream"),
    [
        (MEDIA_TYPE, True),
        (SSE_HEADERS["Content-Type"], True),
        ("Text/Event-Stream", True),
        (b"text/event-stream; charset=utf-8", True),
        (" text/event-stream ;", True),
        ("text/event-stream;charset=windows-1252", True),
        ("application/x-text/event-streamy", False),
        ("text/event-streams", False),
        ("application/json", False),
        ("\ttext/event-stream\r\n", True),
        ("\x0btext/event-stream", False),  # not white space of HTTP
        ("xtext/event-stream", False),
        ("\xe4".encode("latin-1"), False),
        ("", False),
        (None, False),
    ],
)
def test_content_types(value: str | bytes | None, is_stream: bool) -> None:
    assert is_event_stream(value) is is_stream


def test_headers_cannot_be_changed_for_everybody() -> None:
    with pytest.raises(TypeError):
        SSE_HEADERS["Connection"] = "close"  # type: ignore[index]


def test_the_last_event_id_as_a_header() -> None:
    assert last_event_id_header("") is None
    assert last_event_id_header("a b\tc") == b"a b\tc"
    assert last_event_id_header("xXaX") == b"xXaX"
    assert last_event_id_header("\xa0a") == "\xa0a".encode()  # no white space of HTTP
    assert last_event_id_header("x" * 8192) == b"x" * 8192
    assert last_event_id_header("ää", max_bytes=4) == "ää".encode()
    assert last_event_id_header("é€😀") == "é€😀".encode()
