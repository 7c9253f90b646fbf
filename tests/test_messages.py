"""Errors are an interface: what each refusal of a call says, word by word.

What limits say stands in ``test_limits.py``, what the encoder refuses in ``test_encode.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sse_core import (
    InputTypeError,
    Limits,
    SSEDecoder,
    SSEObserver,
    StreamDecoder,
    TextDelta,
    UsageError,
)
from sse_core.dialects import JSON
from sse_core.json_path import PathWriter
from sse_core.partial_json import PartialJSON

AT_LEAST_1 = "must be None or an int of at least 1, not"
NO_ID = "last_event_id must be text without NUL, CR and LF"


def closed(decoder: Any) -> Any:
    decoder.close()
    return decoder


def changed(state: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**state, **values}


def without(state: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != name}


def partial() -> dict[str, Any]:
    return PartialJSON().dump()


def closed_writer() -> PathWriter:
    writer = PathWriter()
    writer.finish()
    return writer


def own_dialect() -> StreamDecoder:
    class Mine(JSON):
        pass

    return StreamDecoder(Mine())


MESSAGES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "limit of 0": (lambda: Limits(max_events=0), UsageError, f"max_events {AT_LEAST_1} 0"),
    "limit of True": (lambda: Limits(max_events=True), UsageError, f"max_events {AT_LEAST_1} True"),
    "limit of text": (
        lambda: Limits(max_line_bytes="9"),  # type: ignore[arg-type]
        UsageError,
        f"max_line_bytes {AT_LEAST_1} '9'",
    ),
    "limit is set": (
        lambda: setattr(Limits(), "max_events", 1),
        AttributeError,
        "Limits are immutable; make new ones: Limits(max_events=...)",
    ),
    "limit is deleted": (
        lambda: delattr(Limits(), "max_events"),
        AttributeError,
        "Limits are immutable",
    ),
    "wire, text": (
        lambda: SSEDecoder().feed("data: x\n\n"),  # type: ignore[arg-type]
        InputTypeError,
        "feed() takes bytes, not str: feed what the transport received before anybody decodes it,"
        " or text.encode()",
    ),
    "wire, a list": (
        lambda: SSEDecoder().feed([1]),  # type: ignore[arg-type]
        InputTypeError,
        "feed() takes bytes, bytearray or memoryview, not list",
    ),
    "wire, closed": (
        lambda: closed(SSEDecoder()).feed(b"x"),
        UsageError,
        "feed() after close(); reset() starts a new connection",
    ),
    "wire, id with LF": (lambda: SSEDecoder(last_event_id="a\nb"), UsageError, NO_ID),
    "wire, id with CR": (lambda: SSEDecoder(last_event_id="a\r"), UsageError, NO_ID),
    "wire, id with NUL": (lambda: SSEDecoder(last_event_id="\0"), UsageError, NO_ID),
    "wire, id in bytes": (
        lambda: SSEDecoder(last_event_id=b"1"),  # type: ignore[arg-type]
        UsageError,
        NO_ID,
    ),
    "wire, errors": (
        lambda: SSEDecoder(errors="ignore"),  # type: ignore[arg-type]
        UsageError,
        "errors must be 'replace' or 'strict', not 'ignore'",
    ),
    "wire, other version": (
        lambda: SSEDecoder.load(changed(SSEDecoder().dump(), version=0)),
        UsageError,
        f"a state of version 0, not {SSEDecoder().dump()['version']}",
    ),
    "wire, other class": (
        lambda: SSEDecoder.load(SSEObserver().dump()),
        UsageError,
        "not a state of SSEDecoder",
    ),
    "wire, no state": (
        lambda: SSEDecoder.load(without(SSEDecoder().dump(), "limits")),
        UsageError,
        "not a state of SSEDecoder: KeyError('limits')",
    ),
    "stream, closed": (
        lambda: closed(StreamDecoder("text")).feed(b"x"),
        UsageError,
        "feed() after close(); reset() starts a new connection",
    ),
    "stream, chunk after the end": (
        lambda: closed(StreamDecoder("openai-chat")).feed_chunk({}),
        UsageError,
        "feed_chunk after close: reset() begins a new connection",
    ),
    "stream, no dialect": (
        lambda: StreamDecoder("openai"),
        UsageError,
        "no dialect 'openai'; there are: auto, anthropic, gemini, json, openai-chat,"
        " openai-completions, openai-responses, text",
    ),
    "stream, assume": (
        lambda: StreamDecoder("text", assume=["T1", "A16"]),
        UsageError,
        "assume takes A16, C16, F21, R3, not ['T1']",
    ),
    "stream, native of nothing": (
        lambda: StreamDecoder("auto").native(),
        UsageError,
        "no chunk has shown the dialect yet, and so there is no native shape",
    ),
    "stream, a dialect of one's own": (
        lambda: own_dialect().dump(),
        UsageError,
        "the dialect is no name: dump() cannot keep it; pickle can",
    ),
    "stream, other version": (
        lambda: StreamDecoder.load(changed(StreamDecoder("text").dump(), version="0")),
        UsageError,
        f"state of version '0', not {StreamDecoder('text').dump()['version']}",
    ),
    "stream, no state": (
        lambda: StreamDecoder.load({}),
        UsageError,
        "not a state of StreamDecoder: KeyError",
    ),
    "partial JSON, depth": (
        lambda: PartialJSON(max_depth=0),
        UsageError,
        f"max_depth {AT_LEAST_1} 0",
    ),
    "partial JSON, depth of True": (
        lambda: PartialJSON(max_depth=True),
        UsageError,
        f"max_depth {AT_LEAST_1} True",
    ),
    "partial JSON, bytes": (
        lambda: PartialJSON().feed(b"1"),  # type: ignore[arg-type]
        InputTypeError,
        "feed() takes str, not bytes",
    ),
    "partial JSON, closed": (
        lambda: closed(PartialJSON()).feed("1"),
        UsageError,
        "feed() after close()",
    ),
    "partial JSON, other version": (
        lambda: PartialJSON.load(changed(partial(), version=0)),
        UsageError,
        f"a state of version 0, not {partial()['version']}",
    ),
    "partial JSON, no state": (
        lambda: PartialJSON.load({"version": partial()["version"]}),
        UsageError,
        "not a state of PartialJSON: KeyError('max_depth')",
    ),
    "a path after the end": (
        lambda: closed_writer().write("$.a", 1),
        UsageError,
        "write() after finish()",
    ),
    "a value without its fields": (
        lambda: TextDelta(),  # type: ignore[call-arg]
        TypeError,
        f"TextDelta takes {', '.join(TextDelta._fields)}",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_refusal_says(name: str) -> None:
    call, kind, message = MESSAGES[name]
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message


def test_the_least_that_is_allowed() -> None:
    assert PartialJSON(max_depth=1).feed("[]") is not None
    assert Limits(max_events=1).max_events == 1
