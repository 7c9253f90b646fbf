"""A block of the answer: its life, and what is shown of it, as events and in the response.

Nothing here decides; ``merge.py`` does, and moves blocks through ``BLOCKS``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .events import (
    Citation,
    MediaEnd,
    MediaStart,
    Opaque,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    RefusalDelta,
    RefusalEnd,
    RefusalStart,
    Reset,
    StreamEvent,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolResultDelta,
    ToolResultEnd,
    ToolResultStart,
)
from .response import (
    Block,
    MediaBlock,
    OtherBlock,
    ReasoningBlock,
    RefusalBlock,
    TextBlock,
    ToolCall,
    ToolResult,
)
from .tool_calls import Call

__all__ = ["BLOCKS", "DELTAS", "ENDED", "HELD", "OPEN", "SHOW", "BlockState", "shown"]

#: The life of a block: state, what happens, then the next state and what is shown, in order.
#: A block appears HELD, and all but tool calls without a name are named at once.
HELD, OPEN, ENDED = "held", "open", "ended"
BLOCKS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    HELD: {
        "named": (OPEN, ("start", "delta")),
        "grows": (HELD, ()),
        "voided": (HELD, ()),
        "ends": (ENDED, ("start", "delta", "end")),
    },
    OPEN: {
        "named": (OPEN, ()),
        "grows": (OPEN, ("delta",)),
        "voided": (OPEN, ("reset",)),
        "ends": (ENDED, ("end",)),
    },
    ENDED: {
        "ends": (ENDED, ()),
    },
}

DELTAS: dict[str, Any] = {
    "text": TextDelta,
    "refusal": RefusalDelta,
    "reasoning": ReasoningDelta,
    "call": ToolCallDelta,
    "result": ToolResultDelta,
}


#: So many pieces are folded at once; the last one stays as it is.
FOLD = 1024


class BlockState:
    """All that is known of one block. A state, moved by ``choices.py`` alone."""

    __slots__ = (
        "call", "choice", "citations", "complete", "facts", "full", "half", "id", "key", "kind",
        "number", "opaque", "pieces", "problem", "shown", "state", "transcript", "wire",
    )  # fmt: skip
    FORGET: ClassVar = {"shown": None}

    def __init__(self, choice: int, number: int, kind: str, key: Any, id: str) -> None:
        self.choice = choice
        self.number = number
        self.kind = kind
        self.key = key
        self.id = id
        self.state = HELD
        self.pieces: list[Any] = []
        self.full = FOLD  # pieces that are enough to fold
        self.transcript: list[str] = []  # of media
        self.half = ""  # a high surrogate that waits for its partner
        self.complete = False
        self.problem = "cut"  # of a call
        self.call: Call | None = None
        self.facts: dict[str, Any] = {}  # what its events and its kind need to know
        self.wire: dict[str, Any] = {}  # what the wire said of it, by its own names
        self.opaque: list[Opaque] = []
        self.citations: list[Citation] = []
        self.shown: Block | None = None  # its place in the response, once it has ended

    def fold(self) -> None:
        """Many small pieces become one: a string costs some 50 bytes more than its characters."""
        if self.call is not None:
            self.call.before_fold()
        pieces = self.pieces
        pieces[-FOLD:-1] = ["".join(pieces[-FOLD:-1])]
        self.full = len(pieces) - 1 + FOLD
        if self.call is not None:
            self.call.after_fold()


# -- what is shown of a block --------------------------------------------------------------------


def _start(block: BlockState, raw: Any) -> StreamEvent | None:
    facts, call = block.facts, block.call
    match block.kind:
        case "text":
            return TextStart(block.choice, block.number, block.id, raw)
        case "refusal":
            return RefusalStart(block.choice, block.number, block.id, raw)
        case "reasoning":
            summary = facts.get("summary", False)
            return ReasoningStart(block.choice, block.number, summary, block.id, raw)
        case "call":
            assert call is not None
            if not call.id:
                call.id, call.id_is_synthetic = f"call_{block.choice}_{block.number}", True
            names = (call.name, call.id, call.id_is_synthetic, call.kind)
            return ToolCallStart(block.choice, block.number, *names, raw)
        case "result":
            ids = (facts.get("call_id", ""), facts.get("name", ""), block.id)
            return ToolResultStart(block.choice, block.number, *ids, raw)
        case "media":
            return MediaStart(
                block.choice, block.number, facts.get("media_type", ""), block.id, raw
            )
    return None


def _delta(block: BlockState, raw: Any) -> StreamEvent:
    text = "".join(block.pieces)
    delta: StreamEvent = DELTAS[block.kind](block.choice, block.number, text, raw)
    return delta


def _reset(block: BlockState, raw: Any) -> StreamEvent | None:
    if block.kind == "other":
        return None
    return Reset(block.choice, block.number, raw)


def _end(block: BlockState, raw: Any) -> StreamEvent | None:
    place, facts, call = (block.choice, block.number), block.facts, block.call
    match block.kind:
        case "text":
            return TextEnd(*place, block.pieces[0], block.complete, raw)
        case "refusal":
            return RefusalEnd(*place, block.pieces[0], block.complete, raw)
        case "reasoning":
            return ReasoningEnd(*place, block.pieces[0], block.complete, raw)
        case "call":
            assert call is not None
            names = (call.id, call.id_is_synthetic, call.kind)
            end: Any = (call.name, call.joined(), block.complete, block.problem, *names, raw)
            return ToolCallEnd(*place, *end)
        case "result":
            content, ids = facts.get("content"), (facts.get("call_id", ""), facts.get("name", ""))
            return ToolResultEnd(*place, block.pieces[0], content, block.complete, *ids, raw)
        case "media":
            block.pieces[:] = [b"".join(block.pieces)]
            words = "".join(block.transcript)
            last = (facts.get("media_type", ""), facts.get("uri", ""), raw)
            return MediaEnd(*place, block.pieces[0], words, block.complete, *last)
    return None


SHOW = {"start": _start, "delta": _delta, "reset": _reset, "end": _end}


# -- in the response ------------------------------------------------------------------------------


def shown(block: BlockState) -> Block:
    """The block's place in the response; once it has ended, always the same value."""
    if block.shown is None:
        shown = _snapshot(block)
        if block.state != ENDED:
            return shown
        block.shown = shown
    return block.shown


def _snapshot(block: BlockState) -> Block:
    facts, call, number, done = block.facts, block.call, block.number, block.complete
    rest: Any = (tuple(block.opaque), dict(block.wire), block.key)
    if block.kind == "media":
        data, words = b"".join(block.pieces), "".join(block.transcript)
        where = (facts.get("media_type", ""), facts.get("uri", ""))
        return MediaBlock(number, data, words, done, block.id, *where, *rest)
    text = "".join(block.pieces)
    match block.kind:
        case "text":
            return TextBlock(number, text, done, block.id, tuple(block.citations), *rest)
        case "refusal":
            return RefusalBlock(number, text, done, block.id, *rest)
        case "reasoning":
            return ReasoningBlock(number, text, facts.get("summary", False), done, block.id, *rest)
        case "call":
            assert call is not None
            ids = (call.id, call.id_is_synthetic, call.kind)
            return ToolCall(number, call.name, text, done, block.problem, *ids, *rest)
        case "result":
            names = (facts.get("call_id", ""), facts.get("name", ""))
            return ToolResult(number, text, facts.get("content"), done, block.id, *names, *rest)
    return OtherBlock(number, facts.get("type", ""), done, block.id, *rest)
