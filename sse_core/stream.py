"""``StreamDecoder``: wire, then dialect, then merge. Glue, and nothing else.

An event's data is one of three things: the sentinel, a JSON object (a chunk, for the dialect), or
neither. Comments and empty events are signs of life.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import dialects
from .dialects.base import read_error
from .merge import Merger, other_format
from .wire import Comment, IgnoredField, ServerSentEvent, SSEObserver, Tail

if TYPE_CHECKING:
    from .events import StreamEvent
    from .limits import Limits
    from .response import Outcome

__all__ = ["StreamDecoder"]

#: Compared with the whole data of an event, white space apart, never with a part of it: a model
#: may write this word.
SENTINEL = "[DONE]"

#: How much is kept of what came before the first event, in case it is not an event stream at all.
HEAD_BYTES = 64 * 1024


class StreamDecoder:
    """Feed it a provider's stream; take out events and text.

    >>> stream = StreamDecoder("openai-chat")
    >>> events = stream.feed(b'data: {"choices": [{"delta": {"content": "Hi"}}]}\\n\\n')
    >>> [event.text for event in events if hasattr(event, "text")]
    ['Hi']

    Args:
        dialect: the name of the wire format; ``sse_core.dialects.DIALECTS`` lists them.
        limits: the caps of the stream; ``Limits()`` if not given.
        loads: a faster JSON parser, taking text. What it refuses is parsed again by the standard
            library, so the result does not depend on it.
    """

    def __init__(
        self,
        dialect: str,
        *,
        limits: Limits | None = None,
        loads: Callable[[str], Any] | None = None,
    ) -> None:
        # The function, not its module: functions pickle.
        self._read_chunk = dialects.find(dialect).read
        self._wire = SSEObserver(limits=limits)
        self._loads = loads
        self._start()

    def _start(self) -> None:
        self._merge = Merger()
        self._head: bytearray | None = bytearray()
        self._closed = False

    def feed(self, data: bytes | bytearray | memoryview) -> list[StreamEvent]:
        """What these bytes completed, in order. Raises as ``SSEDecoder.feed`` does."""
        items = self._wire.feed(data)
        if self._head is not None and len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
        for item in items:
            self._read(item)
        return self._merge.take()

    def close(self) -> list[StreamEvent]:
        """The end of the input: the blocks still open, and how it all ended. Idempotent."""
        items = self._wire.close()
        if self._closed:
            return []
        self._closed = True
        for item in items:
            self._read(item)
        if self._head is not None:
            self._merge.not_sse = other_format(self._head) is not None
        self._merge.end(self._wire.offset)
        return self._merge.take()

    def reset(self) -> None:
        """A new connection, and a new response."""
        self._wire.reset()
        self._start()

    def __copy__(self) -> StreamDecoder:
        from copy import deepcopy  # here: whoever calls this has imported it

        return deepcopy(self)  # a copy goes on by itself

    @property
    def outcome(self) -> Outcome:
        """How the response ended; before ``close``, how it would if the input ended here."""
        return self._merge.outcome

    @property
    def head(self) -> bytes:
        """The first 64 KiB of the input, as long as no event came: what there was instead."""
        return bytes(self._head or b"")

    @property
    def wire(self) -> SSEObserver:
        """The wire decoder beneath, for what can be asked of it. Do not feed it."""
        return self._wire

    def _read(self, item: object) -> None:
        match item:
            case ServerSentEvent():
                self._head = None
                self._read_event(item)
            case Comment(text=text):
                self._merge.keep_alive(text)
            case IgnoredField(name="error", value=value):
                # A field the standard ignores, and the only sign of failure (old llama.cpp).
                self._read_error_field(value, item.end)
            case Tail(pending=ServerSentEvent() as event):
                self._read_pending(event)

    def _read_event(self, event: ServerSentEvent) -> None:
        merge = self._merge
        data = event.data
        if data.strip() == SENTINEL:
            merge.came(data, event.end)
            merge.done()
            return
        try:
            chunk = self._parse(data)
        except (ValueError, RecursionError):
            merge.came(data, event.end)
            if not data.strip():
                merge.keep_alive()  # F4
            else:
                merge.anomaly("F20")
                merge.unknown()
            return
        merge.came(chunk, event.end)
        if type(chunk) is dict:
            self._read_chunk(chunk, event.event, merge)
        else:
            merge.anomaly("J8")
            merge.unknown()

    def _read_error_field(self, value: str, offset: int) -> None:
        try:
            chunk = self._parse(value)
        except (ValueError, RecursionError):
            chunk = value
        self._head = None
        self._merge.came(chunk, offset)
        self._merge.anomaly("F19")
        read_error(chunk, self._merge)

    def _read_pending(self, event: ServerSentEvent) -> None:
        """F8: the last event lacks its blank line. It counts if its data is whole beyond doubt."""
        if event.data.strip() != SENTINEL:
            try:
                if type(self._parse(event.data)) is not dict:
                    return
            except (ValueError, RecursionError):
                return
        self._head = None
        self._merge.came(event.data, event.end)
        self._merge.anomaly("F8")
        self._read_event(event)

    def _parse(self, data: str) -> Any:
        if self._loads is not None:
            try:
                return self._loads(data)
            except Exception:  # anybody's parser, anybody's exception: the next line decides
                pass
        return _standard_loads(data)


def _standard_loads(data: str) -> Any:
    import json  # here, so that importing sse_core does not pay for it

    return json.loads(data)
