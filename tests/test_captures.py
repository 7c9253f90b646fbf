"""Recorded streams of real providers. Skips where the folder of recordings is absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sse_core import (
    Anomaly,
    Limits,
    Outcome,
    ReasoningBlock,
    RefusalBlock,
    ServerSentEvent,
    SSEDecoder,
    StreamDecoder,
    StreamError,
    TextBlock,
    TextDelta,
    ToolCall,
)
from sse_core.testing import chunkings
from tests.grammar import check_against_response, check_grammar


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


# -- what the streams come to ----------------------------------------------------------------

DIALECTS = {
    "openai_chat": "openai-chat",
    "openai_completion": "openai-completions",
    "openai_responses": "openai-responses",
    "anthropic": "anthropic",
    "gemini": "gemini",
}

#: Recordings whose index says something else than the stream does, and why.
MISLABELLED = {
    # text_completion chunks, the last one with a chat delta
    "openai_completion/traceloop__openllmetry__test-completion-streaming.sse",
}


class Run:
    """A recorded stream, decoded in one piece."""

    def __init__(self, captures: Path, entry: dict[str, Any], dialect: str = "") -> None:
        self.entry = entry
        self.file = entry["file"]
        self.data = (captures / self.file).read_bytes()
        self.dialect = dialect or DIALECTS[entry["dialect"]]
        self.stream = StreamDecoder(self.dialect, limits=Limits.strict())
        self.events = self.stream.feed(self.data) + self.stream.close()
        self.response = self.stream.response

    def quirks(self) -> set[str]:
        return {event.quirk for event in self.events if isinstance(event, Anomaly)}


@pytest.fixture(scope="module")  # it is large
def runs(captures: Path, index: list[dict[str, Any]]) -> list[Run]:
    found = [Run(captures, entry) for entry in index if entry["dialect"] in DIALECTS]
    assert len(found) > 250
    return found


def test_they_end_as_recorded(runs: list[Run]) -> None:
    """Errors and finish reasons of the index are ours, and each outcome follows from them."""
    for run in runs:
        entry, outcome = run.entry, run.stream.outcome
        failed = any(isinstance(event, StreamError) for event in run.events)
        assert failed == bool(entry["has_error"]), run.file
        if outcome is Outcome.NOT_SSE or run.file in MISLABELLED:
            continue
        assert failed == (outcome is Outcome.FAILED), run.file
        if entry["n_responses"] == 1:
            raws = {choice.finish.raw for choice in run.response.choices if choice.finish}
            recorded = set(entry["finish"])
            if entry["dialect"] != "openai_responses" and recorded:
                assert raws & recorded, run.file


def test_they_have_the_calls_that_were_counted(runs: list[Run]) -> None:
    for run in runs:
        if run.entry["n_responses"] == 1 and run.entry["dialect"] in ("openai_chat", "anthropic"):
            calls = run.response.tool_calls
            assert len(calls) == run.entry["n_tool_calls"], run.file


def test_events_agree_with_themselves_and_with_the_response(runs: list[Run]) -> None:
    for run in runs:
        check_grammar(run.events)
        check_against_response(run.events, run.response)


def test_only_streams_with_a_quirk_have_anomalies(runs: list[Run]) -> None:
    """Recorded by a machine at the provider whose format it is: nothing to repair.

    The exceptions are those that the index of recordings itself names.
    """
    own = {
        "openai": ("openai_chat", "openai_completion", "openai_responses"),
        "anthropic": ("anthropic",),
        "google-ai-studio": ("gemini",),
        "google-vertex": ("gemini",),
    }
    known = {"P1": "t:keepalive", "E10": "finish_repeated", "G5": "F:crlf", "G2": "fc_no_args"}
    clean = 0
    for run in runs:
        entry = run.entry
        if entry["provenance"] == "cassette" and entry["dialect"] in own.get(entry["provider"], ()):
            quirks = run.quirks()
            clean += not quirks
            assert all(known.get(quirk) in entry["tags"] for quirk in quirks), (run.file, quirks)
    assert clean > 90


def test_every_cutting_gives_the_same(runs: list[Run]) -> None:
    for run in runs:
        for size in (1, 61, 1400):
            if len(run.data) > 5_000 * size:
                continue
            stream = StreamDecoder(run.dialect, limits=Limits.strict())
            events = [
                event for chunk in chunkings.sized(run.data, size) for event in stream.feed(chunk)
            ]
            assert events + stream.close() == run.events, run.file
            assert stream.response == run.response


def test_auto_finds_the_dialect(captures: Path, runs: list[Run]) -> None:
    for run in runs:
        if run.stream.outcome in (Outcome.NOT_SSE, Outcome.UNKNOWN):
            continue
        auto = Run(captures, run.entry, "auto")
        if auto.stream.dialect == "auto":  # nothing but an error
            assert run.response.error is not None, run.file
            continue
        assert auto.stream.dialect == run.dialect, (run.file, auto.stream.detected)
        assert auto.stream.detected
        assert auto.response == run.response


def test_another_dialect_is_reported_not_guessed(captures: Path, runs: list[Run]) -> None:
    for run in runs[::3]:
        for name in DIALECTS.values():
            if name == run.dialect or run.stream.outcome in (Outcome.NOT_SSE, Outcome.UNKNOWN):
                continue
            wrong = Run(captures, run.entry, name)
            assert wrong.stream.outcome is not Outcome.COMPLETE, (run.file, name)
            assert not any(isinstance(event, TextDelta) for event in wrong.events), run.file
            if wrong.response.error is None:
                assert "C21" in wrong.quirks(), (run.file, name)
                assert run.dialect in wrong.stream.detected


def test_a_cut_stream_is_never_complete_too_soon(runs: list[Run]) -> None:
    """Up to the finish reason, a stream cut off counts as truncated or empty, never complete."""
    shortest: dict[str, Run] = {}
    for run in runs:
        if run.stream.outcome is Outcome.COMPLETE and not run.quirks():
            best = shortest.setdefault(run.dialect, run)
            if len(run.data) < len(best.data):
                shortest[run.dialect] = run
    assert len(shortest) == len(DIALECTS)
    words = (b'finish_reason":"', b'finish_reason": "', b"response.completed", b'"stop_reason":"',
             b'"finishReason": "', b'"finishReason":"')  # fmt: skip
    for run in shortest.values():
        place = min(at for word in words if (at := run.data.find(word)) >= 0)
        for size in range(0, place, 7):
            stream = StreamDecoder(run.dialect)
            events = stream.feed(run.data[:size]) + stream.close()
            assert stream.outcome in (Outcome.TRUNCATED, Outcome.EMPTY), (run.file, size)
            check_grammar(events)


# -- what others say they come to ------------------------------------------------------------


def test_what_others_assert_of_the_message(captures: Path, runs: list[Run]) -> None:
    """Text, calls and usage that the projects the recordings are from assert in their tests."""
    compared = 0
    for run in runs:
        if "expected" not in run.entry:
            continue
        expected = json.loads((captures / run.entry["expected"]).read_text())
        compared += 1
        if expected.get("text") is not None:
            said = run.response.text or run.response.refusal  # some call a refusal text
            assert said == expected["text"], run.file
        if expected.get("reasoning"):
            assert run.response.reasoning == expected["reasoning"], run.file
        if expected.get("tool_calls") is not None:
            ours = [(call.name, call.parsed) for call in own_calls(run)]
            assert ours == [(c["name"], parsed(c["arguments"])) for c in expected["tool_calls"]]
        usage = expected.get("usage")
        if usage and run.response.usage:
            assert run.response.usage.output_tokens == usage["output_tokens"], run.file
    assert compared > 25


def own_calls(run: Run) -> list[ToolCall]:
    return [call for call in run.response.tool_calls if call.kind == "function"]


def parsed(arguments: Any) -> Any:
    return json.loads(arguments) if isinstance(arguments, str) else arguments


def without_the_last_word(data: bytes) -> bytes:
    """A Responses stream without what tells whole items: only the deltas remain."""
    kept = []
    for event in SSEDecoder().feed(data + b"\n\n"):
        chunk = json.loads(event.data) if event.data.startswith("{") else {}
        kind = chunk.get("type", "")
        if kind in ("response.completed", "response.incomplete"):
            chunk["response"]["output"] = []
        if kind != "response.output_item.done" and not kind.endswith(".done"):
            kept.append(f"event: {event.event}\ndata: {json.dumps(chunk)}\n\n")
    return "".join(kept).encode()


def test_joined_deltas_are_the_snapshot(runs: list[Run]) -> None:
    """Responses: the deltas alone give the texts and arguments of the last event's output."""
    compared = 0
    for run in runs:
        if run.dialect != "openai-responses" or run.entry["n_responses"] > 1:
            continue
        snapshot = terminal_output(run.data)
        if not snapshot or run.quirks() & {"N1", "P4", "P11", "P12"}:
            continue
        stream = StreamDecoder("openai-responses")
        stream.feed(without_the_last_word(run.data))
        stream.close()
        for block in stream.response.blocks:
            told = said_in(snapshot, block)
            if told is not None and block.text:  # type: ignore[union-attr]
                assert block.text == told, run.file  # type: ignore[union-attr]
                compared += 1
        assert run.stream.native()["output"] == snapshot, run.file
    assert compared > 40


def terminal_output(data: bytes) -> Any:
    for event in SSEDecoder().feed(data + b"\n\n"):
        chunk = json.loads(event.data) if event.data.startswith("{") else {}
        if chunk.get("type") in ("response.completed", "response.incomplete"):
            return chunk["response"]["output"]
    return None


def said_in(output: list[Any], block: Any) -> str | None:
    """What the snapshot says at the place of this block of text; ``None`` if it has none."""
    if not isinstance(block, (TextBlock, RefusalBlock, ReasoningBlock)):
        return None
    place, what, at = block.key
    parts = output[place][what]
    part = parts[at if at < len(parts) else -1]  # P14
    return str(part.get("text", part.get("refusal")))
