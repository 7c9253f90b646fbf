"""The result: an immutable ``Response``, valid after any prefix of the stream.

A response has choices, a choice has blocks in the order in which they began. The shortcuts
(``text``, ``tool_calls`` …) of a response speak of its first choice. All values here are equal by
type and value, and pickle.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from typing import NamedTuple as Value
else:
    from .values import Value

from .events import Citation, Finish, Opaque, Outcome, StreamError, Usage

__all__ = [
    "Block",
    "Choice",
    "MediaBlock",
    "OtherBlock",
    "ReasoningBlock",
    "RefusalBlock",
    "Response",
    "TextBlock",
    "ToolCall",
    "ToolResult",
]


# -- the blocks ------------------------------------------------------------------------------
#
# All have ``block`` (the number that the events carry), ``id`` (the wire's, or ""), ``complete``
# (false as long as it is open), ``opaque`` (what to hand back byte for byte), ``wire`` (what else
# the wire said of it, by its own names) and ``key`` (its place on the wire: an index, or several).


class TextBlock(Value):
    """A stretch of the answer's text."""

    block: int
    text: str
    complete: bool
    id: str
    citations: tuple[Citation, ...]
    opaque: tuple[Opaque, ...]
    wire: Mapping[str, Any]
    key: Any


class RefusalBlock(Value):
    """Why the model will not answer."""

    block: int
    text: str
    complete: bool
    id: str
    opaque: tuple[Opaque, ...]
    wire: Mapping[str, Any]
    key: Any


class ReasoningBlock(Value):
    """A stretch of reasoning; ``summary`` if it is the provider's summary of it."""

    block: int
    text: str
    summary: bool
    complete: bool
    id: str
    opaque: tuple[Opaque, ...]
    wire: Mapping[str, Any]
    key: Any


class ToolCall(Value):
    """A call, as ``ToolCallEnd`` describes it. ``problem`` is ``"cut"`` as long as it is open."""

    block: int
    name: str
    arguments: str
    complete: bool
    problem: str
    id: str
    id_is_synthetic: bool
    kind: str
    opaque: tuple[Opaque, ...]
    wire: Mapping[str, Any]
    key: Any

    @property
    def parsed(self) -> Any:
        """As ``ToolCallEnd.parsed``. Of half a call: ``None``; see ``StreamDecoder.live``."""
        from .json_text import parse_arguments  # here: whoever never asks does not pay for it

        return parse_arguments(self.arguments, self.kind)


class ToolResult(Value):
    """What a tool that the provider runs gave back: ``text`` if in deltas, ``content`` if whole."""

    block: int
    text: str
    content: Any
    complete: bool
    id: str
    call_id: str
    name: str
    opaque: tuple[Opaque, ...]
    wire: Mapping[str, Any]
    key: Any


class MediaBlock(Value):
    """Audio, an image or a file: its bytes, or its ``uri``; ``transcript``: what is said in it."""

    block: int
    data: bytes
    transcript: str
    complete: bool
    id: str
    media_type: str
    uri: str
    opaque: tuple[Opaque, ...]
    wire: Mapping[str, Any]
    key: Any


class OtherBlock(Value):
    """A part of the answer without a name in this vocabulary: ``wire`` is all of it."""

    block: int
    kind: str
    complete: bool
    id: str
    opaque: tuple[Opaque, ...]
    wire: Mapping[str, Any]
    key: Any


#: Whatever an answer consists of.
Block: TypeAlias = (
    TextBlock | RefusalBlock | ReasoningBlock | ToolCall | ToolResult | MediaBlock | OtherBlock
)


# -- the result --------------------------------------------------------------------------------


class Choice(Value):
    """One of the answers.

    Attributes:
        index: the wire's number of it.
        role: ``""`` if the wire names none.
        blocks: its parts, in the order in which they began.
        finish: why it ended; ``None`` as long as it has not, or if the wire never said.
        usage: its own, where the wire counts by choice.
        logprobs: by channel, in the order of the text.
        citations: those that belong to no block.
        opaque: what to hand back that belongs to no block.
        metadata: facts beside it, by the wire's own names.
    """

    index: int  # type: ignore[assignment]  # not the method of a tuple
    role: str
    blocks: tuple[Block, ...]
    finish: Finish | None
    usage: Usage | None
    logprobs: Mapping[str, tuple[Any, ...]]
    citations: tuple[Citation, ...]
    opaque: tuple[Opaque, ...]
    metadata: Mapping[str, Any]

    @property
    def text(self) -> str:
        """All of its text, joined."""
        return "".join(block.text for block in self.blocks if isinstance(block, TextBlock))

    @property
    def reasoning(self) -> str:
        """All of its reasoning, joined; summaries too, where there is no other."""
        blocks = [block for block in self.blocks if isinstance(block, ReasoningBlock)]
        raw = "".join(block.text for block in blocks if not block.summary)
        return raw or "".join(block.text for block in blocks)

    @property
    def refusal(self) -> str:
        """All of its refusal, joined."""
        return "".join(block.text for block in self.blocks if isinstance(block, RefusalBlock))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """All its calls, those that the provider runs itself too (see ``ToolCall.kind``)."""
        return tuple(block for block in self.blocks if isinstance(block, ToolCall))


#: The choice that the shortcuts speak of as long as there is none.
NO_CHOICE = Choice(0, "", (), None, None, {}, (), (), {})


class Response(Value):
    """All that the stream said, up to here.

    Attributes:
        id, model: the wire's, the first it named; ``""`` if none.
        choices: in the order of their index.
        usage: of the whole response; that of the only choice, if usage came by choice.
        outcome: how it ended; how it would have, if it ended here.
        error: the first error that the provider reported.
        metadata: facts beside the answer, by the wire's own names.
        items: the wire's own output items, where it has such (OpenAI Responses).
    """

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None
    outcome: Outcome
    error: StreamError | None
    metadata: Mapping[str, Any]
    items: Mapping[int, Any]

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON values; each block says its ``type``, bytes are base64."""
        answer: dict[str, Any] = _plain(self)
        return answer

    @property
    def choice(self) -> Choice:
        """The first choice; an empty one if there is none."""
        return self.choices[0] if self.choices else NO_CHOICE

    @property
    def text(self) -> str:
        """As ``Choice.text``, of the first choice. So are the other shortcuts."""
        return self.choice.text

    @property
    def reasoning(self) -> str:
        """As ``Choice.reasoning``."""
        return self.choice.reasoning

    @property
    def refusal(self) -> str:
        """As ``Choice.refusal``."""
        return self.choice.refusal

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """As ``Choice.tool_calls``."""
        return self.choice.tool_calls

    @property
    def all_tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls of every choice: some gateways put text in one and calls in another."""
        return tuple(call for choice in self.choices for call in choice.tool_calls)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """As ``Choice.blocks``."""
        return self.choice.blocks

    @property
    def finish(self) -> Finish | None:
        """As ``Choice.finish``."""
        return self.choice.finish


def _plain(value: Any) -> Any:
    """The value as JSON values, by the names of its fields."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        from binascii import b2a_base64

        return b2a_base64(value, newline=False).decode()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    fields = getattr(value, "_fields", None)
    if fields is None:
        return [_plain(item) for item in value] if isinstance(value, (tuple, list)) else value
    names = [name for name in fields if name not in ("raw", "chunk", "key")]
    if type(value) is Finish:
        names.insert(2, "raw")
    shown = {name: _plain(getattr(value, name)) for name in names}
    return {"type": BLOCK_NAMES[type(value)], **shown} if type(value) in BLOCK_NAMES else shown


BLOCK_NAMES: dict[type, str] = {
    TextBlock: "text",
    RefusalBlock: "refusal",
    ReasoningBlock: "reasoning",
    ToolCall: "tool_call",
    ToolResult: "tool_result",
    MediaBlock: "media",
    OtherBlock: "other",
}
