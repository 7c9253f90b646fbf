"""Anthropic Messages, and the servers that speak it.

Events with a type, which the data repeats (and which counts, because some servers send no
``event:`` line, A8). Each block is announced, grows by deltas and is ended, at its ``index``; the
message's end has two parts, the reason in ``message_delta`` and then ``message_stop``.

Sources: anthropic 2.11.0, ``types/raw_message_stream_event.py`` and the beta types beside it;
recorded streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from .. import json_text
from .base import obj, objects, read_error, text, word

if TYPE_CHECKING:
    from ..merge import Merger
    from ..response import Response

__all__ = [
    "NAME",
    "BlockDelta",
    "Chunk",
    "ContentBlock",
    "Message",
    "MessageDelta",
    "native",
    "read",
    "signs",
]

NAME = "anthropic"


# -- the schema: what is on the wire ---------------------------------------------------------------


class ContentBlock(TypedDict, total=False):
    """What ``content_block_start`` announces. Results and ``fallback`` come whole; ``input`` is
    ``{}`` when deltas follow, and all of it with Kimi and programmatic tools (A4)."""

    type: str
    text: str
    thinking: str
    signature: str
    data: str
    id: str
    name: str
    input: dict[str, Any]
    tool_use_id: str
    content: Any
    citations: list[dict[str, Any]] | None


class BlockDelta(TypedDict, total=False):
    """What is new in a block: one member by ``type``."""

    type: str
    text: str
    partial_json: str
    thinking: str
    signature: str
    citation: dict[str, Any]
    content: str | None
    encrypted_content: str | None


class MessageDelta(TypedDict, total=False):
    """How the message ends; a second one may come without a reason (A10)."""

    stop_reason: str | None
    stop_sequence: str | None
    stop_details: dict[str, Any] | None
    container: dict[str, Any] | None


class Message(TypedDict, total=False):
    """The head of the message, in ``message_start``."""

    id: str
    type: str
    role: str
    model: str
    content: list[Any]
    stop_reason: str | None
    stop_sequence: str | None
    usage: dict[str, Any] | None


class Chunk(TypedDict, total=False):
    """Any event. ``usage`` is cumulative; Bedrock adds ``amazon-bedrock-invocationMetrics``."""

    type: str
    index: int
    message: Message
    content_block: ContentBlock
    delta: BlockDelta | MessageDelta
    usage: dict[str, Any] | None
    context_management: dict[str, Any] | None
    error: dict[str, Any]


# -- the tables ------------------------------------------------------------------------------------

REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "refusal": "refusal",
    "compaction": "pause",
}

#: What kind of block each type announces; a name that ends in ``_result`` is a tool's result.
KINDS = {
    "text": "text",
    "thinking": "reasoning",
    "redacted_thinking": "reasoning",
    "tool_use": "call",
    "server_tool_use": "call",
    "mcp_tool_use": "call",
}
CALL_KINDS = {"tool_use": "function", "server_tool_use": "server", "mcp_tool_use": "mcp"}

USAGE = {
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "cached_tokens": ("cache_read_input_tokens",),
    "cache_write_tokens": ("cache_creation_input_tokens",),
    "reasoning_tokens": ("output_tokens_details.thinking_tokens",),
}

#: The deltas of which there are most: the kind of block they go on with, and where their text is.
GROWTH = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("reasoning", "thinking"),
    "input_json_delta": ("call", "partial_json"),
}
NO_GROWTH = ("", "")

#: The text that a block began with, where its first delta may repeat it (A16).
BEGUN = "text in content_block_start"

#: What of a block is told by its own events; and a name that is ours, should the wire have it.
TOLD = frozenset(("text", "thinking", "signature", "input", "citations", BEGUN))
HEAD = frozenset(("id", "type", "role", "model", "content", "usage", "stop_reason"))


# -- read ------------------------------------------------------------------------------------------


def signs(chunk: dict[str, Any], event: str) -> str:
    """The type of the chunk."""
    kind = text(chunk.get("type"))
    return f"type is {kind}" if kind in EVENTS and kind not in ("ping", "error") else ""


def read(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    """One chunk."""
    kind = chunk.get("type")
    handler = EVENTS.get(kind) if isinstance(kind, str) else None
    if handler is None:
        return _read_untyped(chunk, event, merge)
    if event == "message":
        merge.habit("A8")
    handler(chunk, merge)
    return True


def _read_untyped(chunk: dict[str, Any], event: str, merge: Merger) -> bool:
    if chunk.get("error"):
        _error(chunk, merge)
    elif event in EVENTS and "type" not in chunk:
        EVENTS[event](chunk, merge)
    elif "amazon-bedrock-invocationMetrics" in chunk or (
        chunk and "type" not in chunk and merge.begun
    ):
        merge.metadata(chunk)  # A15, U9; a gateway's cost
    else:
        return False
    return True


def _message_start(chunk: dict[str, Any], merge: Merger) -> None:
    message = obj(chunk.get("message"))
    id = word(message.get("id"))
    if merge.head:  # there was one before
        if id and id == merge.id:
            merge.habit("A12")
            return
        if not merge.over:
            merge.habit("X12")
            merge.restart()
    merge.head = True
    merge.begin(id, text(message.get("model")))
    merge.role(0, text(message.get("role")))
    merge.metadata({name: value for name, value in message.items() if name not in HEAD})
    _usage(message, merge)
    content = message.get("content")
    for index, block in enumerate(content if isinstance(content, list) else ()):
        _content_block_start({"index": index, "content_block": block}, merge)
        merge.end(0, index)


def _usage(holder: dict[str, Any], merge: Merger) -> None:
    usage = holder.get("usage")
    if usage:
        merge.usage(usage, USAGE)
    else:
        merge.habit("A9")


def _content_block_start(chunk: dict[str, Any], merge: Merger) -> None:
    index, block = _index(chunk), obj(chunk.get("content_block"))
    kind = text(block.get("type"))
    what = KINDS.get(kind) or ("result" if kind.endswith("_result") else "other")
    merge.open(0, index, what, word(block.get("id")), **_facts(what, kind, block))
    if what == "other":
        merge.other(0, index, block)
        return
    merge.detail(0, index, {k: v for k, v in block.items() if k not in TOLD})
    if what == "text":
        begun = text(block.get("text"))
        if begun and "A16" in merge.assume:
            merge.detail(0, index, {BEGUN: begun})
        merge.text(0, begun, index)
        for citation in objects(block.get("citations"), merge):
            _cite(citation, index, merge)
    elif what == "reasoning":
        merge.reasoning(0, text(block.get("thinking")), index)
        for name in ("signature", "data"):
            if text(block.get(name)):
                merge.opaque(0, index, name, block[name])
    elif what == "call" and block.get("input"):
        merge.detail(0, index, {"input": block["input"]})
    elif what == "result":
        merge.result(0, index, content=block.get("content"))


def _facts(what: str, kind: str, block: dict[str, Any]) -> dict[str, Any]:
    if what == "call":
        given = block.get("input")
        return {
            "call_id": word(block.get("id")),
            "name": text(block.get("name")),
            "call_kind": CALL_KINDS[kind],
            "given": json_text.write(given) if given else "",  # A4
        }
    if what == "result":
        return {"call_id": word(block.get("tool_use_id")), "name": kind}
    return {"type": kind} if what == "other" else {}


def _content_block_delta(chunk: dict[str, Any], merge: Merger) -> None:
    index, delta = _index(chunk), obj(chunk.get("delta"))
    kind = delta.get("type")
    what, name = GROWTH.get(kind, NO_GROWTH) if isinstance(kind, str) else NO_GROWTH
    if what and not merge.assume and merge.goes_on(0, index, what, text(delta.get(name))):
        return
    if kind == "text_delta":
        _text_delta(text(delta.get("text")), index, merge)
    elif kind == "input_json_delta":
        _input_json_delta(text(delta.get("partial_json")), index, merge)
    elif kind == "thinking_delta":
        _ready(index, "reasoning", merge)
        merge.reasoning(0, text(delta.get("thinking")), index)
    elif kind == "signature_delta":
        _ready(index, "reasoning", merge)
        if text(delta.get("signature")):
            merge.opaque(0, index, "signature", delta["signature"])
    elif kind == "citations_delta":
        _cite(obj(delta.get("citation")), index, merge)
    elif kind == "compaction_delta":
        if not merge.has(0, index, "other"):
            _ready(index, "other", merge, type="compaction")
            merge.other(0, index, {"type": "compaction"})
        told = {k: v for k, v in delta.items() if k != "type" and v is not None}
        merge.other(0, index, told)  # A13, A17
    else:
        merge.unknown()


def _ready(index: Any, kind: str, merge: Merger, **facts: Any) -> None:
    """A delta for a block that was not announced, or of another kind, still has a place."""
    if not merge.has(0, index):
        merge.habit("P5")
    merge.open(0, index, kind, **facts)


def _text_delta(words: str, index: Any, merge: Merger) -> None:
    assumed = "A16" in merge.assume and merge.has(0, index, "text")
    begun = merge.detail_at(0, index, BEGUN) if assumed else None
    if begun:
        merge.detail(0, index, {BEGUN: None})  # only the first delta
        if words.startswith(begun):
            merge.habit("A16")
            words = words[len(begun) :]
    if words:
        _ready(index, "text", merge)
        merge.text(0, words, index)


def _input_json_delta(fragment: str, index: Any, merge: Merger) -> None:
    if merge.has(0, index, "result") or merge.has(0, index, "other"):
        merge.habit("A11")
        merge.unknown()
    elif fragment:
        merge.arguments(0, index, fragment)


def _cite(citation: dict[str, Any], index: Any, merge: Merger) -> None:
    merge.citation(
        0,
        index,
        citation,
        url=citation.get("url") or citation.get("source"),
        title=citation.get("title") or citation.get("document_title"),
        start=_first(citation, "start_char_index", "start_page_number", "start_block_index"),
        end=_first(citation, "end_char_index", "end_page_number", "end_block_index"),
    )


def _first(citation: dict[str, Any], *names: str) -> Any:
    return next((citation[name] for name in names if name in citation), None)


def _content_block_stop(chunk: dict[str, Any], merge: Merger) -> None:
    index = _index(chunk)
    if merge.lacks_arguments(0, index):
        merge.end_unless_cut(0, index)  # so ends a call that was cut before its arguments, too (E9)
    else:
        merge.end(0, index)


def _message_delta(chunk: dict[str, Any], merge: Merger) -> None:
    merge.begin()
    delta = obj(chunk.get("delta"))
    _usage(chunk, merge)
    merge.metadata({name: value for name, value in delta.items() if name != "stop_reason"})
    merge.metadata({k: v for k, v in chunk.items() if k not in ("type", "delta", "usage")})
    reason = delta.get("stop_reason")
    if isinstance(reason, str) and reason:
        merge.finish(0, REASONS.get(reason, "other"), reason)
    elif merge.over:
        merge.habit("A10")


def _message_stop(chunk: dict[str, Any], merge: Merger) -> None:
    merge.begin()
    merge.metadata({name: value for name, value in chunk.items() if name != "type"})
    merge.done()


def _ping(chunk: dict[str, Any], merge: Merger) -> None:
    merge.metadata({name: value for name, value in chunk.items() if name != "type"})
    merge.keep_alive()


def _error(chunk: dict[str, Any], merge: Merger) -> None:
    merge.begin()
    read_error(chunk, merge)


def _index(chunk: dict[str, Any]) -> Any:
    """Whatever names the block: a key, never a position. Without one, the block at 0 is meant."""
    index = chunk.get("index")
    return index if isinstance(index, (int, str)) else 0 if index is None else word(index)


EVENTS = {
    "message_start": _message_start,
    "content_block_start": _content_block_start,
    "content_block_delta": _content_block_delta,
    "content_block_stop": _content_block_stop,
    "message_delta": _message_delta,
    "message_stop": _message_stop,
    "ping": _ping,
    "error": _error,
}


# -- the provider's own shape ----------------------------------------------------------------------


def native(response: Response) -> dict[str, Any]:
    """A ``message`` object."""
    choice = response.choice
    return {
        "id": response.id,
        "type": "message",
        "role": choice.role or "assistant",
        "model": response.model,
        "content": [_native_block(block) for block in choice.blocks],
        "stop_reason": None if choice.finish is None else choice.finish.raw,
        "stop_sequence": None,
        **response.metadata,
        "usage": {} if response.usage is None else response.usage.data,
    }


def _native_block(block: Any) -> dict[str, Any]:
    from ..response import ReasoningBlock, TextBlock, ToolCall

    wire = dict(block.wire)
    match block:
        case TextBlock():
            wire.pop(BEGUN, None)
            shown = {**wire, "type": "text", "text": block.text}
            if block.citations:
                shown["citations"] = [citation.data for citation in block.citations]
            return shown
        case ReasoningBlock():
            opaque = {opaque.kind: opaque.data for opaque in block.opaque}
            if wire.get("type") == "redacted_thinking":
                return {**wire, **opaque}
            return {"type": "thinking", **wire, "thinking": block.text, **opaque}
        case ToolCall():
            given = block.parsed if block.arguments else wire.get("input", {})
            head = {"type": "tool_use", **wire}
            return {**head, "id": block.id, "name": block.name, "input": given}
    return wire
