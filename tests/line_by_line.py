"""The wire decoders without their quick ways: what these have to agree with."""

from __future__ import annotations

from sse_core import SSEDecoder, SSEObserver


class PlainDecoder(SSEDecoder):
    """Line by line, always."""

    __slots__ = ()

    def _far(self) -> int:
        return -1


class PlainObserver(SSEObserver):
    """The same of an observer."""

    __slots__ = ()

    def _far(self) -> int:
        return -1
