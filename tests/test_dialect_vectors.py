"""The vectors of the dialects: what they are, that ours reads them so, and that each matters.

A vector matters if a merger that somebody could have written fails it: the naive merger of its
dialect, or, where that one is right, the same with one shortcut more (``naive_mergers.py``).
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sse_core
from sse_core import StreamDecoder, StreamEvent
from sse_core.dialects import DIALECTS, JSON
from sse_core.quirks import ASSUMED, OUTSIDE, QUIRKS, REPAIRED
from sse_core.response import (
    Choice,
    MediaBlock,
    OtherBlock,
    ReasoningBlock,
    RefusalBlock,
    TextBlock,
    ToolCall,
    ToolResult,
)

from . import naive_mergers

PATH = Path(sse_core.__file__).parent / "testing" / "vectors" / "dialects.jsonl"
LINES = PATH.read_text("utf-8").split("\n")
VECTORS: list[dict[str, Any]] = [json.loads(line) for line in LINES if line]
BY_ID = pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])

#: Quirks that no vector shows, and why not. Those that are treated outside need no reason.
UNSHOWN: dict[str, str] = {}

Reading = tuple[str, dict[str, Any]]


def bytes_of(vector: dict[str, Any]) -> bytes:
    """The stream."""
    if "base64" in vector:
        return base64.b64decode(vector["base64"])
    return str(vector["input"]).encode()


# -- the schema ------------------------------------------------------------------------------------

FIRST = ["id", "class", "spec", "why", "tags"]
OPTIONAL = {"options", "assume", "or"}
ORDER = [
    *FIRST, "input", "base64", "dialect", "options", "assume", "quirk", "outcome", "response",
    "anomalies", "or",
]  # fmt: skip

TEXTS = ("text", "reasoning", "refusal")
#: What a reading of a choice has if it is not empty.
OF_CHOICE = {
    *TEXTS, "tool_calls", "finish", "tool_results", "citations", "opaque", "media", "logprobs",
}  # fmt: skip
#: What is compared only where the vector names it.
IF_NAMED = {
    "id", "model", "role", "metadata", "blocks", "other", "unknown", "keep_alives", "over",
}  # fmt: skip
OF_RESPONSE = {*OF_CHOICE, *IF_NAMED, "usage", "error", "choices"}
NUMBERS = {
    "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens",
}  # fmt: skip
REASONS = {
    "stop", "length", "tool_calls", "content_filter", "refusal", "pause", "error", "other",
}  # fmt: skip
OUTCOMES = {outcome.value for outcome in sse_core.Outcome}
KINDS = {"text", "refusal", "reasoning", "tool_call", "tool_result", "media", "other"}
ID = r"[a-z-]+/([A-Z]\d+|[a-z-]+)/[a-z0-9-]+"


def test_the_file() -> None:
    assert len(VECTORS) >= 200
    ids = [vector["id"] for vector in VECTORS]
    assert len(set(ids)) == len(ids)
    assert {vector["dialect"] for vector in VECTORS} == set(DIALECTS)
    assert LINES[-1] == ""
    assert all(line.isascii() for line in LINES)
    assert PATH.stat().st_size < 600_000


@BY_ID
def test_the_schema(vector: dict[str, Any]) -> None:
    assert list(vector) == [key for key in ORDER if key in vector]
    needed = set(ORDER) - OPTIONAL - {"input", "base64"}
    assert needed <= set(vector)
    assert ("input" in vector) != ("base64" in vector)
    dialect, group, name = vector["id"].split("/")
    assert dialect == vector["dialect"]
    assert name.replace("-", "").isalnum()
    assert name == name.lower()
    assert vector["quirk"] == (group if group in QUIRKS else None)
    assert vector["class"] in ("must", "should", "either")
    assert (vector["class"] == "either") == ("or" in vector)
    assert vector["spec"]
    assert vector["why"].endswith(".")
    assert vector["tags"]
    assert all(isinstance(tag, str) for tag in vector["tags"])
    assert vector["anomalies"] == sorted(vector["anomalies"])
    assert set(vector["anomalies"]) <= set(QUIRKS)
    assert {QUIRKS[quirk].treatment for quirk in vector.get("assume", ())} <= {ASSUMED}
    assert set(vector.get("options", ())) <= {"text", "done", "error", "reasoning"}
    assert "options" not in vector or dialect == "json"
    readings = [vector, vector["or"]] if "or" in vector else [vector]
    if "or" in vector:
        assert list(vector["or"]) == ["outcome", "response"]
        assert not agrees(vector["or"], read(vector))
    for reading in readings:
        assert reading["outcome"] in OUTCOMES
        check_response(reading["response"])


def check_response(response: dict[str, Any]) -> None:
    assert set(response) <= OF_RESPONSE
    if "choices" in response:
        assert not set(response) & (OF_CHOICE | {"role", "blocks", "other"})
        for index, choice in response["choices"].items():
            assert str(int(index)) == index
            assert set(choice) <= OF_CHOICE | {"role", "usage", "blocks", "other"}
            check_choice(choice)
    check_choice(response)
    if "error" in response:
        assert set(response["error"]) <= {"message", "code", "type", "before_output"}
        assert response["error"]["message"]


def check_choice(choice: dict[str, Any]) -> None:
    assert all(choice[key] for key in choice if key in OF_CHOICE or key in ("usage", "error"))
    assert set(choice.get("usage", ())) <= NUMBERS
    for call in choice.get("tool_calls", ()):
        assert set(call) - {"kind"} == {"id", "name", "arguments", "problem"}
        assert call["problem"] in ("", "cut", "invalid", "not an object")
        assert call.get("kind", "custom") in ("custom", "server", "mcp", "builtin")
    if "finish" in choice:
        assert list(choice["finish"]) == ["reason", "raw"]
        assert choice["finish"]["reason"] in REASONS
    for kind, _ in choice.get("blocks", ()):
        assert kind in KINDS
    for opaque in choice.get("opaque", ()):
        assert list(opaque) == ["kind", "data", "on"]
        assert opaque["on"] in KINDS | {"choice"}


# -- what ours reads, in the words of the vectors --------------------------------------------------


def read(vector: dict[str, Any], cuts: Iterable[int] = ()) -> Reading:
    """Outcome and response of our decoder, with the anomalies beside them."""
    data = bytes_of(vector)
    dialect = JSON(**vector["options"]) if "options" in vector else vector["dialect"]
    stream = StreamDecoder(dialect, assume=vector.get("assume", ()))
    events: list[StreamEvent] = []
    at = 0
    for cut in (*cuts, len(data)):
        events += stream.feed(data[at:cut])
        at = cut
    over = stream.over
    events += stream.close()
    shown = show(stream, events)
    shown["over"] = over
    shown["anomalies"] = sorted(e.quirk for e in events if isinstance(e, sse_core.Anomaly))
    return stream.outcome.value, shown


def show(stream: StreamDecoder, events: list[StreamEvent]) -> dict[str, Any]:
    response = stream.response
    shown: dict[str, Any] = {"id": response.id, "model": response.model}
    metadata = dict(response.metadata)
    for choice in response.choices:
        metadata.update(choice.metadata)
    shown["metadata"] = metadata
    if [choice.index for choice in response.choices] in ([], [0]):
        shown.update(show_choice(response.choice))
    else:
        shown["choices"] = {str(choice.index): show_choice(choice) for choice in response.choices}
    if response.usage is not None and numbers(response.usage):
        shown["usage"] = numbers(response.usage)
    if response.error is not None:
        names = ("message", "code", "type", "before_output")
        shown["error"] = full({name: getattr(response.error, name) for name in names})
    shown["unknown"] = sum(isinstance(event, sse_core.Unknown) for event in events)
    shown["keep_alives"] = [e.text for e in events if isinstance(e, sse_core.KeepAlive)]
    return shown


def show_choice(choice: Choice) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(choice, name) for name in TEXTS}
    shown["role"] = choice.role
    made = {call.id for call in choice.tool_calls if call.id_is_synthetic}
    shown["tool_calls"] = [show_call(call) for call in choice.tool_calls]
    if choice.finish is not None:
        shown["finish"] = {"reason": choice.finish.reason, "raw": choice.finish.raw}
    if choice.usage is not None:
        shown["usage"] = numbers(choice.usage)
    shown["logprobs"] = {channel: len(tokens) for channel, tokens in choice.logprobs.items()}
    citations, opaque, blocks = list(choice.citations), [], []
    shown["tool_results"], shown["media"], shown["other"] = [], [], []
    for block in choice.blocks:
        kind, words = kind_of(block)
        blocks.append([kind, words])
        opaque += [{"kind": one.kind, "data": one.data, "on": kind} for one in block.opaque]
        match block:
            case TextBlock():
                citations += block.citations
            case ToolResult():
                call_id = None if block.call_id in made else block.call_id
                result = full({"text": block.text, "content": block.content})
                shown["tool_results"].append({"call_id": call_id, **result})
            case MediaBlock():
                data = base64.b64encode(block.data).decode()
                rest = {"transcript": block.transcript, "uri": block.uri}
                shown["media"].append(full({"type": block.media_type, "base64": data, **rest}))
            case OtherBlock():
                shown["other"].append(dict(block.wire))
    shown["citations"] = [
        full({name: getattr(one, name) for name in ("url", "title", "start", "end")})
        for one in citations
    ]
    opaque += [{"kind": one.kind, "data": one.data, "on": "choice"} for one in choice.opaque]
    shown["opaque"], shown["blocks"] = opaque, blocks
    return {name: value for name, value in shown.items() if value or name in IF_NAMED}


def kind_of(block: Any) -> tuple[str, str]:
    """The kind of block, and the word that tells it from others."""
    match block:
        case ToolCall():
            return "tool_call", block.name
        case OtherBlock():
            return "other", block.kind
        case MediaBlock():
            return "media", ""
        case ToolResult():
            return "tool_result", block.text
        case RefusalBlock():
            return "refusal", block.text
        case ReasoningBlock():
            return "reasoning", block.text
    return "text", block.text


def show_call(call: ToolCall) -> dict[str, Any]:
    id = None if call.id_is_synthetic else call.id
    shown = {"id": id, "name": call.name, "arguments": call.arguments, "problem": call.problem}
    return shown if call.kind == "function" else {**shown, "kind": call.kind}


def numbers(usage: Any) -> dict[str, Any]:
    return full({name: getattr(usage, name) for name in sorted(NUMBERS)})


def full(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty; 0 is not."""
    return {name: v for name, v in fields.items() if v is not None and v is not False and v != ""}


# -- comparison ------------------------------------------------------------------------------------


def agrees(want: dict[str, Any], got: Reading) -> bool:
    """Whether this is the reading that a vector (or its ``or``) wants."""
    return want["outcome"] == got[0] and not differences(want["response"], got[1])


def differences(want: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """The keys that differ. What a reader does not tell of is not compared, if it need not."""
    return sorted(key for key in OF_RESPONSE if not same_at(key, want, got))


def same_at(key: str, want: dict[str, Any], got: dict[str, Any]) -> bool:
    if key in IF_NAMED:
        if key not in want or key not in got:
            return True
        if key == "metadata":
            return all(got[key].get(name) == value for name, value in want[key].items())
        return bool(want[key] == got[key])
    if (key in want) != (key in got):
        return False
    if key == "choices" and key in want:
        return want[key].keys() == got[key].keys() and all(
            same_choice(one, got[key][index]) for index, one in want[key].items()
        )
    if key == "tool_calls" and key in want:
        return same_list(want[key], got[key])
    if key == "tool_results" and key in want:
        return same_list(want[key], got[key])
    return bool(want.get(key) == got.get(key))


def same_choice(want: dict[str, Any], got: dict[str, Any]) -> bool:
    if "usage" in want and want["usage"] != got.get("usage"):
        return False
    return all(same_at(key, want, got) for key in OF_CHOICE | IF_NAMED)


def same_list(want: list[Any], got: list[Any]) -> bool:
    return len(want) == len(got) and all(map(same_call, want, got))


def same_call(want: dict[str, Any], got: dict[str, Any]) -> bool:
    """A call, or a result. An id that is null: the wire gave none. Arguments that are no text:
    the wire gave values, or none, and their text is anybody's; null: they are half of that."""
    for key in want.keys() | got.keys():
        one, other = want.get(key), got.get(key)
        if key in ("id", "call_id", "arguments") and one is None:
            continue
        if key == "arguments" and not isinstance(one, str) and isinstance(other, str):
            other = naive_mergers.parsed(other)
        if one != other:
            return False
    return True


def test_the_comparison_sees_every_difference() -> None:
    for vector in VECTORS:
        want = vector["response"]
        assert agrees(vector, (vector["outcome"], want))
        assert not agrees(vector, ("another", want))
        for key in want.keys() - IF_NAMED:
            assert differences(want, {name: v for name, v in want.items() if name != key})
        for key in OF_RESPONSE - IF_NAMED - want.keys():
            assert differences(want, {**want, key: {"0": "more"}})


# -- ours ------------------------------------------------------------------------------------------


def hold(vector: dict[str, Any], reading: Reading) -> None:
    outcome, response = reading
    assert outcome == vector["outcome"]
    found = differences(vector["response"], response)
    assert {key: (vector["response"].get(key), response.get(key)) for key in found} == {}
    assert response["anomalies"] == vector["anomalies"]


@BY_ID
def test_ours_reads_it_so(vector: dict[str, Any]) -> None:
    size = len(bytes_of(vector))
    whole = read(vector)
    hold(vector, whole)
    assert read(vector, range(1, size)) == whole
    draw = random.Random(vector["id"])
    for _ in range(5):
        assert read(vector, sorted(draw.randrange(size + 1) for _ in range(4))) == whole


def test_each_quirk_is_shown() -> None:
    shown = {vector["quirk"] for vector in VECTORS}
    told = {quirk for vector in VECTORS for quirk in vector["anomalies"]}
    for id, quirk in QUIRKS.items():
        if quirk.treatment != OUTSIDE:
            assert (id in shown) != (id in UNSHOWN), id
        if quirk.treatment in (REPAIRED, ASSUMED) and id not in UNSHOWN:
            assert id in told


# -- each matters ----------------------------------------------------------------------------------


class Asked:
    """No fault; and which ones the merger asked for. No other can change what it reads."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __contains__(self, fault: object) -> bool:
        self.names.add(str(fault))
        return False


def naively(vector: dict[str, Any], faults: Container[str]) -> bool:
    """Whether the naive merger with these faults reads it as one of those who may."""
    options = vector.get("options")
    try:
        got = naive_mergers.read(vector["dialect"], bytes_of(vector), faults, options)
    except Exception:  # what it was not written for
        return False
    return agrees(vector, got) or ("or" in vector and agrees(vector["or"], got))


@cache
def caught_by() -> dict[str, set[str] | None]:
    """Of each vector: the faults that it catches; ``None`` if the naive merger fails it anyway."""
    found: dict[str, set[str] | None] = {}
    for vector in VECTORS:
        asked = Asked()
        right = naively(vector, asked)
        assert asked.names <= naive_mergers.FAULTS.keys()
        caught = {fault for fault in asked.names if right and not naively(vector, {fault})}
        found[vector["id"]] = caught if right else None
    return found


def test_the_naive_mergers_are_no_straw_men() -> None:
    """They are right about nearly all of what is clean, in each dialect."""
    assert len(naive_mergers.FAULTS) >= 30
    for dialect in DIALECTS:
        clean = [v["id"] for v in VECTORS if v["dialect"] == dialect and v["quirk"] is None]
        wrong = [id for id in clean if caught_by()[id] is None]
        assert len(wrong) <= 0.1 * len(clean), wrong


def test_each_vector_matters() -> None:
    """The naive merger fails it, or would with one fault more."""
    assert [id for id, faults in caught_by().items() if faults == set()] == []


@pytest.mark.parametrize("fault", naive_mergers.FAULTS)
def test_each_fault_is_caught(fault: str) -> None:
    """By a vector that the same merger reads right without it; and not by each of them."""
    caught = {id for id, faults in caught_by().items() if faults and fault in faults}
    assert caught
    dialects = {id.split("/")[0] for id in caught}
    right = {id for id, faults in caught_by().items() if faults is not None}
    assert caught < {id for id in right if id.split("/")[0] in dialects}
