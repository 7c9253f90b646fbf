"""The public vocabulary: what comes out of ``StreamDecoder.feed``. Pure values, no behaviour.

One name says what and when: ``<Kind>Start``, ``<Kind>Delta``, ``<Kind>End``.

1. A block event has ``choice`` (which of the alternatives asked for) and ``block`` (ours: dense,
   in the order of first sight, over the whole response). Blocks may be open side by side.
2. A start never carries content. An end always carries the full value and whether it is
   ``complete``. The joined deltas of a block, since its start or its last ``Reset``, are the value
   of its end; there is one end for each start, and no delta outside.
3. ``id`` is the wire's own, ``""`` if it gave none; only a tool call without one gets an id from
   us, and then says so (``id_is_synthetic``).
4. ``raw`` leads back to the parsed chunk that an event came from: the same object, no copy, so
   treat it as read-only. ``None`` where no chunk stands behind the event.
5. Events are immutable, picklable, and equal by type and value, ``raw`` apart.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from typing import NamedTuple as Value
else:
    from .values import Value

__all__ = [
    "Anomaly",
    "Citation",
    "Finish",
    "KeepAlive",
    "Logprobs",
    "MediaDelta",
    "MediaEnd",
    "MediaStart",
    "Metadata",
    "Opaque",
    "Outcome",
    "ReasoningDelta",
    "ReasoningEnd",
    "ReasoningStart",
    "RefusalDelta",
    "RefusalEnd",
    "RefusalStart",
    "Reset",
    "ResponseEnd",
    "ResponseStart",
    "StreamError",
    "StreamEvent",
    "TextDelta",
    "TextEnd",
    "TextStart",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolResultDelta",
    "ToolResultEnd",
    "ToolResultStart",
    "Unknown",
    "Usage",
]


class Outcome(Enum):
    """How a response ended. The evidence stands beside it, in ``ResponseEnd``."""

    COMPLETE = "complete"
    """The provider said that it was done."""
    INCOMPLETE = "incomplete"
    """It said that it stopped early (length, filter …), or it ended within a tool call."""
    FAILED = "failed"
    """It reported an error, which beats any finish reason."""
    TRUNCATED = "truncated"
    """The input ended without a sign that the response had."""
    EMPTY = "empty"
    """No event came at all."""
    NOT_SSE = "not_sse"
    """The input is another format, a JSON or HTML body for example."""
    UNKNOWN = "unknown"
    """It ended properly, and never said why; or nothing in it was of this dialect."""


class ResponseStart(Value):
    """The response began: its id and model, as far as the first chunk tells; else ``""``."""

    id: str = ""
    model: str = ""
    raw: Any = None


# -- the blocks ------------------------------------------------------------------------------


class TextStart(Value):
    """A block of the answer's text begins."""

    choice: int
    block: int
    id: str = ""
    raw: Any = None


class TextDelta(Value):
    """More text, never empty, and never half a surrogate pair."""

    choice: int
    block: int
    text: str
    raw: Any = None


class TextEnd(Value):
    """The block is over. ``complete`` is false if the stream ended or failed before it was."""

    choice: int
    block: int
    text: str
    complete: bool
    raw: Any = None


class RefusalStart(Value):
    """The model says why it will not answer, in a channel of its own."""

    choice: int
    block: int
    id: str = ""
    raw: Any = None


class RefusalDelta(Value):
    """More of the refusal, as ``TextDelta``."""

    choice: int
    block: int
    text: str
    raw: Any = None


class RefusalEnd(Value):
    """The refusal is over, as ``TextEnd``."""

    choice: int
    block: int
    text: str
    complete: bool
    raw: Any = None


class ReasoningStart(Value):
    """A block of reasoning begins; ``summary`` if it is the provider's summary of it."""

    choice: int
    block: int
    summary: bool = False
    id: str = ""
    raw: Any = None


class ReasoningDelta(Value):
    """More reasoning, as ``TextDelta``."""

    choice: int
    block: int
    text: str
    raw: Any = None


class ReasoningEnd(Value):
    """The block is over, as ``TextEnd``. ``text`` is ``""`` where all of it is encrypted."""

    choice: int
    block: int
    text: str
    complete: bool
    raw: Any = None


class ToolCallStart(Value):
    """A call begins: its name is known.

    Attributes:
        name: ``""`` only if the call ended without ever being named.
        id: what a tool's result refers to.
        id_is_synthetic: the wire gave no id, and we made this one.
        kind: ``function``; ``custom`` (its arguments are free text, not JSON); ``builtin`` (defined
            by the provider, run by you: shell, computer …); ``server`` and ``mcp`` (run by the
            provider).
    """

    choice: int
    block: int
    name: str
    id: str
    id_is_synthetic: bool = False
    kind: str = "function"
    raw: Any = None


class ToolCallDelta(Value):
    """More of the arguments' text."""

    choice: int
    block: int
    arguments: str
    raw: Any = None


class ToolCallEnd(Value):
    """The call is over.

    Attributes:
        arguments: their whole text, as it was written.
        complete: it ended as the provider meant it to, and its arguments are a whole JSON object
            (any text, for a custom tool). Run no call that is not.
        problem: what is wrong with the arguments: ``""``, ``"cut"`` (they stop in the middle, or
            the call did), ``"invalid"`` (not JSON), ``"not an object"``.
        name, id, id_is_synthetic, kind: as in ``ToolCallStart``.
    """

    choice: int
    block: int
    name: str
    arguments: str
    complete: bool
    problem: str
    id: str
    id_is_synthetic: bool = False
    kind: str = "function"
    raw: Any = None

    @property
    def parsed(self) -> Any:
        """The arguments as JSON values, made anew at each access; ``None`` if they are not JSON.

        Of a custom tool, their text. Halves of surrogate pairs read as U+FFFD.
        """
        from .json_text import parse_arguments  # here: whoever never asks does not pay for it

        return parse_arguments(self.arguments, self.kind)


class ToolResultStart(Value):
    """What a tool that the provider runs gave back; ``call_id`` is that of its call."""

    choice: int
    block: int
    call_id: str = ""
    name: str = ""
    id: str = ""
    raw: Any = None


class ToolResultDelta(Value):
    """More of a result that comes as text."""

    choice: int
    block: int
    text: str
    raw: Any = None


class ToolResultEnd(Value):
    """The result is over: ``text`` if it came in deltas, ``content`` (JSON) if it came whole."""

    choice: int
    block: int
    text: str
    content: Any
    complete: bool
    call_id: str = ""
    name: str = ""
    raw: Any = None


class MediaStart(Value):
    """Audio, an image or a file begins; ``media_type`` as the wire names it, ``""`` if not."""

    choice: int
    block: int
    media_type: str = ""
    id: str = ""
    raw: Any = None


class MediaDelta(Value):
    """More bytes of it (decoded), or more of the words that are spoken in it."""

    choice: int
    block: int
    data: bytes = b""
    transcript: str = ""
    raw: Any = None


class MediaEnd(Value):
    """It is over. ``uri`` if it is elsewhere and not in the stream."""

    choice: int
    block: int
    data: bytes
    transcript: str
    complete: bool
    media_type: str = ""
    uri: str = ""
    raw: Any = None


# -- what belongs to a block, or to a choice ---------------------------------------------------


class Citation(Value):
    """A source of what was said.

    Attributes:
        block: the block it belongs to; ``None`` if the wire does not say.
        url, title: of the source; ``""`` if it names none.
        start, end: the place in the block's text, in the wire's own units (characters, or bytes
            of UTF-8 with Gemini); ``None`` if it names none.
        data: the wire's own object, whole.
    """

    choice: int
    block: int | None
    url: str
    title: str
    start: int | None
    end: int | None
    data: Any
    raw: Any = None


class Logprobs(Value):
    """Log probabilities of tokens, in the wire's own form; ``channel`` is ``content``, ``refusal``.

    ``tokens`` come in the order of the text; joined over the response they are its list.
    """

    choice: int
    channel: str
    tokens: Any
    raw: Any = None


class Opaque(Value):
    """Something to hand back byte for byte: a signature, encrypted reasoning.

    Attributes:
        block: the block it belongs to; ``None``: the message.
        kind: the wire's own word: ``signature``, ``encrypted_content`` …
    """

    choice: int
    block: int | None
    kind: str
    data: str
    raw: Any = None


# -- the response ------------------------------------------------------------------------------


class Usage(Value):
    """Tokens so far. Each event replaces the one before it (of the same ``choice``): never add.

    Numbers that the provider never gave are ``None``; none is computed here.

    Attributes:
        input_tokens: of the prompt. Whether cached ones are included differs: OpenAI and Gemini
            include them, Anthropic does not.
        cached_tokens, cache_write_tokens: read from the provider's cache, written to it.
        reasoning_tokens: spent on reasoning. Part of the output with OpenAI, beside it with
            Gemini.
        data: everything the wire said, key by key, the last word of each.
        choice: the choice it speaks of; ``None``: the response.
    """

    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    data: Any
    choice: int | None = None
    raw: Any = None


class Metadata(Value):
    """Facts beside the answer: what is new or changed, by the wire's own names.

    Attributes:
        choice: the choice they speak of; ``None``: the response.
    """

    data: Any
    choice: int | None = None
    raw: Any = None


class Finish(Value):
    """Why a choice ended. If one choice has several, the last counts.

    Attributes:
        reason: one of a small open set: stop, length, tool_calls, content_filter, refusal, pause,
            error, other.
        raw: the provider's own word, always.
        derived: whether ``reason`` says more than the provider's word did.
        chunk: the parsed chunk (here ``raw`` is the word).
    """

    choice: int
    reason: str
    raw: str
    derived: bool = False
    chunk: Any = None


class Reset(Value):
    """What was shown is void.

    Attributes:
        block: of this block, whose deltas begin again; ``None``: all of the response.
    """

    choice: int | None
    block: int | None
    raw: Any = None


class StreamError(Value):
    """The provider reported an error within the stream. It beats any finish reason.

    Attributes:
        message: what it said.
        code: its ``code`` as text, ``""`` if none; numbers and words are both seen.
        type: its ``type``, ``""`` if none.
        before_output: nothing of the answer had come: trying again repeats nothing.
    """

    message: str
    code: str = ""
    type: str = ""
    before_output: bool = False
    raw: Any = None

    def __str__(self) -> str:
        label = " ".join(word for word in (self.type, self.code) if word)
        return f"{label}: {self.message}" if label else self.message


class KeepAlive(Value):
    """A sign of life without content: a comment (its ``text``), or an event without data."""

    text: str = ""
    raw: Any = None


class Anomaly(Value):
    """The stream deviates from its format in a known way, and was read all the same.

    Deviations that return with every chunk are reported at their first place only.

    Attributes:
        quirk: the deviation's id in the catalogue (``sse_core.quirks``), for example ``"F8"``.
        offset: bytes of the stream up to the end of the place.
    """

    quirk: str
    offset: int
    raw: Any = None


class Unknown(Value):
    """Something without a name in this vocabulary; ``raw``: what came, JSON values or text."""

    raw: Any = None


class ResponseEnd(Value):
    """Exactly once, and last: how the response ended, and the evidence.

    Attributes:
        outcome: the verdict.
        finished: whether a finish reason was seen.
        sentinel: whether the closing sentinel was seen (``[DONE]``, ``message_stop`` …).
        offset: where the input ended, in bytes.
        error: the error the provider reported, if it did.
    """

    outcome: Outcome
    finished: bool
    sentinel: bool
    offset: int
    error: StreamError | None = None


#: Whatever ``StreamDecoder.feed`` and ``close`` hand out: a closed union.
StreamEvent: TypeAlias = (
    ResponseStart
    | TextStart
    | TextDelta
    | TextEnd
    | RefusalStart
    | RefusalDelta
    | RefusalEnd
    | ReasoningStart
    | ReasoningDelta
    | ReasoningEnd
    | ToolCallStart
    | ToolCallDelta
    | ToolCallEnd
    | ToolResultStart
    | ToolResultDelta
    | ToolResultEnd
    | MediaStart
    | MediaDelta
    | MediaEnd
    | Citation
    | Logprobs
    | Opaque
    | Usage
    | Metadata
    | Finish
    | Reset
    | StreamError
    | KeepAlive
    | Anomaly
    | Unknown
    | ResponseEnd
)
