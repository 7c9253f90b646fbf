"""The conformance vectors: what a decoder must make of these bytes, as data for any language.

``wire.jsonl`` holds streams and their server-sent events, ``dialects.jsonl`` provider streams and
their responses. One JSON object a line; README.md beside them says what its keys mean. This module
only reads them.

::

    load_wire()[0].events == (("message", "a", ""),)
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["VERSION", "DialectVector", "Vector", "load_dialects", "load_wire"]

#: Grows when a vector changes its meaning or leaves; new vectors do not count.
VERSION = 1

_FOLDER = Path(__file__).parent


class Vector(NamedTuple):
    """A stream, and what the wire makes of it.

    Attributes:
        id: ``"group/name"``, unique, the same for ever.
        class_: ``"must"``, ``"should"`` or ``"either"``.
        spec: the section of the standard and its rule, in few words.
        why: what a decoder that fails gets wrong, in one sentence.
        tags: the group and what else it is about, such as ``("newline", "cut")``.
        input: the bytes of the stream.
        seed: the last event id before the stream; ``""`` for none.
        events: type, data and last event id of each event, ``(("message", "a", ""),)``.
        either: the other events that are right, for the class ``"either"``; else ``None``.
        last_event_id: the last event id at the end of the input.
        retry: the reconnection time at the end, in milliseconds; ``None`` if none was set.
        tail: whether the input ends within a line or a block, which is discarded.
    """

    id: str
    class_: str
    spec: str
    why: str
    tags: tuple[str, ...]
    input: bytes
    seed: str
    events: tuple[tuple[str, str, str], ...]
    either: tuple[tuple[str, str, str], ...] | None
    last_event_id: str
    retry: int | None
    tail: bool


class DialectVector(NamedTuple):
    """A provider's stream, and the response it comes to.

    Attributes:
        id, class_, spec, why, tags, input, seed: as in ``Vector``; ``spec`` may be a quirk's id.
        dialect: the name of the dialect, ``"openai-chat"``.
        quirk: the id of the quirk that the stream shows, ``"T3"``; ``None`` if none.
        outcome: how the response ended, ``"complete"``.
        response: what it says, ``{"text": "Hi", "tool_calls": [...]}``; only what is not empty.
        anomalies: the ids of the quirks that are to be reported, sorted.
        either: the other outcome and response that are right, for the class ``"either"``.
        options: of the dialect ``json``: where its text, done flag and error stand.
        assume: the ids of quirks that the reader is told of; the stream does not show them.
    """

    id: str
    class_: str
    spec: str
    why: str
    tags: tuple[str, ...]
    input: bytes
    seed: str
    dialect: str
    quirk: str | None
    outcome: str
    response: dict[str, Any]
    anomalies: tuple[str, ...]
    either: tuple[str, dict[str, Any]] | None
    options: dict[str, str]
    assume: tuple[str, ...]


def load_wire() -> tuple[Vector, ...]:
    """The vectors of ``wire.jsonl``, in the order of the file."""
    return tuple(
        Vector(
            *_head(line),
            events=_events(line["events"]),
            either=_events(line["or"]) if "or" in line else None,
            last_event_id=line["last_event_id"],
            retry=line["retry"],
            tail=line["tail"],
        )
        for line in _lines(_FOLDER / "wire.jsonl")
    )


def load_dialects() -> tuple[DialectVector, ...]:
    """The vectors of ``dialects.jsonl``, in the order of the file."""
    return tuple(
        DialectVector(
            *_head(line),
            dialect=line["dialect"],
            quirk=line["quirk"],
            outcome=line["outcome"],
            response=line["response"],
            anomalies=tuple(line["anomalies"]),
            either=(line["or"]["outcome"], line["or"]["response"]) if "or" in line else None,
            options=line.get("options", {}),
            assume=tuple(line.get("assume", ())),
        )
        for line in _lines(_FOLDER / "dialects.jsonl")
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    # Not splitlines(): that would split at more than LF, as many a decoder does.
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def _head(line: dict[str, Any]) -> tuple[str, str, str, str, tuple[str, ...], bytes, str]:
    """What both kinds of vector begin with."""
    data = line["input"].encode() if "input" in line else base64.b64decode(line["base64"])
    tags = tuple(line["tags"])
    return line["id"], line["class"], line["spec"], line["why"], tags, data, line.get("seed", "")


def _events(value: list[list[str]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((event, data, id_) for event, data, id_ in value)
