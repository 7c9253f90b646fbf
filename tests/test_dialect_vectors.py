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
from sse_core.testing.readings import (
    IF_NAMED,
    NUMBERS,
    OF_CHOICE,
    OF_RESPONSE,
    Reading,
    agrees,
    differences,
    show,
)

from . import naive_mergers

PATH = Path(sse_core.__file__).parent / "testing" / "vectors" / "dialects.jsonl"
LINES = PATH.read_text("utf-8").split("\n")
VECTORS: list[dict[str, Any]] = [json.loads(line) for line in LINES if line]
BY_ID = pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])

#: Quirks that no vector shows, and why not. Those that are treated outside need no reason.
UNSHOWN: dict[str, str] = {}


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
    outcome, shown = show(stream, events)
    return outcome, {**shown, "over": over}


# -- comparison ------------------------------------------------------------------------------------


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
