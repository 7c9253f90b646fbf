"""OpenAI Responses, and the servers that speak it.

Events with a type, which the data repeats (and which counts, because OpenRouter sends no ``event:``
line). The output is a list of items, a message's and a reasoning's content lists of parts; a part
is announced, grows by deltas, and is told whole in its ``done`` events, as the item is. All of it
comes once more in the terminal event, unless that is empty (P2).

A block's key is the place of its item (``output_items.py`` says which one an event speaks of), then
``content`` or ``summary`` with its index, or what else of the item it is. The index of a part is a
hint, too: of what was not announced, the part that was and is open goes on (P14).

Sources: openai-python 3.52.0, ``types/responses/response_stream_event.py`` (59 types); recorded
streams, for ``keepalive``, ``response.apply_patch_call_operation_diff.*`` and nested errors.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from .. import json_text
from ..output_items import paired
from .base import bytes_of, integer, obj, objects, read_error, text, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..merge import Merger
    from ..response import Response

__all__ = ["NAME", "Chunk", "Item", "ResponseObject", "native", "read", "signs"]

NAME = "openai-responses"


# -- the schema: what is on the wire ---------------------------------------------------------------


class Item(TypedDict, total=False):
    """An output item: 28 types, which the SDK names; only what is read here."""

    type: str
    id: str
    status: str
    content: list[dict[str, Any]]  # message, reasoning
    summary: list[dict[str, Any]]  # reasoning
    encrypted_content: str | None  # reasoning, compaction; in ``added`` it may be half
    call_id: str  # calls and their outputs; not the item's id
    name: str
    arguments: str  # function_call, mcp_call
    input: str  # custom_tool_call
    action: dict[str, Any]  # shell, computer, web search
    operation: dict[str, Any]  # apply_patch_call
    code: str | None  # code_interpreter_call
    result: str | None  # image_generation_call: base64
    output: Any  # outputs, mcp_call


class ResponseObject(TypedDict, total=False):
    """The response as a whole. ``output`` is ``[]`` or null at the end with ChatGPT's backend."""

    id: str
    model: str
    status: str
    output: list[Item] | None
    usage: dict[str, Any] | None
    error: dict[str, Any] | None
    incomplete_details: dict[str, Any] | None


class Chunk(TypedDict, total=False):
    """Any event. Shell events have no ``item_id``, audio events neither id nor index; shims leave
    out ``sequence_number`` and ``logprobs`` (P7)."""

    type: str
    sequence_number: int
    response: ResponseObject
    output_index: int
    item_id: str
    item: Item | None
    content_index: int
    summary_index: int
    command_index: int
    annotation_index: int
    part: dict[str, Any]
    delta: Any
    text: str
    refusal: str
    arguments: str
    input: str
    code: str
    diff: str
    command: str
    annotation: dict[str, Any]
    partial_image_b64: str
    logprobs: list[dict[str, Any]]
    obfuscation: str
    error: dict[str, Any]  # on the wire, whatever the SDK's type says
    message: str


# -- the tables ------------------------------------------------------------------------------------

#: What other servers call them (P8).
ALIASES = {
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.reasoning.delta": "response.reasoning_text.delta",
    "response.reasoning.done": "response.reasoning_text.done",
    "response.reasoning_summary.delta": "response.reasoning_summary_text.delta",
    "response.reasoning_summary.done": "response.reasoning_summary_text.done",
    "response.tool_call_arguments.delta": "response.function_call_arguments.delta",
    "response.tool_call_arguments.done": "response.function_call_arguments.done",
    "response.error": "error",
    "response.reasoning_part.added": "response.content_part.added",  # Bedrock
    "response.reasoning_part.done": "response.content_part.done",
}

#: Items that are calls: their kind, and where their arguments stand.
CALLS = {
    "function_call": ("function", "arguments"),
    "custom_tool_call": ("custom", "input"),
    "mcp_call": ("mcp", "arguments"),
    "computer_call": ("builtin", "action"),
    "local_shell_call": ("builtin", "action"),
    "shell_call": ("builtin", "action"),
    "apply_patch_call": ("builtin", "operation"),
    "web_search_call": ("server", "action"),
    "file_search_call": ("server", "queries"),
    "code_interpreter_call": ("server", "code"),
    "image_generation_call": ("server", ""),
    "tool_search_call": ("server", "arguments"),
}

#: The kinds of calls whose tools have names of their own, and whose arguments are a text.
NAMED = frozenset(("function", "custom", "mcp"))
TEXTS = {item: field for item, (kind, field) in CALLS.items() if kind in NAMED}

#: Items that tell what a call gave, and where.
RESULTS = {
    "function_call_output": "output",
    "custom_tool_call_output": "output",
    "computer_call_output": "output",
    "local_shell_call_output": "output",
    "shell_call_output": "output",
    "apply_patch_call_output": "output",
    "tool_search_output": "tools",
    "program_output": "output",
}

#: The parts of a message and of a reasoning: the kind of block, and where the text stands.
PARTS = {
    "output_text": ("text", "text"),
    "text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("reasoning", "text"),
    "summary_text": ("reasoning", "text"),
}

#: Why a response is incomplete; without a word it is the limit, for the filter is named.
REASONS = {
    "": "length",
    "max_output_tokens": "length",
    "max_tokens": "length",
    "max_messages": "length",
    "content_filter": "content_filter",
}

#: How a response ends that is not complete: as an event, and as its status.
WORSE = {"incomplete": 1, "cancelled": 2, "failed": 3}

USAGE = {
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "total_tokens": ("total_tokens",),
    "cached_tokens": ("input_tokens_details.cached_tokens",),
    "cache_write_tokens": ("input_tokens_details.cache_write_tokens",),
    "reasoning_tokens": ("output_tokens_details.reasoning_tokens",),
}

#: Arguments that are nested deeper are compared as they are written.
DEPTH = 64

KEEP_ALIVES = frozenset(("keepalive", "response.keep_alive", "ping"))
HEAD = frozenset(("id", "model", "output", "usage"))
#: What of an event is not the event itself.
FRAME = frozenset(("type", "sequence_number", "response", "obfuscation", "p"))


# -- read ------------------------------------------------------------------------------------------


def signs(chunk: dict[str, Any], event: str) -> str:
    """The type of the chunk."""
    kind = text(chunk.get("type"))
    return f"type is {kind}" if kind.startswith("response.") else ""


def read(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    """One chunk."""
    kind = text(chunk.get("type")) or (event if event != "message" else "")
    if kind in ALIASES:
        merge.habit("P8")
        kind = ALIASES[kind]
    handler = EVENTS.get(kind)
    if handler is not None:
        handler(chunk, merge)
    elif kind in KEEP_ALIVES:
        if kind != "ping":
            merge.habit("P9" if kind == "response.keep_alive" else "P1")
        merge.keep_alive()
    elif chunk.get("error"):
        _error(chunk, merge)
    elif kind.startswith("response."):
        merge.begin()
        if kind not in PROGRESS:
            merge.unknown()  # P10: a type of tomorrow
    elif chunk and not kind and merge.begun and "choices" not in chunk:
        merge.metadata(chunk)
    else:
        return False
    return True


def _error(chunk: dict[str, Any], merge: Merger) -> None:
    merge.begin()
    if isinstance(chunk.get("error"), (dict, str)):
        read_error(chunk, merge)
    else:
        read_error({key: chunk.get(key) for key in ("message", "code")}, merge)


# -- the response ----------------------------------------------------------------------------------


def _opening(chunk: dict[str, Any], merge: Merger) -> None:
    """created, queued, in_progress"""
    response = obj(chunk.get("response"))
    id = word(response.get("id"))
    again = id and merge.id and id != merge.id and chunk.get("type") == "response.created"
    if again and not merge.over:
        merge.habit("X12")
        merge.restart()
    merge.begin(id, text(response.get("model")))
    merge.metadata({name: value for name, value in response.items() if name not in HEAD})


def _terminal(chunk: dict[str, Any], merge: Merger) -> None:
    """completed, incomplete, failed; done, which some say for all three"""
    response = obj(chunk.get("response"))
    _opening(chunk, merge)
    merge.metadata({name: value for name, value in chunk.items() if name not in FRAME})
    _read_output(response.get("output"), merge)
    if response.get("usage"):
        merge.usage(response["usage"], USAGE)
    kind = text(chunk.get("type")).removeprefix("response.")
    # vLLM and LiteLLM send "completed" for all: of the two words, the worse one is believed.
    said = text(response.get("status"))
    status = max(said if kind == "done" else kind, said, key=lambda word: WORSE.get(word, 0))
    if status in ("failed", "cancelled"):
        error = obj(response.get("error"))
        said = text(error.get("message")) or ("cancelled" if status == "cancelled" else "")
        merge.fail(said or "no message", word(error.get("code")), word(error.get("type")))
    elif status == "incomplete":
        reason = text(obj(response.get("incomplete_details")).get("reason"))
        meaning = REASONS.get(reason, "pause")  # stopped early, in any case
        merge.finish(0, meaning, reason or status)
    else:
        merge.finish(0, "stop", status or "completed")
    merge.done()


def _read_output(output: Any, merge: Merger) -> None:
    """The output once more: what of it was not streamed is read now."""
    if not output:
        if merge.spoke(0):
            merge.habit("P2")
        return
    items = objects(output, merge)

    def next_one(item: dict[str, Any], place: Any) -> Any:
        kind = text(item.get("type"))
        return None if kind in CALLS and merge.is_over(place) else (kind, text(item.get("name")))

    signs = (_own_id, _own_call_id, _own_words, next_one)
    for number, place in enumerate(paired(merge.items, items, signs)):
        _read_item(items[number], merge.new_place(number) if place is None else place, merge)


def _own_id(item: dict[str, Any], _: Any) -> Any:
    return (text(item.get("type")), _item_id(item)) if _item_id(item) else None


def _own_call_id(item: dict[str, Any], _: Any) -> Any:
    call_id = word(item.get("call_id"))
    return (text(item.get("type")), call_id) if call_id else None


def _own_words(item: dict[str, Any], _: Any) -> Any:
    """What it says, as JSON."""
    kind, name = text(item.get("type")), text(item.get("name"))
    if kind not in CALLS:
        return (kind, json_text.write([item.get("content"), item.get("summary")]))
    said = item.get(CALLS[kind][1])
    if isinstance(said, str) and not json_text.deeper_than(DEPTH, said):
        said = json_text.parse_arguments(said) or said
    return (kind, name, json_text.write(said))


def _item_added(chunk: dict[str, Any], merge: Merger) -> None:
    item = obj(chunk.get("item"))
    _join(merge)
    kind, id = text(item.get("type")), _item_id(item)
    place = merge.new_place(_index(chunk, merge), id, kind)
    merge.item(place, item, id)
    if kind in CALLS:
        merge.open(0, (place, "call"), "call", **_call_facts(item))
    elif kind in RESULTS:
        merge.open(0, (place, "result"), "result", word(item.get("id")), **_result_facts(item))
    elif kind not in ("message", "reasoning", ""):
        merge.open(0, (place, "other"), "other", word(item.get("id")), type=kind)
        merge.other(0, (place, "other"), item)


def _call_facts(item: dict[str, Any]) -> dict[str, Any]:
    kind, _ = CALLS[text(item["type"])]
    name = text(item.get("name")) or (text(item["type"]) if kind not in NAMED else "")
    call_id = word(item.get("call_id")) or word(item.get("id"))
    return {"name": name, "call_kind": kind, "call_id": call_id}


def _result_facts(item: dict[str, Any]) -> dict[str, Any]:
    return {"call_id": word(item.get("call_id")), "name": text(item.get("type"))}


def _item_id(item: dict[str, Any]) -> str:
    """Its id, which calls of vLLM have as ``item_id``, and those of llama.cpp as ``call_id``."""
    id = word(item.get("id")) or word(item.get("item_id"))
    return id or (word(item.get("call_id")) if text(item.get("type")) in CALLS else "")


def _item_done(chunk: dict[str, Any], merge: Merger) -> None:
    _join(merge)
    item = obj(chunk.get("item"))
    place = merge.whole_place(_index(chunk, merge), _item_id(item), item)
    _read_item(item, place, merge)


def _read_item(item: dict[str, Any], place: Any, merge: Merger) -> None:
    """A whole item: what of it was not streamed is read now (P4, P12), and all of it ends."""
    kind = text(item.get("type"))
    if not kind:
        return
    merge.item(place, item, _item_id(item), over=True)
    _read_parts(item, "summary", place, merge)
    if kind in ("message", "reasoning"):
        _read_parts(item, "content", place, merge)
    if kind in CALLS:
        _read_call(item, place, merge)
    elif kind in RESULTS:
        _read_result(item, place, merge)
    elif kind not in ("message", "reasoning"):
        if not merge.knows(0, (place, "other")):
            merge.open(0, (place, "other"), "other", word(item.get("id")), type=kind)
        if merge.has(0, (place, "other")):
            merge.other(0, (place, "other"), item)
            merge.end(0, (place, "other"))
    encrypted = text(item.get("encrypted_content"))
    if encrypted:
        _keep_encrypted(encrypted, item, place, merge)


def _read_parts(item: dict[str, Any], what: str, place: Any, merge: Merger) -> None:
    parts = objects(item.get(what), merge)
    keys: list[Any] = [(place, what, number) for number in range(len(parts))]
    announced = list(merge.announced(place, what))
    if parts and any(number >= len(parts) for _, _, number in announced):
        merge.habit("P14")  # the parts were counted from elsewhere: they come in their order
        keys[: len(announced)] = announced[: len(parts)]
    for key, part in zip(keys, parts):
        _read_part(part, key, item.get("id"), merge)


def _part_kind(part: dict[str, Any], place: Any, merge: Merger) -> tuple[str, str]:
    """The kind of block, and where the text stands. What a reasoning consists of is reasoning,
    though vLLM announce it as ``output_text``."""
    kind, field = PARTS.get(text(part.get("type")), ("", ""))
    if kind == "text" and (merge.known_item(place) or {}).get("type") == "reasoning":
        kind = "reasoning"
    return kind, field


def _read_part(part: dict[str, Any], key: Any, item_id: Any, merge: Merger) -> None:
    kind, field = _part_kind(part, key[0], merge)
    if not kind:
        return
    is_new = not merge.knows(0, key)
    if is_new:
        merge.habit("P12" if key[1] == "summary" else "P4")
        merge.open(0, key, kind, word(item_id), **_part_facts(key))
    if merge.has(0, key) and not merge.has_said(0, key):
        _read_logprobs(part, merge)
    if is_new:
        SAY[kind](merge, text(part.get(field)), key)
    annotations = part.get("annotations")
    told = len(merge.citations_at(0, key))
    for annotation in annotations[told:] if isinstance(annotations, list) else ():
        _cite(annotation, key, merge)
    merge.end(0, key, text(part.get(field)))


def _part_facts(key: Any) -> dict[str, Any]:
    return {"summary": True} if key[1] == "summary" else {}


def _keep_encrypted(encrypted: str, item: dict[str, Any], place: Any, merge: Merger) -> None:
    """It belongs to the item's last block; an item of nothing else gets an empty one."""
    key: Any = next(
        (key for key in merge.keys(0) if isinstance(key, tuple) and key[0] == place), None
    )
    if key is None:
        key = (place, "encrypted")
        merge.open(0, key, "reasoning", word(item.get("id")))
        merge.opaque(0, key, "encrypted_content", encrypted)
        merge.end(0, key)
    else:
        merge.opaque(0, key, "encrypted_content", encrypted)


def _read_call(item: dict[str, Any], place: Any, merge: Merger) -> None:
    kind, field = CALLS[text(item["type"])]
    key = (place, "call")
    if not merge.knows(0, key):
        merge.open(0, key, "call")
    given = item.get(field)
    if merge.has(0, key):
        merge.learn(0, key, **_call_facts(item))
        whole = _arguments(given, kind, field)
        if whole and kind != "custom" and not whole.startswith(merge.said_at(0, key)):
            merge.close_arguments(0, key)
            said = json_text.parse_arguments(merge.said_at(0, key))
            if said is not None and said == json_text.parse_arguments(whole):
                whole = ""  # what was streamed says the same
        if whole and kind not in NAMED and not merge.said_at(0, key):
            merge.arguments(0, key, whole)  # nobody announces deltas of these
        if item.get("status") != "in_progress":
            merge.end(0, key, whole, cut=item.get("status") == "incomplete")
        elif whole is not None:
            merge.agree(0, key, whole)  # how the response ends says whether that is all (E9)
    if isinstance(item.get("result"), str) and item["result"]:
        _show_image(item["result"], (place, "image"), merge, last=True)
    output = item.get("output", item.get("outputs", item.get("results")))
    result = (place, "result")
    if output is not None and not merge.knows(0, result):
        facts = {"call_id": word(item.get("call_id")) or word(item.get("id"))}
        merge.open(0, result, "result", **facts, name=text(item["type"]))
        merge.result(0, result, content=output)
        merge.end(0, result)


def _arguments(given: Any, kind: str, field: str) -> str | None:
    """The arguments as their text; ``None`` if the item does not tell them."""
    if given is None:
        return None
    if isinstance(given, str) and (kind in NAMED or field == "arguments"):
        return given
    return json_text.write(given if isinstance(given, dict) else {field: given})


def _read_result(item: dict[str, Any], place: Any, merge: Merger) -> None:
    key = (place, "result")
    if not merge.knows(0, key):
        merge.open(0, key, "result", word(item.get("id")), **_result_facts(item))
    if merge.has(0, key):
        merge.result(0, key, content=item.get(RESULTS[text(item["type"])]))
        merge.end(0, key)


# -- parts and deltas ------------------------------------------------------------------------------


def _index(chunk: dict[str, Any], merge: Merger) -> int | None:
    index = chunk.get("output_index")
    return index if type(index) is int else integer(index, merge)


def _join(merge: Merger) -> None:
    """A stream that is resumed begins in the middle (P11)."""
    if not merge.begun:
        merge.habit("P11")
        merge.begin()


def _key(chunk: dict[str, Any], what: str, merge: Merger) -> Any:
    """The key of a part, as it is announced, or of what an item has but one of."""
    _join(merge)
    id = chunk.get("item_id")
    place = merge.place(_index(chunk, merge), None if id is None else word(id))
    if what in ("call", "result", "image"):
        return (place, what)
    number = chunk.get(f"{what}_index")
    return (place, what, number if type(number) is int else 0)


def _open_part(key: Any, merge: Merger, kind: str = "") -> Any:
    """The key of the part that an event speaks of: if nothing announced it, that of the last one
    that was, as long as it is open."""
    if merge.knows(0, key):
        return key
    last = next(reversed(merge.announced(*key[:2])), None)
    if last is None or not merge.has(0, last, kind):
        return key
    merge.habit("P14")  # vLLM counts its deltas
    return last


def _part_added(what: str, chunk: dict[str, Any], merge: Merger) -> None:
    key, part = _key(chunk, what, merge), obj(chunk.get("part"))
    kind, field = _part_kind(part, key[0], merge)
    if not kind:
        merge.unknown()
        return
    merge.open(0, key, kind, word(chunk.get("item_id")), **_part_facts(key))
    merge.announce(key)
    SAY[kind](merge, text(part.get(field)), key)


def _part_done(what: str, chunk: dict[str, Any], merge: Merger) -> None:
    key, part = _key(chunk, what, merge), obj(chunk.get("part"))
    kind, _ = _part_kind(part, key[0], merge)
    key = _open_part(key, merge, kind)
    _read_part(part, key, chunk.get("item_id"), merge)


SAY: dict[str, Callable[[Merger, str, Any], None]] = {
    "text": lambda merge, words, key: merge.text(0, words, key),
    "refusal": lambda merge, words, key: merge.refusal(0, words, key),
    "reasoning": lambda merge, words, key: merge.reasoning(
        0, words, key, summary=key[1] == "summary"
    ),
}


def _delta(kind: str, what: str, chunk: dict[str, Any], merge: Merger) -> None:
    key, words = _key(chunk, what, merge), text(chunk.get("delta"))
    if not merge.goes_on(0, key, kind, words):
        key = _open_part(key, merge, kind)
        if not merge.has(0, key, kind):
            merge.habit("P6" if merge.has(0, key) else "P5")
        SAY[kind](merge, words, key)
    if chunk.get("logprobs"):
        _read_logprobs(chunk, merge)


def _read_logprobs(holder: dict[str, Any], merge: Merger) -> None:
    tokens = holder.get("logprobs")
    if isinstance(tokens, list):
        merge.logprobs(0, "content", tokens)


def _done(kind: str, what: str, field: str, chunk: dict[str, Any], merge: Merger) -> None:
    key, value = _open_part(_key(chunk, what, merge), merge, kind), chunk.get(field)
    if not merge.knows(0, key):
        merge.open(0, key, kind, word(chunk.get("item_id")), **_part_facts(key))
    if isinstance(value, str):
        if not merge.has_said(0, key):
            _read_logprobs(chunk, merge)
        merge.agree(0, key, value)


def _annotation(chunk: dict[str, Any], merge: Merger) -> None:
    """Told once more it is the same under its number, for there are servers that number all 0."""
    key = _open_part(_key(chunk, "content", merge), merge)
    annotation, place = obj(chunk.get("annotation")), chunk.get("annotation_index")
    told = merge.citations_at(0, key)
    if type(place) is int and 0 <= place < len(told) and told[place].data == annotation:
        return
    _cite(annotation, key, merge)


def _cite(annotation: Any, key: Any, merge: Merger) -> None:
    source = obj(annotation)
    if source:
        merge.citation(
            0,
            key,
            source,
            url=source.get("url") or source.get("file_id"),
            title=source.get("title") or source.get("filename"),
            start=source.get("start_index", source.get("index")),
            end=source.get("end_index"),
        )


# -- calls -----------------------------------------------------------------------------------------


def _call_key(kind: str, chunk: dict[str, Any], merge: Merger) -> Any:
    """The key of the call that an event speaks of; its kind, if nothing announced it."""
    key = _key(chunk, "call", merge)
    if not merge.knows(0, key):
        merge.habit("P5")
        merge.open(0, key, "call", call_kind=kind)
    return key


def _call_delta(kind: str, chunk: dict[str, Any], merge: Merger) -> None:
    merge.arguments(0, _call_key(kind, chunk, merge), text(chunk.get("delta")))


def _call_done(kind: str, field: str, chunk: dict[str, Any], merge: Merger) -> None:
    _join(merge)
    value = chunk.get(field)
    if isinstance(value, str):
        merge.agree(0, _call_key(kind, chunk, merge), value)


def _member_delta(kind: str, path: str, field: str, chunk: dict[str, Any], merge: Merger) -> None:
    """More of one text within the arguments of a call whose item tells them as an object."""
    key, place = _call_key(kind, chunk, merge), chunk.get("command_index")
    operation = obj((merge.known_item(key[0]) or {}).get("operation"))
    if operation and not merge.has_places(0, key):  # what to do to which file comes first, once
        for name, value in operation.items():
            if name != "diff":
                merge.argument_at(0, key, f"$.{name}", value, more=False)
    where = path.format(place if type(place) is int else 0)
    merge.argument_at(0, key, where, text(chunk.get(field)), more=True)


def _shell_output(chunk: dict[str, Any], merge: Merger) -> None:
    delta = obj(chunk.get("delta"))
    key = _key(chunk, "result", merge)
    for stream in ("stdout", "stderr"):
        merge.result(0, key, text(delta.get(stream)))


def _partial_image(chunk: dict[str, Any], merge: Merger) -> None:
    _show_image(chunk.get("partial_image_b64"), _key(chunk, "image", merge), merge, last=False)


def _show_image(base64: Any, key: Any, merge: Merger, *, last: bool) -> None:
    """Each partial image is a whole one, and replaces the one before it."""
    data = bytes_of(base64)
    if not merge.knows(0, key):
        merge.open(0, key, "media", media_type="image")
    if merge.has(0, key):
        if data != merge.bytes_at(0, key):
            merge.void(0, key)
            merge.media(0, key, data)
        if last:
            merge.end(0, key)


def _audio(chunk: dict[str, Any], merge: Merger) -> None:
    _open_audio(merge)
    merge.media(0, "audio", bytes_of(chunk.get("delta")))


def _transcript(chunk: dict[str, Any], merge: Merger) -> None:
    _open_audio(merge)
    merge.media(0, "audio", transcript=text(chunk.get("delta")))


def _open_audio(merge: Merger) -> None:
    """Nothing announces it; it is one block."""
    merge.open(0, "audio", "media", media_type="audio")


#: Signs of progress, and ends, of which the items tell in the end.
PROGRESS = frozenset(
    f"response.{name}"
    for name in (
        *("mcp_call.in_progress", "mcp_call.completed", "mcp_call.failed"),
        *("mcp_list_tools.in_progress", "mcp_list_tools.completed", "mcp_list_tools.failed"),
        *("web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"),
        *("file_search_call.in_progress", "file_search_call.searching"),
        *("file_search_call.completed", "code_interpreter_call.in_progress"),
        *("code_interpreter_call.interpreting", "code_interpreter_call.completed"),
        *("image_generation_call.in_progress", "image_generation_call.generating"),
        *("image_generation_call.completed", "compaction.compacting"),
        *("audio.done", "audio.transcript.done", "skill.loaded"),
        *("code_interpreter_call_code.done", "shell_call_command.done"),
        *("shell_call_output_content.done", "apply_patch_call_operation_diff.done"),
    )
)

EVENTS: dict[str, Callable[[dict[str, Any], Merger], None]] = {
    "response.created": _opening,
    "response.queued": _opening,
    "response.in_progress": _opening,
    "response.completed": _terminal,
    "response.incomplete": _terminal,
    "response.failed": _terminal,
    "response.cancelled": _terminal,
    "response.done": _terminal,
    "error": _error,
    "response.output_item.added": _item_added,
    "response.output_item.done": _item_done,
    "response.content_part.added": partial(_part_added, "content"),
    "response.content_part.done": partial(_part_done, "content"),
    "response.reasoning_summary_part.added": partial(_part_added, "summary"),
    "response.reasoning_summary_part.done": partial(_part_done, "summary"),
    "response.output_text.delta": partial(_delta, "text", "content"),
    "response.output_text.done": partial(_done, "text", "content", "text"),
    "response.output_text.annotation.added": _annotation,
    "response.refusal.delta": partial(_delta, "refusal", "content"),
    "response.refusal.done": partial(_done, "refusal", "content", "refusal"),
    "response.reasoning_text.delta": partial(_delta, "reasoning", "content"),
    "response.reasoning_text.done": partial(_done, "reasoning", "content", "text"),
    "response.reasoning_summary_text.delta": partial(_delta, "reasoning", "summary"),
    "response.reasoning_summary_text.done": partial(_done, "reasoning", "summary", "text"),
    "response.function_call_arguments.delta": partial(_call_delta, "function"),
    "response.function_call_arguments.done": partial(_call_done, "function", "arguments"),
    "response.custom_tool_call_input.delta": partial(_call_delta, "custom"),
    "response.custom_tool_call_input.done": partial(_call_done, "custom", "input"),
    "response.mcp_call_arguments.delta": partial(_call_delta, "mcp"),
    "response.mcp_call_arguments.done": partial(_call_done, "mcp", "arguments"),
    "response.code_interpreter_call_code.delta": partial(
        _member_delta, "server", "$.code", "delta"
    ),
    "response.shell_call_command.added": partial(
        _member_delta, "builtin", "$.commands[{}]", "command"
    ),
    "response.shell_call_command.delta": partial(
        _member_delta, "builtin", "$.commands[{}]", "delta"
    ),
    "response.shell_call_output_content.delta": _shell_output,
    "response.apply_patch_call_operation_diff.delta": partial(
        _member_delta, "builtin", "$.diff", "delta"
    ),
    "response.image_generation_call.partial_image": _partial_image,
    "response.audio.delta": _audio,
    "response.audio.transcript.delta": _transcript,
}


# -- the provider's own shape ----------------------------------------------------------------------


def native(response: Response) -> dict[str, Any]:
    """A ``response`` object: the provider's own items, and what we have of those it cut short."""
    answer = {
        "id": response.id,
        "object": "response",
        **response.metadata,
        "model": response.model,
        "output": [
            _native_item(item, [block for block in response.blocks if _is_at(block.key, index)])
            for index, item in sorted(response.items.items(), key=_order)
        ],
    }
    if response.usage is not None:
        answer["usage"] = response.usage.data
    return answer


def _order(pair: tuple[Any, Any]) -> Any:
    """By their indexes; those without one behind them, in the order of first sight."""
    return float("inf") if isinstance(pair[0], str) else pair[0]


def _is_at(key: Any, index: Any) -> bool:
    return isinstance(key, tuple) and key[0] == index


def _native_item(item: dict[str, Any], blocks: list[Any]) -> dict[str, Any]:
    item = dict(item)
    for name in ("content", "summary"):
        ours = [block for block in blocks if block.key[1] == name]
        theirs = item.get(name)
        if ours and (not isinstance(theirs, list) or len(theirs) < len(ours)):
            item[name] = [_native_part(block) for block in ours]
    field = TEXTS.get(text(item.get("type")))
    for block in blocks:
        if field and block.key[1] == "call" and not item.get(field):
            item[field] = block.arguments
    return item


def _native_part(block: Any) -> dict[str, Any]:
    kind = type(block).__name__
    if kind == "TextBlock":
        cited = [citation.data for citation in block.citations]
        return {"type": "output_text", "text": block.text, "annotations": cited}
    if kind == "RefusalBlock":
        return {"type": "refusal", "refusal": block.text}
    return {"type": "summary_text" if block.summary else "reasoning_text", "text": block.text}
