"""``StreamDecoder``: wire, then dialect, then merge. Glue, and what payloads can be.

An event's data is one of three things: the sentinel, a JSON object (a chunk, for the dialect), or
something else, which ``_read_other`` knows the known kinds of. Comments are signs of life, and
lines that the standard ignores may still be the only sign of failure.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from . import dialects
from .errors import LimitExceeded, UsageError
from .wire import Comment, IgnoredField, ServerSentEvent, SSEObserver, Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Self

    from .dialects.base import Dialect
    from .errors import WireError
    from .events import Outcome, StreamEvent
    from .limits import Limits
    from .merge import Merger
    from .partial_json import PartialJSON
    from .response import Response

__all__ = ["StreamDecoder"]

STATE_VERSION = 1

#: Compared with the whole data of an event, white space apart, never with a part of it: a model
#: may write this word.
SENTINEL = "[DONE]"

#: How much is kept of what came before the first event, in case it is not an event stream at all;
#: and of lines that look like JSON where events should be.
HEAD_BYTES = 64 * 1024


class StreamDecoder:
    """Feed it a provider's stream; take out events, text and tool calls.

    >>> stream = StreamDecoder("openai-chat")
    >>> events = stream.feed(b'data: {"choices": [{"delta": {"content": "Hi"}}]}\\n\\n')
    >>> [event.text for event in events if hasattr(event, "text")]
    ['Hi']
    >>> stream.response.text
    'Hi'

    Args:
        dialect: the name of the wire format; ``sse_core.dialects.DIALECTS`` lists them. ``"auto"``:
            the first chunk that shows one decides; see ``detected``.
        limits: the caps of the stream; ``Limits()`` if not given.
        loads: a faster JSON parser, taking text. What it refuses, and what it is known to read
            differently, is parsed by the standard library: the result does not depend on it.
        assume: the ids of quirks that this provider has and that no decoder can tell from its
            stream alone: ``"C16"`` (each content repeats all before it), ``"R3"`` (a reasoning
            delta that equals the last one is a repetition), ``"F21"`` (one JSON value in several
            events), ``"A16"`` (a text that a block starts with comes once more).
    """

    def __init__(
        self,
        dialect: str | Dialect,
        *,
        limits: Limits | None = None,
        loads: Callable[[str], Any] | None = None,
        assume: Iterable[str] = (),
    ) -> None:
        self._asked = dialect
        self._use(None if dialect == "auto" else dialects.find(dialect))
        self._assume = frozenset(assume)
        if not self._assume <= ASSUMABLE:
            known = ", ".join(sorted(ASSUMABLE))
            raise UsageError(f"assume takes {known}, not {sorted(self._assume - ASSUMABLE)}")
        self._wire = SSEObserver(limits=limits)
        from .payloads import Loads  # here, so that importing sse_core does not pay for it

        self._loads = Loads(loads, self._wire.limits.max_json_depth)
        self._start()

    def _use(self, dialect: Dialect | None) -> None:
        self._dialect = dialect
        self._takes_text = hasattr(dialect, "PLAIN")
        self._takes_any_value = hasattr(dialect, "ANY_VALUE")

    def _start(self) -> None:
        from .merge import Merger  # here, so that importing sse_core does not pay for it
        from .partial_json import Nesting

        self._merge: Merger = Merger(self._wire.limits, self._assume)
        self._head: bytearray | None = bytearray()
        self._detected = ""
        self._closed = False
        self._error: LimitExceeded | None = None
        self._json_lines: list[str] = []  # what looks like JSON, outside of any event
        self._json_size = 0
        self._json_nesting = Nesting()  # whether it is closed
        self._parts: list[str] = []  # of a JSON value in several events (F21)
        self._parts_view: PartialJSON | None = None  # whether they are whole
        if self._asked == "auto":
            self._use(None)

    # -- the verbs ---------------------------------------------------------------------------

    def feed(self, data: bytes | bytearray | memoryview) -> list[StreamEvent]:
        """What these bytes completed, in order. Raises as ``SSEDecoder.feed`` does."""
        if self._error is not None:
            raise self._error
        items = self._wire.feed(data)
        if self._head is not None and len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
        return self._read_all(items)

    def feed_chunk(self, chunk: Any, event: str = "") -> list[StreamEvent]:
        """The same for a transport that is not SSE: one chunk, parsed already.

        ``event`` is the type that an SSE event would have had, if that says more than the chunk
        (a ``type`` in it does). A chunk that is not an object is reported as it would be there;
        the sentinel is the text ``"[DONE]"``.
        """
        if self._error is not None:
            raise self._error
        if self._closed:
            raise UsageError("feed_chunk after close: reset() begins a new connection")
        return self._read_all([(chunk, event)])

    def close(self) -> list[StreamEvent]:
        """The end of the input: the blocks still open, and how it all ended. Idempotent.

        The end may complete something, and that pass a limit: then what came before is returned,
        without a ``ResponseEnd``, and the next call raises, as with ``feed``.

        Raises:
            LimitExceeded: the stream passed one of the ``Limits``.
        """
        if self._error is not None:
            raise self._error
        items = self._wire.close()
        if self._closed:
            return []
        self._closed = True
        return self._read_all([*items, None])

    def reset(self) -> None:
        """A new connection, and a new response."""
        self._wire.reset()
        self._start()

    # -- what can be asked -------------------------------------------------------------------

    @property
    def response(self) -> Response:
        """All that was said up to here: immutable, made anew at each access."""
        return self._merge.response()

    @property
    def outcome(self) -> Outcome:
        """How the response ended; before ``close``, how it would if the input ended here."""
        return self._merge.outcome

    @property
    def over(self) -> bool:
        """Whether the response has ended as far as can be told, though the connection may be open:
        a sentinel came, an error, or a finish reason for each choice. Usage may still follow, and
        with some gateways more text; a transport that waits for the end may wait in vain."""
        return self._merge.over

    @property
    def error(self) -> WireError | None:
        """The error that stopped this decoder, even before it is raised; ``None`` if none did."""
        return self._error or self._wire.error

    @property
    def dialect(self) -> str:
        """The name of the dialect; ``"auto"`` as long as nothing showed which it is."""
        return "auto" if self._dialect is None else self._dialect.NAME

    @property
    def detected(self) -> str:
        """What showed the dialect, in words; of a dialect that was asked for and of which nothing
        came, what showed another one (C21). ``""`` if nothing did."""
        return self._detected

    @property
    def head(self) -> bytes:
        """The first 64 KiB of the input, as long as no event came: what there was instead."""
        return bytes(self._head or b"")

    @property
    def wire(self) -> SSEObserver:
        """The wire decoder beneath, for what can be asked of it. Do not feed it."""
        return self._wire

    def native(self) -> dict[str, Any]:
        """The response in the shape that the provider gives it if it is not streamed.

        Raises:
            UsageError: the dialect is ``"auto"``, and nothing has shown which it is.
        """
        if self._dialect is None:
            raise UsageError("no chunk has shown the dialect yet, and so there is no native shape")
        return self._dialect.native(self._merge.response())

    def live(self, block: int) -> PartialJSON | None:
        """The arguments of a tool call as far as they have come, parsed; ``None`` if it is none.

        The same object each time; each call costs what has come since the last one.
        """
        return self._merge.live(block)

    # -- state -------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The state as JSON values, at any byte. ``load`` goes on from it.

        Raises:
            UsageError: the dialect is an object of yours, which cannot be put in JSON values.
        """
        from .merge import Merger
        from .states import to_plain

        asked = self._asked
        if not isinstance(asked, str):
            if type(asked) is not dialects.JSON:
                raise UsageError("the dialect is no name: dump() cannot keep it; pickle can")
            asked = {"json": vars(asked)}  # type: ignore[assignment]
        limits = self._wire.limits.as_dict()
        assert isinstance(self._merge, Merger)
        return {
            "version": STATE_VERSION,
            "dialect": asked,
            "found": self.dialect,
            "assume": sorted(self._assume),
            "wire": self._wire.dump(),
            "merge": to_plain(self._merge),
            "limits": limits,
            "head": None if self._head is None else self._head.decode("latin-1"),
            "detected": self._detected,
            "closed": self._closed,
            "error": None if self._error is None else self._error.as_dict(),
            "json_lines": list(self._json_lines),
            "json_size": self._json_size,
            "parts": list(self._parts),
        }

    @classmethod
    def load(cls, state: dict[str, Any], *, loads: Callable[[str], Any] | None = None) -> Self:
        """A decoder that goes on where ``dump`` was called, here or elsewhere.

        Raises:
            UsageError: this is no state, or one of another version.
        """
        try:
            if state["version"] != STATE_VERSION:
                raise UsageError(f"state of version {state['version']!r}, not {STATE_VERSION}")
            return cls._loaded(state, loads)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise UsageError(f"not a state of StreamDecoder: {type(error).__name__}") from error

    @classmethod
    def _loaded(cls, state: dict[str, Any], loads: Callable[[str], Any] | None) -> Self:
        from .errors import WireError
        from .limits import Limits
        from .merge import STATE_CLASSES
        from .states import from_plain

        asked: Any = state["dialect"]
        if isinstance(asked, dict):
            asked = dialects.JSON(**asked["json"])
        limits = Limits(**state["limits"])
        stream = cls(asked, limits=limits, loads=loads, assume=state["assume"])
        stream._wire = SSEObserver.load(state["wire"])
        stream._merge = from_plain(state["merge"], STATE_CLASSES)
        stream._merge.resume(limits)
        if asked == "auto" and state["found"] != "auto":
            stream._use(dialects.find(state["found"]))
        head = state["head"]
        stream._head = None if head is None else bytearray(head.encode("latin-1"))
        stream._detected, stream._closed = state["detected"], state["closed"]
        if state["error"] is not None:
            error = WireError.from_dict(state["error"])
            assert isinstance(error, LimitExceeded)
            stream._error = error
        stream._json_lines, stream._json_size = list(state["json_lines"]), state["json_size"]
        for line in stream._json_lines:
            stream._json_nesting.feed(line + "\n")
        for part in state["parts"]:
            stream._read_part(part, "")
        return stream

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        if isinstance(self._asked, str):  # modules do not pickle; names do
            state["_dialect"] = None if self._dialect is None else self._dialect.NAME
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if isinstance(self._dialect, str):
            self._use(dialects.find(self._dialect))

    def __copy__(self) -> StreamDecoder:
        from copy import deepcopy  # here: whoever calls this has imported it

        return deepcopy(self)  # a copy goes on by itself

    # -- reading -----------------------------------------------------------------------------

    def _read_all(self, items: Iterable[Any]) -> list[StreamEvent]:
        """Each item in turn; beyond a limit, what came before it is returned first."""
        merge = self._merge
        try:
            for item in items:
                if type(item) is ServerSentEvent:
                    self._head = None
                    self._read_event(item)
                else:
                    self._read_item(item)
        except merge.Passed as passed:
            limit, maximum, observed = passed.args
            self._error = LimitExceeded(
                limit=limit,
                maximum=maximum,
                observed=observed,
                offset=merge.offset,
                line=0,
                event=merge.wire_events - 1,
            )
        events = merge.take()
        if self._error is not None and not events:
            raise self._error
        return events

    def _read_item(self, item: Any) -> None:
        match item:
            case Comment(text=text):
                self._merge.keep_alive(text)
            case IgnoredField(name="error", value=value):
                # A field the standard ignores, and the only sign of failure (old llama.cpp).
                self._read_error_field(value, item.end)
            case IgnoredField(line=line):
                self._read_ignored(line, item.end)
            case Tail():
                self._read_tail(item)
            case (chunk, event):
                self._head = None
                self._merge.came(chunk, self._merge.offset)
                self._read_chunk(chunk, event)
            case None:
                self._read_end()

    def _read_event(self, event: ServerSentEvent) -> None:
        merge = self._merge
        if self._json_lines:
            self._flush_json_lines(event.start)
        data = event.data
        dialect = self._dialect
        if self._takes_text:
            merge.came(data, event.end)
            self._read_plain(data, event.event)
            return
        merge.came(None, event.end)
        if data == SENTINEL:
            merge.done()
            return
        try:
            if self._parts:
                raise ValueError
            chunk = self._loads(data, merge)
        except (ValueError, RecursionError):
            self._read_other(data, event.event)
            return
        merge.raw = chunk
        if merge.sentinel:
            merge.habit("F14")
        if type(chunk) is dict and dialect is not None:
            if not dialect.read(chunk, event.event, merge):
                self._read_strange(chunk, event.event)
        else:
            self._read_chunk(chunk, event.event)

    def _read_chunk(self, chunk: Any, event: str) -> None:
        """Any JSON value, by a dialect that may have to be found first."""
        merge = self._merge
        if self._takes_text and isinstance(chunk, str):
            self._read_plain(chunk, event)
        elif self._takes_any_value:
            assert self._dialect is not None
            if not self._dialect.read(chunk, event, merge):
                merge.unknown()
        elif isinstance(chunk, dict) and not self._takes_text:
            if self._dialect is None and not self._detect(chunk, event):
                self._read_undetected(chunk, event)
            elif not self._dialect or not self._dialect.read(chunk, event, merge):
                self._read_strange(chunk, event)
        elif isinstance(chunk, list) and chunk and _is_error(chunk[0]):
            self._report(chunk)  # X10
        elif chunk == SENTINEL:
            merge.done()
        else:
            merge.anomaly("J8")
            merge.unknown()

    def _read_plain(self, data: str, event: str) -> None:
        """The data of an event, by a dialect that takes it as it is."""
        assert self._dialect is not None
        if data == SENTINEL:
            self._merge.done()
        else:
            self._dialect.read({"data": data}, event, self._merge)

    def _detect(self, chunk: dict[str, Any], event: str) -> bool:
        name, signs = dialects.detect(chunk, event)
        if name:
            self._detected = signs
            self._use(dialects.find(name))
        return bool(name)

    def _read_undetected(self, chunk: dict[str, Any], event: str) -> None:
        if event == "error" or _is_error(chunk):
            self._report(chunk)
        elif event == "ping" or chunk.get("type") == "ping":
            self._merge.keep_alive()
        else:
            if not chunk:
                self._merge.anomaly("J8")
            self._merge.unknown()

    def _read_strange(self, chunk: dict[str, Any], event: str) -> None:
        """A chunk that is not of this dialect: of which, then? (C21)"""
        if not chunk:
            self._merge.anomaly("J8")
        if event == "error" or _is_error(chunk):
            self._report(chunk)
            return
        name, signs = dialects.detect(chunk, event)
        if name and self._dialect is not None and name != self._dialect.NAME:
            self._merge.habit("C21")
            self._detected = self._detected or f"this is {name}: {signs}"
        self._merge.unknown()

    def _report(self, error: Any) -> None:
        from .dialects.base import read_error

        read_error(error, self._merge)

    # -- payloads that are not one JSON value --------------------------------------------------

    def _read_other(self, data: str, event: str) -> None:
        merge, text = self._merge, data.strip()
        merge.raw = data
        if self._parts or ("F21" in self._assume and text[:1] in ("{", "[")):
            self._read_part(data, event)
        elif text == SENTINEL:  # whatever the event is called (F12)
            merge.done()
        elif not text:
            merge.keep_alive()  # F4
        elif text.startswith(":"):
            merge.habit("F2")
            merge.keep_alive(text[1:].strip())
        elif text.startswith("data:"):
            merge.habit("F16")
            self._read_again(text[5:].lstrip(), event)
        else:
            self._read_values(text, event)

    def _read_again(self, data: str, event: str) -> None:
        if data == SENTINEL:
            self._merge.done()
            return
        try:
            chunk = self._loads(data, self._merge)
        except (ValueError, RecursionError):
            self._read_values(data, event)
        else:
            self._merge.raw = chunk
            self._read_chunk(chunk, event)

    def _read_values(self, text: str, event: str) -> None:
        """Several JSON values in one payload (J7), one a line (F27); or prose (F20)."""
        merge = self._merge
        values, places = self._loads.several(text, SENTINEL)
        if len(values) > 1 or (values and text[places[-1] :].strip() == SENTINEL):
            merge.habit("F27" if "\n" in text else "J7")
            for value in values:
                merge.raw = value
                self._read_chunk(value, event)
            if text.endswith(SENTINEL):
                merge.done()
        elif event == "error":
            self._report(text)
        else:
            merge.anomaly("F20")
            merge.unknown()

    def _read_part(self, data: str, event: str) -> None:
        """F21: this may be a part of a value that goes on in the next event."""
        from .partial_json import PartialJSON

        view = self._parts_view
        if view is None:
            view = self._parts_view = PartialJSON(max_depth=None, changes=False)
        view.feed(data)
        if view.complete:
            whole = "".join((*self._parts, data))
            self._parts, self._parts_view = [], None
            self._merge.habit("F21")
            self._read_again(whole, event)
        elif view.problem or view.offset > HEAD_BYTES:
            self._give_up_parts()  # what came before was no part of this
            self._merge.raw = data
            self._read_again(data, event)
        else:
            self._parts.append(data)

    def _give_up_parts(self) -> None:
        """The rest of it never came."""
        parts, self._parts, self._parts_view = self._parts, [], None
        if parts:
            self._merge.raw = "".join(parts)
            self._merge.anomaly("F20")
            self._merge.unknown()

    # -- what is no event ------------------------------------------------------------------------

    def _read_error_field(self, value: str, offset: int) -> None:
        merge = self._merge
        self._head = None
        merge.came(value, offset)
        with suppress(ValueError, RecursionError):
            merge.raw = value = self._loads(value, merge)
        merge.anomaly("F19")
        self._report(value)

    def _read_ignored(self, line: str, offset: int) -> None:
        """A line that looks like JSON may be of an error that nobody put into an event (F18)."""
        if not self._json_lines and line.lstrip()[:1] not in ("{", "[", "}", "]", '"'):
            return
        if self._json_size + len(line) <= HEAD_BYTES:
            self._json_size += len(line)
            self._json_lines.append(line)
            before = self._json_nesting.closed
            self._json_nesting.feed(line + "\n")
            if self._json_nesting.closed and not before:
                self._flush_json_lines(offset, only_whole=True)

    def _flush_json_lines(self, offset: int, *, only_whole: bool = False) -> None:
        from .partial_json import Nesting

        merge = self._merge
        text = "\n".join(self._json_lines)
        try:
            value = self._loads(text, merge)
        except (ValueError, RecursionError):
            if only_whole:
                return
            value = None
        self._json_lines, self._json_size, self._json_nesting = [], 0, Nesting()
        first = value[0] if isinstance(value, list) and value else value
        if self._head is not None and not _is_error(first):
            return  # a body of another format, kept in ``head``
        if self._head is None:
            merge.came(text if value is None else value, offset)
            merge.anomaly("F18")
        else:
            merge.raw, merge.offset = value, offset
        if _is_error(first):
            self._report(value)
        else:
            self._read_chunk(value, "message") if value is not None else merge.unknown()

    def _read_tail(self, tail: Tail) -> None:
        """F8: the last event lacks its blank line. It counts if its data is whole beyond doubt."""
        event = tail.pending
        if event is not None and self._is_whole(event):
            self._head = None
            self._merge.offset = event.end
            self._merge.raw = event.data
            self._merge.anomaly("F8")
            self._read_event(event)
        elif event is None and tail.line:
            self._read_ignored(tail.line.decode("utf-8", "replace"), tail.end)

    def _is_whole(self, event: ServerSentEvent) -> bool:
        text = event.data.strip()
        if text == SENTINEL or self._parts:
            return True
        if self._takes_text:
            return False  # nothing says that plain text is whole
        try:
            return type(self._loads(text, self._merge)) in (dict, list)
        except (ValueError, RecursionError):
            return bool(self._loads.several(text, SENTINEL)[0])  # each of its lines is (F27)

    def _read_end(self) -> None:
        from .merge import other_format

        if self._json_lines:
            self._flush_json_lines(self._wire.offset)
        self._give_up_parts()
        if self._head is not None:
            self._merge.not_sse = other_format(self._head) is not None
        self._merge.close(self._wire.offset)


#: The quirks that a caller may have to name: the stream alone does not show them.
ASSUMABLE = frozenset(("A16", "C16", "F21", "R3"))


def _is_error(chunk: Any) -> bool:
    if not isinstance(chunk, dict):
        return False
    return bool(chunk.get("error")) or chunk.get("type") == "error"
