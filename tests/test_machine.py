"""Any sequence of calls: feed, empty feed, misuse, dump/load, reset, close, against the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sse_core import InputTypeError, Limits, SSEDecoder, SSEObserver, UsageError, WireError
from sse_core.testing import reference, strategies

Decoder = SSEDecoder | SSEObserver


class DecoderMachine(RuleBasedStateMachine):
    """Holds an ``SSEDecoder`` beside the model, through every verb."""

    kind: type[Decoder] = SSEDecoder
    limits: ClassVar[dict[str, int | None]] = {
        "max_event_bytes": 40,
        "max_events": 6,
        "max_id_bytes": 5,
    }

    def __init__(self) -> None:
        super().__init__()
        self.decoder: Decoder = self.kind(limits=Limits(**self.limits))
        self.retry: int | None = None
        self.connect("")

    def connect(self, last_event_id: str) -> None:
        limits = {"max_event_name_bytes": 8192, "max_retry_ms": 3_600_000, **self.limits}
        self.model = reference.Reference(
            observe=self.kind is SSEObserver, last_event_id=last_event_id, limits=limits
        )
        self.items: list[Any] = []
        self.closed = False

    @precondition(lambda self: not self.closed and self.decoder.error is None)
    @rule(data=strategies.any_bytes())
    def feed(self, data: bytes) -> None:
        try:
            self.items += self.decoder.feed(data)
        except WireError as error:
            assert error is self.decoder.error
        for byte in data:
            self.model.step(byte)

    @precondition(lambda self: not self.closed and self.decoder.error is None)
    @rule()
    def feed_nothing(self) -> None:
        before = self.decoder.dump()
        assert self.decoder.feed(b"") == []
        assert self.decoder.dump() == before

    @rule(wrong=st.sampled_from(["text", None, 1, [b"data"]]))
    def feed_what_is_not_bytes(self, wrong: Any) -> None:
        before = self.decoder.dump()
        with pytest.raises((InputTypeError, UsageError, WireError)):
            self.decoder.feed(wrong)
        assert self.decoder.dump() == before

    @precondition(lambda self: self.decoder.error is not None)
    @rule(data=st.binary(max_size=3))
    def an_error_stays(self, data: bytes) -> None:
        calls: list[Callable[[], object]] = [lambda: self.decoder.feed(data), self.decoder.close]
        for call in calls:
            with pytest.raises(WireError) as caught:
                call()
            assert caught.value is self.decoder.error

    @precondition(lambda self: self.decoder.error is None)
    @rule()
    def close(self) -> None:
        closed_before, self.closed = self.closed, True
        tail = self.decoder.tail
        at_boundary = self.decoder.at_boundary
        returned = self.decoder.close()
        if closed_before:
            assert returned == []
            assert self.decoder.tail == tail
        else:
            assert (self.decoder.tail is None) == at_boundary
            observed = self.kind is SSEObserver and self.decoder.tail is not None
            assert returned == ([self.decoder.tail] if observed else [])

    @precondition(lambda self: self.closed)
    @rule(data=st.binary(max_size=3))
    def feed_after_close(self, data: bytes) -> None:
        with pytest.raises(UsageError, match="after close"):
            self.decoder.feed(data)

    @rule()
    def move_elsewhere(self) -> None:
        self.decoder = self.kind.load(json.loads(json.dumps(self.decoder.dump())))

    @rule()
    def reset(self) -> None:
        last_event_id = self.decoder.last_event_id
        self.retry = self.decoder.retry
        self.decoder.reset()
        self.connect(last_event_id)
        assert (self.decoder.offset, self.decoder.tail, self.decoder.error) == (0, None, None)

    @invariant()
    def is_where_the_model_is(self) -> None:
        model = self.model.result()
        expected = model.items if self.kind is SSEObserver else model.events
        assert [tuple(item) for item in self.items] == [tuple(item) for item in expected]
        assert (self.decoder.error is None) == (model.error is None)
        assert self.decoder.last_event_id == model.last_event_id
        assert self.decoder.retry == (self.retry if model.retry is None else model.retry)
        if not self.closed:
            assert self.decoder.at_boundary == model.at_boundary
            assert self.decoder.pending_bytes == model.pending_bytes


class ObserverMachine(DecoderMachine):
    """The same for an ``SSEObserver``."""

    kind = SSEObserver


TestDecoder = DecoderMachine.TestCase
TestObserver = ObserverMachine.TestCase
