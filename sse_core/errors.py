"""Every exception sse_core raises, in one tree.

::

    SSECoreError
    ├── UsageError              the caller's mistake: feed after close, a state from another version
    │   └── InputTypeError      ... str, int or None where bytes belong (also a TypeError)
    ├── EncodeError             a value that no reader could get back (also a ValueError)
    ├── IncompleteError         a loop over text or calls is over, and the response is not whole
    └── WireError               the stream's fault; says where, and stays until reset()
        ├── LimitExceeded       one of the ``Limits``: which, its value, what was seen
        └── InvalidUTF8         only with ``errors="strict"``

What a *provider* does wrong (broken JSON, an error sent in band, a stream that just ends) is not
here: those are items in the list that ``feed`` returns. Only a loop that hands out nothing but text
or calls, and so has no item to say it with, raises ``IncompleteError``.

Rules of this file:

1. Messages hold numbers and names, never payload: they end up in logs. Who needs to look asks
   ``excerpt()``, which gives a few escaped bytes.
2. Every error pickles and compares by its fields, so that it survives a process boundary and a
   property test can ask for *the same* error under every cutting of the stream.
3. Any other exception out of ``feed`` or ``close`` is a bug in sse_core. Please report it.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "EncodeError",
    "IncompleteError",
    "InputTypeError",
    "InvalidUTF8",
    "LimitExceeded",
    "SSECoreError",
    "UsageError",
    "WireError",
]

EXCERPT_BYTES = 64


class SSECoreError(Exception):
    """The root: ``except SSECoreError`` catches whatever this library raises."""


class UsageError(SSECoreError):
    """The caller broke the contract; nothing is wrong with the stream and no state has changed."""


class InputTypeError(UsageError, TypeError):
    """``feed`` got something that is not bytes."""


class EncodeError(SSECoreError, ValueError):
    """A value cannot be put on the wire: a reader would get back something else."""


class IncompleteError(SSECoreError):
    """What a loop handed out is not a whole answer. Everything that came was handed out before.

    Attributes:
        why: ``"failed"``, ``"truncated"`` or another value of ``Outcome`` but ``complete``;
            ``"refusal"`` (the model would not answer); ``"call"`` (a tool call that is not to be
            run); ``"reset"`` (what was handed out is void).
        response: the ``Response`` as far as it came. This is payload.
    """

    def __init__(self, why: str, response: Any) -> None:
        super().__init__(why, response)
        self.why = why
        self.response = response

    def __str__(self) -> str:
        return f"the response is not whole: {self.why}"


class WireError(SSECoreError):
    """The stream cannot be decoded any further. Sticky: raised again until ``reset()``.

    Attributes:
        offset: bytes of this connection before the offending byte.
        line: number of the line it stands in, from 1; 0 for the limits of what is merged, which
            belong to no line.
        event: ordinal of the event in progress, from 0 (= events completed before).
    """

    def __init__(self, *, offset: int, line: int, event: int, excerpt: bytes = b"") -> None:
        super().__init__()
        self.offset = offset
        self.line = line
        self.event = event
        self._excerpt = excerpt[:EXCERPT_BYTES]

    def excerpt(self) -> str:
        """At most 64 bytes around the place, as an escaped literal; ``b''`` if none were kept.

        This is payload: it may hold what a user wrote or a secret. Do not log it by default.
        """
        return repr(self._excerpt)

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON values: ``from_dict`` makes an equal one of them."""
        excerpt = self._excerpt.decode("latin-1")
        return {**vars(self), "_excerpt": excerpt, "kind": type(self).__name__}

    @staticmethod
    def from_dict(fields: dict[str, Any]) -> WireError:
        """The inverse of ``as_dict``.

        Raises:
            KeyError, TypeError, ValueError: these are not the fields of an error.
        """
        fields = dict(fields)
        kind = {kind.__name__: kind for kind in (LimitExceeded, InvalidUTF8)}[fields.pop("kind")]
        return kind(excerpt=fields.pop("_excerpt").encode("latin-1"), **fields)

    @property
    def place(self) -> str:
        """Offset, line and event in words, for messages."""
        return f"byte {self.offset}, line {self.line}, event {self.event}"

    def __reduce__(self) -> tuple[Any, ...]:
        return WireError.from_dict, (self.as_dict(),)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.offset, self.line, self.event))


class LimitExceeded(WireError):
    """A limit of the stream was passed.

    Attributes:
        limit: the name of the field of ``Limits``, for example ``"max_event_bytes"``.
        maximum: its value.
        observed: what had been counted when counting stopped, at the first unit too many. The
            same for every cutting of the stream, and so never the size of what was still to come.
    """

    def __init__(
        self,
        *,
        limit: str,
        maximum: int,
        observed: int,
        offset: int,
        line: int,
        event: int,
        excerpt: bytes = b"",
    ) -> None:
        super().__init__(offset=offset, line=line, event=event, excerpt=excerpt)
        self.limit = limit
        self.maximum = maximum
        self.observed = observed

    def __str__(self) -> str:
        return f"{self.limit} is {self.maximum}, reached {self.observed} ({self.place})"


class InvalidUTF8(WireError):
    """A field value is not UTF-8, and the decoder was asked to be strict about it.

    ``offset`` is that of the first byte that is ill-formed.
    """

    def __str__(self) -> str:
        return f"invalid UTF-8 in a field value ({self.place})"
