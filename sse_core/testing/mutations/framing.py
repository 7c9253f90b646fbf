"""Quirks of the frame (F), and of JSON and its encoding (J)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ..streams import EOL, Chunk, Draw, json_text, to_bytes
from .base import (
    ALL,
    ANTHROPIC,
    CHAT,
    COMPLETIONS,
    GEMINI,
    NAMELESS,
    RESPONSES,
    Mutated,
    dialect_of,
    dicts,
    insert,
    mutates,
    pick,
    recut,
)

DONE: Chunk = (None, "[DONE]")


def framed(
    chunks: list[Chunk],
    lines: Callable[[int], list[str]] = lambda number: [],
    between: Callable[[int], list[str]] = lambda number: [],
    data: Callable[[str], str] = "data: {}".format,
) -> bytes:
    """The stream, with more lines in front of each event's own, or with more blocks between."""
    result = []
    for number, (event, payload) in enumerate(chunks):
        text = payload if isinstance(payload, str) else json_text(payload)
        named = [] if event is None else [f"event: {event}"]
        result += [*between(number), *lines(number), *named, *data(text).split("\n"), ""]
    eol = EOL[dialect_of(chunks)]
    return "".join(line + eol for line in result).encode()


def some(draw: Draw, lines: list[list[str]]) -> Callable[[int], list[str]]:
    """Lines that come at some events; at the first in any case."""
    drawn = draw(st.lists(st.sampled_from([[], *lines]), max_size=6))
    return lambda number: [lines[0], *drawn][number] if number <= len(drawn) else []


@mutates("F1", ALL)
def no_space(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F1: ``data:{"a":1}``, no space."""
    return framed(chunks, data="data:{}".format)


@mutates("F2", ALL)
def keep_alive_as_data(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F2: ``data: : keepalive``."""
    return insert(chunks, draw, (None, pick(draw, [": keepalive", ": keep-alive", ":"])))


@mutates("F3", ALL)
def comments(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F3: comment lines, in a block of their own or not."""
    lines = [[": OPENROUTER PROCESSING", ""], [": keep-alive"], [":", ""], [": {}", "", ":", ""]]
    return framed(chunks, between=some(draw, lines))


@mutates("F4", ALL)
def empty_data(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F4: ``data:`` with an empty value as heartbeat."""
    return insert(chunks, draw, (None, ""), last=len(chunks) - 1)


@mutates("F5", ALL)
def event_alone(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F5: ``event: keepalive`` and nothing else."""
    return framed(chunks, between=some(draw, [["event: keepalive", ""]]))


@mutates("F6", ALL)
def ids_and_comments(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F6: ``id:`` on events, and a comment and a blank line between them."""
    blocks = some(draw, [[": ping", ""]])
    return framed(chunks, lines=lambda number: [f"id: {number}"], between=blocks)


@mutates("F7", ALL)
def priming(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F7: an ``id`` with an empty ``data``, or ``retry`` alone."""
    first = pick(draw, [["id: x", "data:", ""], ["retry: 3000", ""], ["id: x", "retry: 1", ""]])
    return framed(chunks, between=lambda number: [] if number else first)


@mutates("F8", ALL)
def no_final_blank_line(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F8: no blank line after the last event, which may be the sentinel or the one before it."""
    if chunks[-1] == DONE and draw(st.booleans()):
        chunks.pop()
    eol = EOL[dialect_of(chunks)]
    data = to_bytes(chunks, eol)
    return data[: -len(eol) * draw(st.integers(1, 2))]


@mutates("F9", [CHAT, COMPLETIONS])
def no_sentinel(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F9: no ``[DONE]`` though ``finish_reason`` came."""
    return chunks[:-1]


@mutates("F11", [ANTHROPIC, RESPONSES, GEMINI])
def sentinel_elsewhere(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F11: ``[DONE]`` inside an Anthropic stream, as ``event: data``; and in the others."""
    return [*chunks, ("data" if dialect_of(chunks) == ANTHROPIC else None, "[DONE]")]


@mutates("F12", [CHAT, COMPLETIONS])
def named_sentinel(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F12: ``event: done`` and ``data: [DONE]``."""
    return [*chunks[:-1], ("done", "[DONE]")]


@mutates("F14", [CHAT, COMPLETIONS], "usage")
def usage_after_sentinel(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F14: events after ``[DONE]``: usage, cost."""
    *chunks, usage, done = chunks
    late: list[list[Chunk]] = [[usage], [(None, {"choices": [], "cost": "0"})]]
    return [*chunks, done, *late[0], *(late[1] if draw(st.booleans()) else [])]


@mutates("F14", ANTHROPIC)
def cost_after_stop(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F14: events after the finish: a ping with the cost."""
    return [*chunks, ("ping", {"type": "ping", "cost": "0"})]


@mutates("F16", ALL)
def wrapped_twice(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F16: wrapped again into ``data: data: {…}``."""
    return framed(chunks, data="data: data: {}".format)


@mutates("F23", ALL)
def carriage_returns(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F23: CR only, or CRLF."""
    own = EOL[dialect_of(chunks)]
    return to_bytes(chunks, pick(draw, [eol for eol in ("\r", "\r\n", "\n") if eol != own]))


@mutates("F24", ALL)
def byte_order_mark(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F24: BOM."""
    return b"\xef\xbb\xbf" + to_bytes(chunks)


@mutates("F25", ALL)
def metadata_in_comments(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F25: metadata in comments: ``: x-cost=0.0001``."""
    lines = [[": x-cost=0.0001"], [": x-request-id=req_1", ": x-latency-ms=12", ""]]
    return framed(chunks, between=some(draw, lines))


@mutates("F27", NAMELESS)
def no_blank_line_between(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F27: ``data: {"a":1}``, newline, ``data: {"a":2}``, with no blank line between."""
    whole = [json_text(payload) for payload in dicts(chunks)]
    if len(whole) < 2:
        return None
    first = draw(st.integers(0, len(whole) - 2))
    behind = draw(st.integers(first + 2, len(whole)))
    joined: list[Chunk] = [(None, "\n".join(whole[first:behind]))]
    result = [*chunks[:first], *joined, *chunks[behind:]]
    eol = EOL[dialect_of(chunks)]
    lines = [f"{_data_lines(payload, eol)}{eol}" for _, payload in result]
    return "".join(lines).encode()


def _data_lines(payload: Any, eol: str) -> str:
    text = payload if isinstance(payload, str) else json_text(payload)
    return "".join(f"data: {line}{eol}" for line in text.split("\n"))


@mutates("F28", ALL)
def several_data_lines(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F28: one JSON value legally spread over several ``data:`` lines."""
    spread: list[Chunk] = [
        (event, payload if isinstance(payload, str) else json_text(payload, indent=1))
        for event, payload in chunks
    ]
    eol = EOL[dialect_of(chunks)]
    events = ((f"event: {event}{eol}" if event else "", text) for event, text in spread)
    return "".join(f"{name}{_data_lines(text, eol)}{eol}" for name, text in events).encode()


@mutates("F30", ALL)
def vendor_fields(chunks: list[Chunk], draw: Draw) -> Mutated:
    """F30: vendor fields in the frame: ``status:200``."""
    fields = pick(draw, [["status:200"], ["id:1", ":HTTP_STATUS/200"], ["x"]])
    return framed(chunks, lines=lambda number: fields)


# -- JSON and encoding -----------------------------------------------------------------------------

_PAIR = re.compile("[\U00010000-\U0010ffff]")


def halves(text: str) -> list[str]:
    """The text cut in the middle of each character that takes two UTF-16 units."""
    pieces = [""]
    for character in text:
        if _PAIR.match(character):
            units = character.encode("utf-16-be")
            pieces[-1] += units[:2].decode("utf-16-be", "surrogatepass")
            pieces.append(units[2:].decode("utf-16-be", "surrogatepass"))
        else:
            pieces[-1] += character
    return pieces


@mutates("J1", ALL, "emoji")
def halves_of_pairs(chunks: list[Chunk], draw: Draw) -> Mutated:
    r"""J1: ``"\ud83d"`` then ``"\ude00"`` in two deltas."""
    return recut(chunks, halves)


@mutates("J2", [CHAT, RESPONSES, ANTHROPIC], "emoji in a call")
def halves_in_arguments(chunks: list[Chunk], draw: Draw) -> Mutated:
    """J2: the same inside tool arguments."""
    return recut(chunks, halves, calls=True)


@mutates("J5", CHAT, "a call")
def odd_integers(chunks: list[Chunk], draw: Draw) -> Mutated:
    """J5: float index, numeric strings."""
    spelled: Any = pick(draw, [float, str])
    for payload in dicts(chunks):
        for choice in payload["choices"]:
            for call in choice["delta"].get("tool_calls", []):
                call["index"] = spelled(call["index"])
    return chunks


@mutates("J6", ALL)
def padding_fields(chunks: list[Chunk], draw: Draw) -> Mutated:
    """J6: padding fields ``obfuscation``, ``p``."""
    for number, payload in enumerate(dicts(chunks)):
        payload[pick(draw, ["p", "obfuscation"])] = "abcdefgh"[: 1 + number % 8]
    return chunks


@mutates("J7", NAMELESS)
def several_values(chunks: list[Chunk], draw: Draw) -> Mutated:
    """J7: several JSON values in one payload."""
    payloads = list(dicts(chunks))
    if len(payloads) < 2:
        return None
    first = draw(st.integers(0, len(payloads) - 2))
    between = pick(draw, ["", " "])
    pair = json_text(payloads[first]) + between + json_text(payloads[first + 1])
    return [*chunks[:first], (None, pair), *chunks[first + 2 :]]


@mutates("J8", ALL)
def not_an_object(chunks: list[Chunk], draw: Draw) -> Mutated:
    """J8: event payload ``null``, ``{}``, a list, a string."""
    payload = pick(draw, ["null", "{}", "[]", json.dumps("text"), "7", "true"])
    return insert(chunks, draw, (None, payload), last=len(chunks) - 1)
