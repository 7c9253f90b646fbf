"""The wire vectors are right, well kept, and each of them matters.

Right: the reference model and the decoder agree with them, in every cutting. Matters: a decoder
with one fault fails it (``broken_decoders.py``), and each fault is caught by some vector.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sse_core import Limits, SSEDecoder
from sse_core.testing import chunkings, reference, vectors
from sse_core.testing.vectors import Vector, load_wire

from .broken_decoders import CUT_FAULTS, FAULTS, Decoder

FILE = Path(vectors.__file__).parent / "wire.jsonl"
LINES = [line for line in FILE.read_text("utf-8").split("\n") if line]
VECTORS = load_wire()

KEYS = ("id", "class", "spec", "why", "tags", "input", "base64", "seed", "events", "or")
LAST_KEYS = ("last_event_id", "retry", "tail")
REQUIRED = {"id", "class", "spec", "why", "tags", "events", *LAST_KEYS}
TAGS = {
    "beyond", "blank", "cr", "crlf", "control", "cut", "duplicate", "empty", "end", "invalid",
    "large", "lf", "long", "mixed", "no-data", "overlong", "phantom", "provider", "reset", "seed",
    "seen", "separator", "surrogate", "truncated",
}  # fmt: skip

every_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)

Outcome = tuple[tuple[tuple[str, str, str], ...], str, int | None, bool]


def right(vector: Vector) -> list[Outcome]:
    both = (vector.events, vector.either)
    state = (vector.last_event_id, vector.retry, vector.tail)
    return [(events, *state) for events in both if events is not None]


def cuttings(data: bytes) -> Iterable[list[bytes]]:
    return [chunkings.whole(data), *cut_up(data), *chunkings.every_cut(data)]


def cut_up(data: bytes) -> list[list[bytes]]:
    return [chunkings.bytewise(data), chunkings.with_empty(data)]


# -- the file ---------------------------------------------------------------------------------


def test_there_are_enough_of_them_and_the_file_is_small() -> None:
    assert len(VECTORS) == len(LINES) >= 300
    assert FILE.stat().st_size < 200_000
    assert {vector.class_ for vector in VECTORS} == {"must", "should", "either"}
    assert vectors.VERSION == 1


def test_ids_are_unique_and_sorted_within_their_groups() -> None:
    ids = [vector.id for vector in VECTORS]
    groups = list(dict.fromkeys(id_.split("/")[0] for id_ in ids))
    assert ids == sorted(set(ids), key=lambda id_: (groups.index(id_.split("/")[0]), id_))


def test_no_stream_stands_there_twice() -> None:
    streams = Counter((vector.input, vector.seed) for vector in VECTORS)
    assert [stream for stream, times in streams.items() if times > 1] == []


@pytest.mark.parametrize("line", LINES, ids=lambda line: json.loads(line)["id"])
def test_the_schema(line: str) -> None:
    value: dict[str, Any] = json.loads(line)
    assert list(value) == [key for key in (*KEYS, *LAST_KEYS) if key in value]
    assert set(value) >= REQUIRED
    assert ("input" in value) != ("base64" in value)
    assert value["class"] in ("must", "should", "either")
    assert ("or" in value) == (value["class"] == "either")
    assert value.get("seed", "7") != ""
    group = value["id"].split("/")[0]
    assert value["tags"][0] == group
    assert set(value["tags"][1:]) <= TAGS
    assert ("seed" in value["tags"]) == ("seed" in value)
    assert all(len(event) == 3 for event in [*value["events"], *value.get("or", [])])
    assert all(isinstance(text, str) for event in value["events"] for text in event)
    assert all(isinstance(value[key], str) for key in ("spec", "why", "last_event_id"))
    assert value["retry"] is None or type(value["retry"]) is int
    assert type(value["tail"]) is bool
    assert value["why"].startswith("A decoder ")
    assert value["why"].endswith(".")
    assert value["why"].count(". ") == 0  # one sentence
    assert line.isprintable()  # people can read it
    if "base64" in value:  # only where text would not do
        data = base64.b64decode(value["base64"], validate=True)
        with pytest.raises(UnicodeDecodeError):
            data.decode()


# -- they are right ---------------------------------------------------------------------------


@every_vector
def test_the_model_agrees(vector: Vector) -> None:
    result = reference.decode(vector.input, last_event_id=vector.seed)
    events = tuple(event[:3] for event in result.events)
    outcome = (events, result.last_event_id, result.retry, result.tail is not None)
    assert outcome == right(vector)[0]


@every_vector
def test_the_decoder_agrees_in_every_cutting(vector: Vector) -> None:
    for chunks in cuttings(vector.input):
        decoder = SSEDecoder(last_event_id=vector.seed, limits=Limits(max_retry_ms=None))
        items = [item for chunk in chunks for item in decoder.feed(chunk)] + decoder.close()
        events = tuple((item.event, item.data, item.id) for item in items)
        outcome = (events, decoder.last_event_id, decoder.retry, decoder.tail is not None)
        assert outcome == right(vector)[0], chunks


# -- each of them matters ---------------------------------------------------------------------


def fails(vector: Vector, faults: Iterable[str], chunks: Iterable[bytes]) -> bool:
    decoder = Decoder(*faults, seed=vector.seed)
    try:
        events = [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.end()
    except (ValueError, RecursionError):
        return True
    outcome = (tuple(events), decoder.last_event_id, decoder.retry, decoder.tail)
    return outcome not in right(vector)


def fails_by(vector: Vector, fault: str) -> bool:
    """Whether a decoder with this fault fails it, whole or cut up."""
    if fault in CUT_FAULTS and any(fails(vector, [fault], cut) for cut in cut_up(vector.input)):
        return True
    return fails(vector, [fault], chunkings.whole(vector.input))


def test_there_are_many_faults() -> None:
    assert len(set(FAULTS)) == len(FAULTS) >= 60
    with pytest.raises(ValueError, match="no such faults"):
        Decoder("is perfect")


@every_vector
def test_the_faultless_passes_and_a_fault_fails(vector: Vector) -> None:
    for chunks in (chunkings.whole(vector.input), *cut_up(vector.input)):
        assert not fails(vector, (), chunks)
    assert any(fails_by(vector, fault) for fault in FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_caught_by_a_vector(fault: str) -> None:
    assert any(fails_by(vector, fault) for vector in VECTORS)


def test_no_must_hangs_on_what_the_standard_leaves_free() -> None:
    """Others than browsers may dispatch a block without data."""
    free = (
        "blank lines are events", "any set field is an event", "any known name is an event",
        "a known id is an event", "comment is content", "unknown name is content",
    )  # fmt: skip
    for vector in VECTORS:
        if vector.class_ == "must":
            for fault in free:
                decoder = Decoder(fault, seed=vector.seed)
                assert tuple(decoder.feed(vector.input) + decoder.end()) == vector.events, fault


@pytest.mark.parametrize("fault", CUT_FAULTS)
def test_each_fault_at_cuts_has_a_vector_that_only_a_cut_fails(fault: str) -> None:
    assert any(
        any(fails(vector, [fault], cut) for cut in cut_up(vector.input))
        and not fails(vector, [fault], chunkings.whole(vector.input))
        for vector in VECTORS
    )


# -- how they are loaded ----------------------------------------------------------------------


def test_a_dialect_vector_is_loaded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = {
        "id": "openai-chat/plain", "class": "must", "spec": "T3", "why": "…", "tags": ["tools"],
        "base64": base64.b64encode(b"data: {}\n\n").decode(), "seed": "7",
        "dialect": "openai-chat", "quirk": None, "outcome": "complete",
        "response": {"text": "a\u2028b"}, "anomalies": ["T3"],
    }  # fmt: skip
    (tmp_path / "dialects.jsonl").write_text(json.dumps(value, ensure_ascii=False) + "\n", "utf-8")
    monkeypatch.setattr(vectors, "_FOLDER", tmp_path)
    [vector] = vectors.load_dialects()
    assert vector == (
        "openai-chat/plain", "must", "T3", "…", ("tools",), b"data: {}\n\n", "7",
        "openai-chat", None, "complete", {"text": "a\u2028b"}, ("T3",), None, {}, (),
    )  # fmt: skip
