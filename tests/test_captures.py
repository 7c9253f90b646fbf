"""Recorded streams of real providers. Skips where the folder of recordings is absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sse_core import (
    Limits,
    Outcome,
    ServerSentEvent,
    SSEDecoder,
    StreamDecoder,
    StreamError,
    TextDelta,
    TextEnd,
)
from sse_core.testing import chunkings


@pytest.fixture(scope="session")
def index(captures: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((captures / "index.json").read_text())
    return entries


def test_the_wire_gives_as_many_events_as_were_counted(
    captures: Path, index: list[dict[str, Any]]
) -> None:
    """Whole, and in pushes of sizes that fall in every kind of place; ranges tile."""
    for entry in index:
        data = (captures / entry["file"]).read_bytes()
        decoder = SSEDecoder()
        whole = decoder.feed(data)
        decoder.close()
        # Whoever counted dispatched what was unfinished at the end, too, if it was not cut.
        unfinished = decoder.tail is not None and decoder.tail.pending is not None
        assert entry["n_events"] in (len(whole), len(whole) + unfinished), entry["file"]
        for size in (1, 7, 1400):
            if len(data) > 10_000 * size:
                continue
            decoder = SSEDecoder()
            events: list[ServerSentEvent] = []
            for chunk in chunkings.sized(data, size):
                events += decoder.feed(chunk)
            assert [tuple(event) for event in events] == [tuple(event) for event in whole]
        places = [0, *(event.end for event in whole)]
        assert [event.start for event in whole] == places[:-1]


def chats(captures: Path, index: list[dict[str, Any]]) -> list[tuple[dict[str, Any], bytes]]:
    entries = [entry for entry in index if entry["dialect"] == "openai_chat"]
    assert len(entries) > 100
    return [(entry, (captures / entry["file"]).read_bytes()) for entry in entries]


def test_chat_streams_give_their_text(captures: Path, index: list[dict[str, Any]]) -> None:
    """The text of choice 0 is what the payloads say, read here in the most literal way."""
    compared = 0
    for entry, data in chats(captures, index):
        stream = StreamDecoder("openai-chat", limits=Limits.strict())
        events = stream.feed(data) + stream.close()
        literal = ""
        for event in SSEDecoder().feed(data + b"\n\n"):
            try:
                (choice,) = json.loads(event.data)["choices"]
                literal += choice["delta"]["content"]
            except (ValueError, KeyError, TypeError):
                continue
        if entry["n_choices"] == 1 and literal:
            compared += 1
            text = "".join(event.text for event in events if isinstance(event, TextDelta))
            ends = "".join(event.text for event in events if isinstance(event, TextEnd))
            assert text == ends
            assert literal in text, entry["file"]  # more, where content is a list of parts
    assert compared > 50


def test_chat_streams_end_as_recorded(captures: Path, index: list[dict[str, Any]]) -> None:
    for entry, data in chats(captures, index):
        stream = StreamDecoder("openai-chat")
        events = stream.feed(data) + stream.close()
        failed = any(isinstance(event, StreamError) for event in events)
        assert failed == bool(entry["has_error"]), entry["file"]
        assert failed == (stream.outcome is Outcome.FAILED)
        if not failed:
            reasons = set(entry["finish"])
            good = {"stop", "tool_calls", "function_call"}
            expected = (
                {Outcome.COMPLETE}
                if reasons and reasons <= good
                else {Outcome.INCOMPLETE}
                if "length" in reasons or "content_filter" in reasons
                else {Outcome.COMPLETE, Outcome.TRUNCATED, Outcome.UNKNOWN}
            )
            assert stream.outcome in expected, entry["file"]


def test_a_chat_stream_cut_anywhere_is_never_complete_too_soon(
    captures: Path, index: list[dict[str, Any]]
) -> None:
    """Up to the finish reason, a stream cut off counts as truncated (or empty), never complete."""
    entry, data = min(
        ((entry, data) for entry, data in chats(captures, index) if entry["finish"] == ["stop"]),
        key=lambda pair: len(pair[1]),
    )
    reason = data.index(b'"finish_reason":"stop"')
    for size in range(0, reason, 3):
        stream = StreamDecoder("openai-chat")
        stream.feed(data[:size])
        stream.close()
        assert stream.outcome in (Outcome.TRUNCATED, Outcome.EMPTY), (entry["file"], size)


def test_of_every_other_dialect_it_says_that_it_is_not_chat(
    captures: Path, index: list[dict[str, Any]]
) -> None:
    for entry in index:
        if entry["dialect"] in ("anthropic", "gemini", "openai_responses"):
            stream = StreamDecoder("openai-chat")
            events = stream.feed((captures / entry["file"]).read_bytes()) + stream.close()
            assert stream.outcome is not Outcome.COMPLETE, entry["file"]
            assert not any(isinstance(event, TextDelta) for event in events)
