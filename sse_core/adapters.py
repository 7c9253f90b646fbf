"""Loops over iterables of bytes, plain or async: ``for event in iter_events(chunks)``.

The ``async`` functions are the plain ones with ``async`` put in. Nothing here knows an event loop
or an HTTP client: chunks come from ``response.iter_bytes()``, ``response.content.iter_any()`` or
whatever the client calls it.

====================  =====================  ========================================
plain                 async                  gives
====================  =====================  ========================================
``iter_events``       ``aiter_events``       what the decoder's ``feed`` returns
``iter_stream``       ``aiter_stream``       ``StreamEvent``
``iter_text``         ``aiter_text``         the answer's text, as ``str``
``iter_tool_calls``   ``aiter_tool_calls``   ``ToolCallEnd`` of the calls you are to run
====================  =====================  ========================================

What all of them keep:

1. **Back-pressure.** A chunk is asked for when everything the one before it completed was taken.
2. **What is complete comes first.** Then the error: a limit that was passed, or whatever the source
   raised, unchanged.
3. **They close what they opened**, the iterator over the chunks, however the loop ends. The
   response of the HTTP client is yours, and so is an iterator that is a context manager.
4. **The decoder stays yours**, if you pass it in: ``stream.response`` is there during the loop and
   after it. A loop that ends early, or whose source raises, does not close it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, overload

from .errors import IncompleteError, InputTypeError, UsageError
from .events import Outcome, Reset, StreamError, TextDelta, ToolCallEnd
from .stream import StreamDecoder
from .wire import SSEDecoder

if TYPE_CHECKING:
    from .dialects.base import Dialect
    from .events import StreamEvent
    from .wire import ServerSentEvent

__all__ = [
    "PushDecoder",
    "aiter_events",
    "aiter_stream",
    "aiter_text",
    "aiter_tool_calls",
    "iter_events",
    "iter_stream",
    "iter_text",
    "iter_tool_calls",
]

Data: TypeAlias = bytes | bytearray | memoryview

#: Calls that the provider runs itself: not for the loop that runs calls.
RUN_BY_PROVIDER = frozenset(("server", "mcp"))

LOOPED_OVER = {
    "__iter__": "an iterable (an async one is for the functions with an 'a' before their name)",
    "__aiter__": "an async iterable (a plain one is for the functions without the 'a')",
}

_Item = TypeVar("_Item")
_Given = TypeVar("_Given", covariant=True)


class PushDecoder(Protocol[_Given]):
    """What ``iter_events`` drives: ``SSEDecoder``, ``SSEObserver``, ``StreamDecoder``, or yours."""

    def feed(self, data: Any, /) -> Iterable[_Given]:
        """What these bytes completed, in order."""

    def close(self) -> Iterable[_Given]:
        """What the end of the input completes."""

    @property
    def error(self) -> Exception | None:
        """What the next call would raise; ``None`` if nothing is wrong."""


# -- events ----------------------------------------------------------------------------------------


@overload
def iter_events(chunks: Iterable[Data]) -> Generator[ServerSentEvent, None, None]: ...
@overload
def iter_events(
    chunks: Iterable[Data], decoder: PushDecoder[_Item]
) -> Generator[_Item, None, None]: ...
def iter_events(chunks: Iterable[Data], decoder: Any = None) -> Any:
    """The server-sent events of these chunks.

    Args:
        chunks: bytes, cut anywhere. A ``str`` among them is refused, as ``feed`` does.
        decoder: one of yours, to give it options or to look at it later: ``SSEDecoder``,
            ``SSEObserver`` (then the loop is over its items), anything with ``feed``, ``close`` and
            ``error``. A new ``SSEDecoder`` if not given.

    Raises:
        UsageError: ``chunks`` cannot be looped over, or ``decoder`` is none. At once; all below
            within the loop.
        LimitExceeded, InvalidUTF8: from the decoder, behind the events before it.
        InputTypeError: a chunk is not bytes-like.
    """
    return _plain(_source(chunks, "__iter__"), _decoder(decoder))


@overload
def aiter_events(chunks: AsyncIterable[Data]) -> AsyncGenerator[ServerSentEvent, None]: ...
@overload
def aiter_events(
    chunks: AsyncIterable[Data], decoder: PushDecoder[_Item]
) -> AsyncGenerator[_Item, None]: ...
def aiter_events(chunks: AsyncIterable[Data], decoder: Any = None) -> Any:
    """``iter_events`` for an async iterable.

    A loop that is left early is closed when its generator is: at once within
    ``async with contextlib.aclosing(aiter_events(chunks)) as events``, else when the event loop
    finds it.
    """
    return _async(_source(chunks, "__aiter__"), _decoder(decoder))


# -- what a model said -----------------------------------------------------------------------------


def iter_stream(
    chunks: Iterable[Data], stream: str | Dialect | StreamDecoder
) -> Generator[StreamEvent, None, None]:
    """The stream events of these chunks, to the ``ResponseEnd``.

    Args:
        chunks: as for ``iter_events``; so is what is raised.
        stream: a dialect (``"openai-chat"``, ``"auto"``), or a ``StreamDecoder`` of yours, whose
            ``response`` you can then look at.
    """
    return iter_events(chunks, _stream(stream))


def aiter_stream(
    chunks: AsyncIterable[Data], stream: str | Dialect | StreamDecoder
) -> AsyncGenerator[StreamEvent, None]:
    """``iter_stream`` for an async iterable."""
    return aiter_events(chunks, _stream(stream))


def iter_text(
    chunks: Iterable[Data],
    stream: str | Dialect | StreamDecoder,
    *,
    choice: int = 0,
    check: bool = True,
) -> Generator[str, None, None]:
    """The answer's text, piece by piece as it comes.

    Args:
        chunks, stream: as for ``iter_stream``.
        choice: which of several answers.
        check: whether the loop is to raise if the answer is not whole. Without it, nothing but
            the text says anything: look at the ``response`` of a ``StreamDecoder`` that you pass.

    Raises:
        IncompleteError: behind the last piece. The provider reported an error, the model refused,
            the stream was cut, the answer reached its length limit or a filter, what was given
            is void, the input is no stream of this dialect. See ``IncompleteError.why``.
        LimitExceeded, InputTypeError, UsageError: as for ``iter_events``.
    """
    return iter_events(chunks, _Texts(_stream(stream), check, choice))


def aiter_text(
    chunks: AsyncIterable[Data],
    stream: str | Dialect | StreamDecoder,
    *,
    choice: int = 0,
    check: bool = True,
) -> AsyncGenerator[str, None]:
    """``iter_text`` for an async iterable."""
    return aiter_events(chunks, _Texts(_stream(stream), check, choice))


def iter_tool_calls(
    chunks: Iterable[Data], stream: str | Dialect | StreamDecoder, *, check: bool = True
) -> Generator[ToolCallEnd, None, None]:
    """The calls that you are to run, of all choices, each as soon as it is over.

    Every one of them is ``complete``. Calls that the provider runs itself (``server``, ``mcp``)
    are not among them.

    Args, Raises:
        As for ``iter_text``; ``IncompleteError`` also for a call that was cut or whose arguments
        are no JSON object, behind all the others.
    """
    return iter_events(chunks, _Calls(_stream(stream), check))


def aiter_tool_calls(
    chunks: AsyncIterable[Data], stream: str | Dialect | StreamDecoder, *, check: bool = True
) -> AsyncGenerator[ToolCallEnd, None]:
    """``iter_tool_calls`` for an async iterable."""
    return aiter_events(chunks, _Calls(_stream(stream), check))


# -- the loop, twice -------------------------------------------------------------------------------


def _plain(source: Iterable[Data], decoder: PushDecoder[_Item]) -> Generator[_Item, None, None]:
    chunks = iter(source)
    try:
        for data in chunks:
            yield from decoder.feed(data)
            if decoder.error is not None:
                raise decoder.error
        yield from decoder.close()
        if decoder.error is not None:
            raise decoder.error
    finally:
        if _opened_here(chunks, source, "__exit__") and hasattr(chunks, "close"):
            chunks.close()


async def _async(
    source: AsyncIterable[Data], decoder: PushDecoder[_Item]
) -> AsyncGenerator[_Item, None]:
    chunks = source.__aiter__()
    try:
        async for data in chunks:
            for item in decoder.feed(data):
                yield item
            if decoder.error is not None:
                raise decoder.error
        for item in decoder.close():
            yield item
        if decoder.error is not None:
            raise decoder.error
    finally:
        if _opened_here(chunks, source, "__aexit__") and hasattr(chunks, "aclose"):
            await chunks.aclose()


def _opened_here(iterator: object, source: object, exit: str) -> bool:
    """An iterator that was passed in as such is closed too, as a generator has to be; but not a
    file or a connection, which whoever opened it closes."""
    return iterator is not source or not hasattr(iterator, exit)


# -- what is looped over, and with what ------------------------------------------------------------


def _source(chunks: Any, method: str) -> Any:
    kind = type(chunks).__name__
    if isinstance(chunks, (str, bytes, bytearray, memoryview)):
        raise InputTypeError(f"chunks must be an iterable of bytes, not {kind}: put it in a list")
    if not hasattr(chunks, method):
        raise InputTypeError(f"chunks must be {LOOPED_OVER[method]}, not {kind}")
    return chunks


def _decoder(decoder: Any) -> Any:
    if decoder is None:
        return SSEDecoder()
    missing = [name for name in ("feed", "close", "error") if not hasattr(decoder, name)]
    if missing or isinstance(decoder, type):
        raise UsageError(f"decoder must be a decoder, not {_described(decoder)}")
    return decoder


def _stream(stream: str | Dialect | StreamDecoder) -> StreamDecoder:
    if isinstance(stream, StreamDecoder):
        return stream
    if not isinstance(stream, str) and (isinstance(stream, type) or not hasattr(stream, "NAME")):
        raise UsageError(f"stream must be a dialect or a StreamDecoder, not {_described(stream)}")
    return StreamDecoder(stream)


def _described(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return type(value).__name__


# -- of all events, some ---------------------------------------------------------------------------


class _Loop(Generic[_Item]):
    """A stream of which a loop shows a part: what it cannot show, it raises.

    Pickling and copying make no sense here: the state is that of the stream beneath.
    """

    __slots__ = ("_check", "_given", "_incomplete", "_stream")

    def __init__(self, stream: StreamDecoder, check: bool) -> None:
        self._stream = stream
        self._check = check
        self._given: set[int] = set()  # the blocks of which something was handed out
        self._incomplete: IncompleteError | None = None

    @property
    def error(self) -> Exception | None:
        return self._incomplete or self._stream.error

    def feed(self, data: Data) -> list[_Item]:
        return self._taken(self._stream.feed(data))

    def close(self) -> list[_Item]:
        items = self._taken(self._stream.close())
        if self.error is None:
            self._fail(self._shortfall())
        return items

    def _taken(self, events: list[StreamEvent]) -> list[_Item]:
        items: list[_Item] = []
        for event in events:
            self._take(event, items)
            if self._ends_it(event):
                break
        return items

    def _ends_it(self, event: StreamEvent) -> bool:
        if isinstance(event, StreamError):
            self._fail(str(self._stream.outcome.value))
        elif isinstance(event, Reset) and (
            event.block in self._given if event.block is not None else self._given
        ):
            self._fail("reset")
        return self._incomplete is not None

    def _shortfall(self) -> str:
        """What the response lacks at its end, in a word; ``""`` if nothing."""
        outcome = self._stream.outcome
        if outcome is Outcome.UNKNOWN and self._stream.over:
            outcome = Outcome.COMPLETE  # it ended properly: many servers never say why
        if outcome is not Outcome.COMPLETE:
            return str(outcome.value)
        refused = any(choice.refusal for choice in self._stream.response.choices)
        return "refusal" if refused else ""

    def _fail(self, why: str) -> None:
        if why and self._check:
            self._incomplete = IncompleteError(why, self._stream.response)

    def _take(self, event: StreamEvent, items: list[_Item]) -> None:
        """Put into ``items`` what the loop hands out of this event."""


class _Texts(_Loop[str]):
    __slots__ = ("_choice",)

    def __init__(self, stream: StreamDecoder, check: bool, choice: int) -> None:
        super().__init__(stream, check)
        if type(choice) is not int:
            raise UsageError(f"choice must be an int, not {_described(choice)}")
        self._choice = choice

    def _take(self, event: StreamEvent, items: list[str]) -> None:
        if isinstance(event, TextDelta) and event.choice == self._choice:
            self._given.add(event.block)
            items.append(event.text)


class _Calls(_Loop[ToolCallEnd]):
    __slots__ = ("_unfit",)

    def __init__(self, stream: StreamDecoder, check: bool) -> None:
        super().__init__(stream, check)
        self._unfit = False  # a call came that is not to be run

    def _take(self, event: StreamEvent, items: list[ToolCallEnd]) -> None:
        if not isinstance(event, ToolCallEnd) or event.kind in RUN_BY_PROVIDER:
            return
        if event.complete:
            self._given.add(event.block)
            items.append(event)
        else:
            self._unfit = True

    def _shortfall(self) -> str:
        return super()._shortfall() or ("call" if self._unfit else "")
