"""Clean streams of Anthropic Messages."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .model import Answer, Block, Call, Choice, Citation, Reasoning, Result, Text, Usage
from .parts import Chunk, Draw, arguments, cut, names, nonempty, numbers, tokens

__all__ = ["STOP_REASONS", "anthropic_answers", "write_anthropic"]

USAGES = st.builds(
    Usage,
    input_tokens=numbers,
    output_tokens=numbers,
    cached_tokens=numbers,
    cache_write_tokens=numbers,
    reasoning_tokens=st.none() | numbers,
)

_CITATIONS: st.SearchStrategy[list[Citation]] = st.lists(
    st.builds(Citation, url=st.just("https://example.com/a"), title=nonempty),
    max_size=2,
    unique=True,
)
_RESULTS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.just("web_search_result"),
            "title": nonempty,
            "url": st.just("https://example.com/a"),
            "encrypted_content": tokens,
            "page_age": st.none(),
        }
    ),
    max_size=2,
)


@st.composite
def _blocks(
    draw: st.DrawFn, kind: str, number: int, written: st.SearchStrategy[str]
) -> tuple[Block, ...]:
    match kind:
        case "text":
            return (Text(draw(nonempty), tuple(draw(_CITATIONS))),)
        case "thinking":
            return (Reasoning(draw(nonempty), signature=f"EoQD{draw(tokens)}=="),)
        case "redacted":
            return (Reasoning("", signature=f"EmwK{draw(tokens)}"),)
        case "search":
            id = f"srvtoolu_{draw(tokens)}{number}"
            query = Call(id, "web_search", draw(written), "server")
            return query, Result(id, draw(_RESULTS))
    return (Call(f"toolu_{draw(tokens)}{number}", draw(names), draw(written)),)


_KINDS = ["text", "call", "thinking", "redacted", "search", "text", "call"]


@st.composite
def anthropic_answers(
    draw: st.DrawFn, first: str | None = None, written: st.SearchStrategy[str] = arguments
) -> Answer:
    """Answers that Messages can carry: one choice, any blocks in any order, no refusal.

    Args:
        first: the kind of the first block; ``None``: any, or no block.
        written: the arguments of calls.
    """
    kinds = draw(st.lists(st.sampled_from(_KINDS), max_size=4))
    kinds = kinds if first is None else [first, *kinds]
    blocks = tuple(
        block for number, kind in enumerate(kinds) for block in draw(_blocks(kind, number, written))
    )
    called = "call" in kinds
    reasons = ["tool_calls"] if called else ["stop", "stop", "length", "pause", "refusal"]
    choice = Choice(blocks, draw(st.sampled_from(reasons)))
    return Answer(f"msg_{draw(tokens)}", "claude-haiku-4-5-20251001", (choice,), draw(USAGES))


# -- writing -------------------------------------------------------------------------------------

#: Our reasons, and the provider's word for each.
STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
}


def write_anthropic(answer: Answer, draw: Draw) -> list[Chunk]:
    """The stream, with a ping where the official service has it."""
    (choice,) = answer.choices
    usage = answer.usage or Usage()
    message: dict[str, Any] = {
        "model": answer.model,
        "id": answer.id,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            **_input(usage),
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 1,
            "service_tier": "standard",
        },
    }
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(choice.blocks):
        events += _events(block, index, draw)
    events.insert(2, {"type": "ping"})  # behind the start of the first block, if there is one
    output: dict[str, Any] = {**_input(usage), "output_tokens": usage.output_tokens}
    if usage.reasoning_tokens is not None:
        output["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    stop = {"stop_reason": STOP_REASONS[choice.finish], "stop_sequence": None, "stop_details": None}
    events.append({"type": "message_delta", "delta": stop, "usage": output})
    events.append({"type": "message_stop"})
    return [(event["type"], event) for event in events]


def _input(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
    }


def _events(block: Block, index: int, draw: Draw) -> list[dict[str, Any]]:
    start, deltas = _start(block), _deltas(block, draw)
    place: dict[str, Any] = {"index": index}
    return [
        {"type": "content_block_start", **place, "content_block": start},
        *({"type": "content_block_delta", **place, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", **place},
    ]


def _start(block: Block) -> dict[str, Any]:
    match block:
        case Text(citations=()):
            return {"type": "text", "text": ""}
        case Text():
            return {"citations": [], "type": "text", "text": ""}
        case Reasoning(text=""):
            return {"type": "redacted_thinking", "data": block.signature}
        case Reasoning():
            return {"type": "thinking", "thinking": "", "signature": ""}
        case Call():
            kind = "server_tool_use" if block.kind == "server" else "tool_use"
            return {"type": kind, "id": block.id, "name": block.name, "input": {}}
    assert isinstance(block, Result)
    kind = "web_search_tool_result"
    return {"type": kind, "tool_use_id": block.call_id, "content": block.content}


def _deltas(block: Block, draw: Draw) -> list[dict[str, Any]]:
    match block:
        case Text():
            pieces = [{"type": "text_delta", "text": piece} for piece in cut(draw, block.text)]
            return [_citation(citation) for citation in block.citations] + pieces
        case Reasoning(text=text) if text:
            pieces = [{"type": "thinking_delta", "thinking": piece} for piece in cut(draw, text)]
            return [*pieces, {"type": "signature_delta", "signature": block.signature}]
        case Call():
            return [
                {"type": "input_json_delta", "partial_json": piece}
                for piece in ["", *cut(draw, block.arguments)]
            ]
    return []


def _citation(citation: Citation) -> dict[str, Any]:
    source = {
        "type": "web_search_result_location",
        "cited_text": "…",
        "url": citation.url,
        "title": citation.title,
        "encrypted_index": "EpABCioIDBgC",
    }
    return {"type": "citations_delta", "citation": source}
