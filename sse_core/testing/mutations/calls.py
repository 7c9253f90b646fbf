"""Quirks of tool calls (T), in chat streams and, where they are known, elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ..streams import Chunk, Draw, canonical
from ..streams.parts import interleave
from .base import ANTHROPIC, CHAT, RESPONSES, Mutated, mutates, pick, recut
from .chat import JSON, choices, head, into_finish


def deltas(chunks: list[Chunk]) -> Iterator[tuple[JSON, bool]]:
    """Each piece of a call, and whether it is its first."""
    for choice in choices(chunks):
        for call in choice["delta"].get("tool_calls", []):
            yield call, "id" in call


def rest(chunks: list[Chunk]) -> Iterator[JSON]:
    """The pieces behind the first."""
    return (call for call, first in deltas(chunks) if not first)


def starts(chunks: list[Chunk]) -> dict[int, tuple[int, JSON]]:
    """By the identity of each piece: its choice, and its call's first piece."""
    begun: dict[tuple[int, int], JSON] = {}
    found = {}
    for choice in choices(chunks):
        for call in choice["delta"].get("tool_calls", []):
            key = (choice["index"], call["index"])
            begun.setdefault(key, call)
            found[id(call)] = (choice["index"], begun[key])
    return found


def without_fragments(chunks: list[Chunk]) -> list[Chunk]:
    """Each call whole, in its first piece."""
    begun = starts(chunks)
    result = []
    for chunk in chunks:
        pieces = [] if chunk[1] == "[DONE]" else list(rest([chunk]))
        for piece in pieces:
            begun[id(piece)][1]["function"]["arguments"] += piece["function"]["arguments"]
        if not pieces:
            result.append(chunk)
    return result


def behind_calls(chunks: list[Chunk], make: Any) -> list[Chunk]:
    """A new piece behind the last one of each call: ``make`` of the call, whole."""
    last: dict[tuple[int, int], int] = {}
    whole: dict[tuple[int, int], JSON] = {}
    for place, chunk in enumerate(chunks):
        for choice in choices([chunk] if chunk[1] != "[DONE]" else []):
            for call in choice["delta"].get("tool_calls", []):
                key = (choice["index"], call["index"])
                last[key] = place
                if key in whole:
                    whole[key]["function"]["arguments"] += call["function"]["arguments"]
                else:
                    whole[key] = json.loads(json.dumps(call))
    for (index, _), place in sorted(last.items(), key=lambda item: -item[1]):
        delta = {"tool_calls": [make(whole[index, _])]}
        choice = {"index": index, "delta": delta, "finish_reason": None}
        chunks.insert(place + 1, (None, {**head(chunks), "choices": [choice]}))
    return chunks


# -- which call a piece belongs to -----------------------------------------------------------------


def _without_index(chunks: list[Chunk]) -> list[Chunk]:
    for call, _ in deltas(chunks):
        del call["index"]
    return chunks


@mutates("T1", CHAT, "one call")
def no_index(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T1: ``index`` absent."""
    return _without_index(chunks)


@mutates("T2", CHAT, "calls")
def no_index_parallel(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T2: index absent, parallel calls in separate chunks; their pieces with ids, or without."""
    if draw(st.booleans()):
        begun = starts(chunks)
        for call in rest(chunks):
            call["id"] = begun[id(call)][1]["id"]
    return _without_index(chunks)


def _all_zero(chunks: list[Chunk]) -> list[Chunk]:
    for call, _ in deltas(chunks):
        call["index"] = 0
    return chunks


@mutates("T3", CHAT, "calls")
def index_zero(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T3: ``index: 0`` for every call."""
    return _all_zero(without_fragments(chunks))


@mutates("T4", CHAT, "calls")
def index_zero_in_pieces(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T4: then id-less continuation at that index."""
    return _all_zero(chunks)


@mutates("T5", CHAT, "a call")
def index_from_one(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T5: the first index is 1."""
    for call, _ in deltas(chunks):
        call["index"] += 1
    return chunks


@mutates("T6", CHAT, "a call")
def new_ids(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T6: a new id in every delta, ``name:""``."""
    for number, call in enumerate(rest(chunks)):
        call["id"] = f"chatcmpl-tool-{number}"
        call["function"]["name"] = ""
    return chunks


@mutates("T7", CHAT, "a call")
def empty_ids(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T7: ``id:""`` on continuation."""
    for call in rest(chunks):
        call["id"] = ""
    return chunks


@mutates("T8", CHAT, "a call")
def null_ids(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T8: ``id:"null"``."""
    word = pick(draw, ["null", "None"])
    for call in rest(chunks):
        call["id"] = word
    return chunks


@mutates("T9", CHAT, "a call", loses="ids")
def no_ids(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T9: never an id."""
    for call, first in deltas(chunks):
        if first:
            del call["id"]
    return chunks


@mutates("T10", CHAT, "a call")
def repeated_ids(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T10: the id repeated in each delta."""
    begun = starts(chunks)
    for call in list(rest(chunks)):
        call["id"] = begun[id(call)][1]["id"]
    return chunks


@mutates("T27", CHAT, "calls")
def interleaved(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T27: interleaved fragments of parallel calls."""
    queues: dict[int, dict[int, list[Chunk]]] = {}
    places: dict[int, list[int]] = {}
    for place, chunk in enumerate(chunks):
        for choice in choices([chunk] if chunk[1] != "[DONE]" else []):
            for call in choice["delta"].get("tool_calls", []):
                calls = queues.setdefault(choice["index"], {})
                calls.setdefault(call["index"], []).append(chunk)
                places.setdefault(choice["index"], []).append(place)
    for index, calls in queues.items():
        first = [queue[0] for queue in calls.values()]
        mixed = interleave(draw, [queue[1:] for queue in calls.values()])
        for place, chunk in zip(places[index], [*first, *mixed]):
            chunks[place] = chunk
    return chunks


@mutates("T29", CHAT, "a call")
def huge_index(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T29: huge or negative index."""
    sign, base = pick(draw, [(1, 10**12), (-1, -1), (1, 2**31), (1, 2**63)])
    for call, _ in deltas(chunks):
        call["index"] = base + sign * call["index"]
    return chunks


@mutates("T30", CHAT, "one call", loses="ids")
def legacy(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T30: legacy ``function_call``."""
    for choice in choices(chunks):
        for call in choice["delta"].pop("tool_calls", []):
            choice["delta"]["function_call"] = call["function"]
        if choice["finish_reason"]:
            choice["finish_reason"] = "function_call"
    return chunks


# -- names and types -------------------------------------------------------------------------------


@mutates("T12", CHAT, "a call")
def repeated_names(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T12: the full name in each delta."""
    begun = starts(chunks)
    for call in list(rest(chunks)):
        call["function"]["name"] = begun[id(call)][1]["function"]["name"]
    return chunks


@mutates("T13", CHAT, "a call")
def split_name(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T13: the name split: ``edit_ex`` + ``isting_file``."""
    result: list[Chunk] = []
    changed = False
    for chunk in chunks:
        result.append(chunk)
        for choice in choices([chunk] if chunk[1] != "[DONE]" else []):
            for call, first in deltas([chunk]):
                name = call["function"].get("name", "")
                if first and len(name) > 1:
                    place = draw(st.integers(1, len(name) - 1))
                    call["function"]["name"] = name[:place]
                    more = {"index": call["index"], "function": {"name": name[place:]}}
                    one = {**choice, "delta": {"tool_calls": [more]}}
                    result.append((None, {**chunk[1], "choices": [one]}))
                    changed = True
    return result if changed else None


@mutates("T14", CHAT, "a call")
def empty_names(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T14: ``name:""`` later, or in the first delta, and the real name after."""
    begun = starts(chunks)
    late = draw(st.booleans())
    named = set()
    for call in list(rest(chunks)):
        first = begun[id(call)][1]
        call["function"]["name"] = ""
        if late and id(first) not in named:
            named.add(id(first))
            call["function"]["name"], first["function"]["name"] = first["function"]["name"], ""
    return chunks


@mutates("T15", CHAT, "a call")
def repeated_type(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T15: ``type`` repeated or null."""
    kind = pick(draw, ["function", None])
    for call in rest(chunks):
        call["type"] = kind
    return chunks


# -- arguments -------------------------------------------------------------------------------------


@mutates("T16", CHAT, "a call", loses="arguments")
def object_arguments(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T16: ``arguments`` an object."""
    chunks = without_fragments(chunks)
    for call, _ in deltas(chunks):
        call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return chunks


@mutates("T17", CHAT, "a call")
def single_object(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T17: ``tool_calls`` a single object."""
    for choice in choices(chunks):
        if "tool_calls" in choice["delta"]:
            (choice["delta"]["tool_calls"],) = choice["delta"]["tool_calls"]
    return chunks


@mutates("T18", CHAT, "an empty call", loses="arguments")
def no_arguments(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T18: a call without arguments: ``null``, ``""``, absent."""
    chunks = without_fragments(chunks)
    nothing: dict[str, Any] = pick(draw, [{"arguments": None}, {"arguments": ""}, {}])
    for call, _ in deltas(chunks):
        del call["function"]["arguments"]
        call["function"] |= nothing
    return chunks


@mutates("T18", ANTHROPIC, "an empty call", loses="arguments")
def no_input(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T18: a call without arguments: no delta, or only ``""``."""
    kept = draw(st.booleans())
    return [
        (event, payload)
        for event, payload in chunks
        if payload.get("delta", {}).get("type") != "input_json_delta"
        or (kept and not payload["delta"]["partial_json"])
    ]


@mutates("T19", CHAT, "a full call")
def placeholder(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T19: placeholder ``"{}"`` first, real fragments after."""
    for call, first in deltas(chunks):
        if first:
            call["function"]["arguments"] = "{}"
    return chunks


@mutates("T20", CHAT, "a call")
def sent_again(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T20: the full arguments resent at the end, as they were or spelled otherwise."""
    respelled = draw(st.booleans())

    def again(call: JSON) -> JSON:
        text = call["function"]["arguments"]
        text = canonical(json.loads(text)) if respelled else text
        return {"index": call["index"], "function": {"arguments": text}}

    return behind_calls(chunks, again)


@mutates("T21", CHAT, "a call")
def cumulative(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T21: cumulative arguments.

    The first fragment is a lone brace. After a longer one, what is said again can be a nested
    object, and no reader could tell (see rule A2 of the merge rules).
    """
    result: list[Chunk] = []
    for chunk in without_fragments(chunks):
        result.append(chunk)
        if chunk[1] == "[DONE]":
            continue
        for call, _ in deltas([chunk]):
            text, call["function"]["arguments"] = call["function"]["arguments"], ""
            drawn = draw(st.lists(st.integers(2, len(text)), max_size=6))
            for end in sorted({1, *drawn, len(text)}):
                piece = {"index": call["index"], "function": {"arguments": text[:end]}}
                one = {**chunk[1]["choices"][0], "delta": {"tool_calls": [piece]}}
                result.append((None, {**chunk[1], "choices": [one]}))
    return result


@mutates("T22", [CHAT, RESPONSES, ANTHROPIC], "a call")
def real_repeats(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T22: real repeats (``-step-step``, ``10000``): every character a fragment."""
    return recut(chunks, list, calls=True)


@mutates("T24", CHAT, "a call")
def call_with_finish(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T24: call and finish reason in one chunk."""
    return into_finish(chunks, "tool_calls")


@mutates("T25", CHAT, "a call")
def closing_chunk(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T25: a duplicate "closing" chunk with id and name, no arguments."""
    nothing: JSON = pick(draw, [{}, {"arguments": ""}])

    def close(call: JSON) -> JSON:
        return {**call, "function": {"name": call["function"]["name"], **nothing}}

    return behind_calls(chunks, close)


@mutates("T26", CHAT, "a call", loses="signatures")
def thought_signature(chunks: list[Chunk], draw: Draw) -> Mutated:
    """T26: ``extra_content.google.thought_signature``, also as a metadata-only delta."""
    extra = {"google": {"thought_signature": "CiQB4/H/Xl=="}}
    if draw(st.booleans()):
        return behind_calls(chunks, lambda c: {"index": c["index"], "extra_content": extra})
    for call, first in deltas(chunks):
        if first:
            call["extra_content"] = extra
    return chunks
