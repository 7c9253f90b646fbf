"""Feed it bytes; take out events, text and tool calls. No I/O, no dependencies.

``SSEDecoder`` turns bytes into server-sent events, exactly as the standard says, and
``StreamDecoder`` goes on from there to what a language model's provider said. Both take bytes cut
anywhere (``feed``, ``close``) and give the same answer for every cutting. ``encode`` and its
siblings are the way back. ``sse_core.testing`` holds any decoder to the same laws.

It is not an HTTP client, a server framework, an agent framework, a token counter or a retry
library: nothing in here opens a socket, reads a clock or starts a task.
"""

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
    InputTypeError,
    InvalidUTF8,
    LimitExceeded,
    SSECoreError,
    UsageError,
    WireError,
)
from .events import (
    Anomaly,
    Finish,
    KeepAlive,
    ResponseEnd,
    ResponseStart,
    StreamError,
    StreamEvent,
    TextDelta,
    TextEnd,
    TextStart,
    Unknown,
)
from .limits import Limits
from .response import Outcome
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

__version__ = "0.1.0"

__all__ = [
    "MEDIA_TYPE",
    "SSE_HEADERS",
    "Anomaly",
    "Comment",
    "EmptyBlock",
    "EncodeError",
    "Finish",
    "IgnoredField",
    "InputTypeError",
    "InvalidUTF8",
    "KeepAlive",
    "LimitExceeded",
    "Limits",
    "Outcome",
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
    "Tail",
    "TextDelta",
    "TextEnd",
    "TextStart",
    "Unknown",
    "UsageError",
    "WireError",
    "WireItem",
    "encode",
    "encode_comment",
    "encode_event",
    "encode_json",
    "encode_retry",
    "is_event_stream",
    "last_event_id_header",
]
