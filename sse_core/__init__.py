"""Feed it bytes; take out events, text and tool calls. No I/O, no dependencies.

``SSEDecoder`` turns bytes into server-sent events, exactly as the standard says, and
``StreamDecoder`` goes on from there to what a language model's provider said. Both take bytes cut
anywhere (``feed``, ``close``) and give the same answer for every cutting. ``encode`` and its
siblings are the way back. ``sse_core.testing`` holds any decoder to the same laws.

It is not an HTTP client, a server framework, an agent framework, a token counter or a retry
library: nothing in here opens a socket, reads a clock or starts a task.
"""

from typing import TYPE_CHECKING, Any

from .encode import (
    MEDIA_TYPE,
    SSE_HEADERS,
    encode,
    encode_comment,
    encode_event,
    encode_json,
    encode_retry,
    is_event_stream,
    last_event_id_header,
)
from .errors import (
    EncodeError,
    IncompleteError,
    InputTypeError,
    InvalidUTF8,
    LimitExceeded,
    SSECoreError,
    UsageError,
    WireError,
)
from .events import (
    Anomaly,
    Citation,
    Finish,
    KeepAlive,
    Logprobs,
    MediaDelta,
    MediaEnd,
    MediaStart,
    Metadata,
    Opaque,
    Outcome,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    RefusalDelta,
    RefusalEnd,
    RefusalStart,
    Reset,
    ResponseEnd,
    ResponseStart,
    StreamError,
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
    Unknown,
    Usage,
)
from .limits import Limits
from .response import (
    Block,
    Choice,
    MediaBlock,
    OtherBlock,
    ReasoningBlock,
    RefusalBlock,
    Response,
    TextBlock,
    ToolCall,
    ToolResult,
)
from .stream import StreamDecoder
from .wire import (
    Comment,
    EmptyBlock,
    IgnoredField,
    Retry,
    ServerSentEvent,
    SSEDecoder,
    SSEObserver,
    Tail,
    WireItem,
)

if TYPE_CHECKING:
    from .adapters import (
        PushDecoder,
        aiter_events,
        aiter_stream,
        aiter_text,
        aiter_tool_calls,
        iter_events,
        iter_stream,
        iter_text,
        iter_tool_calls,
    )
    from .pacing import Coalescer, HoldBack
    from .reconnect import Action, Continuation, Reconnect
    from .timing import StreamTimer

__version__ = "0.1.0"

__all__ = [
    "MEDIA_TYPE",
    "SSE_HEADERS",
    "Action",
    "Anomaly",
    "Block",
    "Choice",
    "Citation",
    "Coalescer",
    "Comment",
    "Continuation",
    "EmptyBlock",
    "EncodeError",
    "Finish",
    "HoldBack",
    "IgnoredField",
    "IncompleteError",
    "InputTypeError",
    "InvalidUTF8",
    "KeepAlive",
    "LimitExceeded",
    "Limits",
    "Logprobs",
    "MediaBlock",
    "MediaDelta",
    "MediaEnd",
    "MediaStart",
    "Metadata",
    "Opaque",
    "OtherBlock",
    "Outcome",
    "PushDecoder",
    "ReasoningBlock",
    "ReasoningDelta",
    "ReasoningEnd",
    "ReasoningStart",
    "Reconnect",
    "RefusalBlock",
    "RefusalDelta",
    "RefusalEnd",
    "RefusalStart",
    "Reset",
    "Response",
    "ResponseEnd",
    "ResponseStart",
    "Retry",
    "SSECoreError",
    "SSEDecoder",
    "SSEObserver",
    "ServerSentEvent",
    "StreamDecoder",
    "StreamError",
    "StreamEvent",
    "StreamTimer",
    "Tail",
    "TextBlock",
    "TextDelta",
    "TextEnd",
    "TextStart",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolResult",
    "ToolResultDelta",
    "ToolResultEnd",
    "ToolResultStart",
    "Unknown",
    "Usage",
    "UsageError",
    "WireError",
    "WireItem",
    "aiter_events",
    "aiter_stream",
    "aiter_text",
    "aiter_tool_calls",
    "encode",
    "encode_comment",
    "encode_event",
    "encode_json",
    "encode_retry",
    "is_event_stream",
    "iter_events",
    "iter_stream",
    "iter_text",
    "iter_tool_calls",
    "last_event_id_header",
]

#: What stands around the core, loaded when it is asked for: the module that has it.
_LATER = {
    "Action": "reconnect",
    "Coalescer": "pacing",
    "Continuation": "reconnect",
    "HoldBack": "pacing",
    "PushDecoder": "adapters",
    "Reconnect": "reconnect",
    "StreamTimer": "timing",
    "aiter_events": "adapters",
    "aiter_stream": "adapters",
    "aiter_text": "adapters",
    "aiter_tool_calls": "adapters",
    "iter_events": "adapters",
    "iter_stream": "adapters",
    "iter_text": "adapters",
    "iter_tool_calls": "adapters",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # here, so that importing sse_core does not pay for it

    value = getattr(import_module(f".{_LATER[name]}", __name__), name)
    globals()[name] = value  # from now on without this function
    return value
