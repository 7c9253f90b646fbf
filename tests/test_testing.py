"""The conformance kit finds what is broken: decoders of our own making, each wrong in one way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sse_core import ServerSentEvent, SSEDecoder
from sse_core.testing import LAWS, ConformanceError, adapt, check_decoder, chunkings, reference
from sse_core.testing.vectors import load_wire


class Delegating:
    """Behaves well, but for what a subclass changes."""

    def __init__(self) -> None:
        self.decoder = SSEDecoder()

    def feed(self, data: bytes) -> list[Any]:
        return self.decoder.feed(data)


class ForgetsAtCuts(Delegating):
    """Each push on its own."""

    def feed(self, data: bytes) -> list[Any]:
        return SSEDecoder().feed(bytes(data))


class SplitsAtOtherLines(Delegating):
    """``str.splitlines``, as in many a client."""

    def feed(self, data: bytes) -> list[Any]:
        text = bytes(data).decode("latin-1").replace("\x0c", "\n")
        return self.decoder.feed(text.encode("latin-1"))


class WaitsForTheNextByte(Delegating):
    """Holds a CR back until it knows what follows."""

    def __init__(self) -> None:
        super().__init__()
        self.held = b""

    def feed(self, data: bytes) -> list[Any]:
        data = self.held + bytes(data)
        self.held = b"\r" if data.endswith(b"\r") else b""
        return self.decoder.feed(data[: len(data) - len(self.held)])


class ForgetsAtNothing(Delegating):
    """Forgets at an empty push that an LF belongs to the CR before it."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.forgot = b"", False

    def feed(self, data: bytes) -> list[Any]:
        data = bytes(data)
        ends_another_line = self.forgot and data.startswith(b"\n")
        self.forgot = not data and self.last == b"\r"
        self.last = data[-1:] or self.last
        return self.decoder.feed(b"\n" + data if ends_another_line else data)


class Raises(Delegating):
    """Strict about UTF-8."""

    def feed(self, data: bytes) -> list[Any]:
        bytes(data).decode()
        return self.decoder.feed(data)


class FlushesAtTheEnd(Delegating):
    """Dispatches an unfinished event."""

    def close(self) -> list[Any]:
        return self.decoder.feed(b"\n\n")


class SharesState(Delegating):
    """One buffer for all, as a class attribute."""

    shared = SSEDecoder()

    def feed(self, data: bytes) -> list[Any]:
        return self.shared.feed(data)


class ChangesItsInput(Delegating):
    """Consumes the caller's buffer."""

    def feed(self, data: Any) -> list[Any]:
        events = self.decoder.feed(data)
        if isinstance(data, bytearray):
            del data[:]
        return events


class KeepsTheBuffer(Delegating):
    """Its events look at the caller's buffer after ``feed`` has returned."""

    def feed(self, data: Any) -> list[Any]:
        before = bytes(data)
        return [Late(data, before, event) for event in self.decoder.feed(data)]


class Late:
    """An event whose data is right for as long as nobody touches the buffer."""

    def __init__(self, buffer: Any, before: bytes, event: ServerSentEvent) -> None:
        self.event, self.id = event.event, event.id
        self._buffer, self._before, self._data = buffer, before, event.data

    @property
    def data(self) -> str:
        return self._data if bytes(self._buffer) == self._before else "another"


class ForgetsIds(Delegating):
    """Has the attribute, and the wrong value."""

    last_event_id = ""


class NewlineOnly:
    """What people write by hand: split at blank lines, look for ``data: ``."""

    def __init__(self) -> None:
        self.buffer = b""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        *blocks, self.buffer = (self.buffer + bytes(data)).split(b"\n\n")
        return [
            ServerSentEvent(data=block[6:].decode())
            for block in blocks
            if block.startswith(b"data: ")
        ]


@pytest.mark.parametrize(
    ("factory", "law", "size"),
    [
        (ForgetsAtCuts, "cut invariance", 6),
        (SplitsAtOtherLines, "the standard", 7),
        (WaitsForTheNextByte, "the standard", 7),
        (ForgetsAtNothing, "cut invariance", 7),
        (Raises, "totality", 1),
        (FlushesAtTheEnd, "the end of the input", 4),
        (SharesState, "purity", 6),
        (ChangesItsInput, "purity", 4),
        (KeepsTheBuffer, "purity", 10),
        (ForgetsIds, "state (last_event_id, retry)", 6),
        (NewlineOnly, "the standard", 6),
        (lambda: None, "totality", 0),
    ],
)
def test_a_broken_decoder_is_found(factory: Callable[[], Any], law: str, size: int) -> None:
    SharesState.shared = SSEDecoder()
    with pytest.raises(ConformanceError) as caught:
        check_decoder(factory, examples=20, seed=0)
    assert caught.value.law == law
    assert len(caught.value.data) <= size
    assert repr(caught.value.chunks) in str(caught.value)


def test_a_wrong_decoder_that_knows_the_vectors_is_found_by_search() -> None:
    """Right about every vector, wrong about one thing more: the smallest input is reported."""

    class KnowsTheVectors(Delegating):
        def feed(self, data: bytes) -> list[Any]:
            return [event for event in self.decoder.feed(data) if "\x7f" not in event.data]

    with pytest.raises(ConformanceError) as caught:
        check_decoder(KnowsTheVectors, examples=500)
    assert b"\x7f" in caught.value.data
    assert len(caught.value.data) <= len(b"data: \x7f\n\n")


@pytest.mark.exhaustive
def test_every_law_is_needed() -> None:
    """Each is the only one that finds some broken decoder."""

    def broken_by(factory: Callable[[], Any]) -> set[str]:
        broken = set()
        for name, law in LAWS.items():
            for vector in load_wire():
                try:
                    law(adapt(factory), chunkings.whole(vector.input))
                except ConformanceError:
                    broken.add(name)
        return broken

    assert broken_by(SSEDecoder) == set()
    assert broken_by(ForgetsAtCuts) == set()  # only cuts show it
    assert broken_by(FlushesAtTheEnd) == {"end_of_input"}
    assert broken_by(ChangesItsInput) == {"purity"}
    assert broken_by(ForgetsIds) == {"state"}


def test_the_model_knows_its_limits() -> None:
    with pytest.raises(ValueError, match="unknown limits"):
        reference.Reference(limits={"max_bananas": 1})
