"""Each limit by example; the laws say that the cutting makes no difference."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Callable

import pytest

from sse_core import InvalidUTF8, LimitExceeded, Limits, SSEDecoder, SSEObserver, UsageError
from sse_core.errors import WireError
from sse_core.testing import chunkings, reference


def stopped(data: bytes, **limits: int) -> LimitExceeded:
    """The error, which must be the same whole, byte by byte and cut in two."""
    errors = []
    model = reference.Reference(limits=limits)
    decoder = SSEDecoder(limits=Limits(**limits))
    for byte in chunkings.bytewise(data):
        with contextlib.suppress(LimitExceeded):
            decoder.feed(byte)
        model.step(byte[0])
        assert (decoder.error is None) == (model.error is None), "raised at the byte too many"
    for chunks in [[data], chunkings.bytewise(data), *chunkings.every_cut(data)]:
        decoder = SSEDecoder(limits=Limits(**limits))
        for chunk in chunks:
            try:
                decoder.feed(chunk)
            except LimitExceeded:
                break
        assert isinstance(decoder.error, LimitExceeded)
        errors.append(decoder.error)
    first = errors[0]
    assert all(error == first for error in errors)
    place = (first.limit, first.maximum, first.observed, first.offset, first.line, first.event)
    assert reference.decode(data, limits=limits).error == ("LimitExceeded", *place)
    return first


@pytest.mark.parametrize(
    ("data", "limit", "maximum", "offset", "line", "event"),
    [
        (b"data: 12345\ndata: 6789\n\n", "max_event_bytes", 8, 20, 2, 0),
        (b"data: 123\ndata\n\n", "max_event_bytes", 3, 14, 2, 0),
        (b"data: a\n\nevent: 12\nid: 34\ndata: 5\n\n", "max_event_bytes", 4, 32, 5, 1),
        (
            b"data: " + b"x" * 20 + b"\ndata: " + b"x" * 30 + b"\n\n",
            "max_event_bytes",
            40,
            52,
            2,
            0,
        ),
        (b"data: a\n\ndata: 123456\n\n", "max_line_bytes", 9, 18, 3, 1),
        (b"event: 12345\ndata: a\n\n", "max_event_name_bytes", 4, 11, 1, 0),
        (b"id: 12345\ndata: a\n\n", "max_id_bytes", 4, 8, 1, 0),
        (b"data: a\n\ndata: b\n\n", "max_events", 1, 17, 4, 1),
        (b"data: a\n\ndata: b\n\n", "max_total_bytes", 12, 12, 3, 1),
        (b"data: a long line\n\n", "max_total_bytes", 14, 14, 1, 0),
    ],
)
def test_each_limit(
    data: bytes, limit: str, maximum: int, offset: int, line: int, event: int
) -> None:
    error = stopped(data, **{limit: maximum})
    assert (error.limit, error.maximum, error.observed) == (limit, maximum, maximum + 1)
    assert (error.offset, error.line, error.event) == (offset, line, event)
    assert str(error) == (
        f"{limit} is {maximum}, reached {maximum + 1} (byte {offset}, line {line}, event {event})"
    )


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (b"data: 12345\ndata: 67\n\n", {"max_event_bytes": 8, "max_line_bytes": 11}),
        (b"event: 1234\nid: 5678\ndata: a\n\n", {"max_event_name_bytes": 4, "max_id_bytes": 4}),
        (b"data: a\n\ndata: b\n\n", {"max_events": 2, "max_total_bytes": 18}),
        (b": a long comment\nunknown: and field\ndata: a\n\n", {"max_event_bytes": 1}),
        (b": a long comment\nunknown: and field\ndata: a\n\n", {"max_line_bytes": 7}),
    ],
)
def test_what_just_fits(data: bytes, limits: dict[str, int]) -> None:
    for chunks in chunkings.every_cut(data):
        decoder = SSEDecoder(limits=Limits(**limits))
        for chunk in chunks:
            decoder.feed(chunk)
        assert decoder.error is None


def test_a_retry_is_clamped() -> None:
    decoder = SSEDecoder(limits=Limits(max_retry_ms=50))
    decoder.feed(b"retry: 51\n")
    assert (
        decoder.retry == 50 == reference.decode(b"retry: 51\n", limits={"max_retry_ms": 50}).retry
    )
    decoder.feed(b"retry: 0049\n")
    assert decoder.retry == 49
    decoder = SSEDecoder(limits=Limits(max_retry_ms=None))
    decoder.feed(b"retry: " + b"9" * 20 + b"\n")
    assert decoder.retry == 10**20 - 1
    decoder.feed(b"retry: 1" + b"0" * 9999 + b"\n")
    assert decoder.retry is not None
    assert decoder.retry > 10**20


def test_an_observer_bounds_what_it_hands_out() -> None:
    for data in (b": 12345", b"unknown"):
        observer = SSEObserver(limits=Limits(max_line_bytes=6))
        with pytest.raises(LimitExceeded, match="max_line_bytes is 6, reached 7"):
            observer.feed(data)
        model = reference.decode(data, limits={"max_line_bytes": 6}, observe=True)
        assert model.error is not None
        assert model.error.offset == 6
        observer = SSEObserver(limits=Limits(max_event_bytes=6))
        with pytest.raises(LimitExceeded, match="max_event_bytes is 6, reached 7"):
            observer.feed(data)


def test_what_was_complete_comes_first() -> None:
    decoder = SSEDecoder(limits=Limits(max_event_bytes=4))
    assert [event.data for event in decoder.feed(b"data: a\n\ndata: b\n\ndata: 12345\n\n")] == [
        "a",
        "b",
    ]
    assert isinstance(decoder.error, LimitExceeded)
    assert not decoder.at_boundary
    assert (decoder.pending_bytes, decoder.offset) == (0, 28)
    calls: list[Callable[[], object]] = [
        lambda: decoder.feed(b""),
        lambda: decoder.feed(b"data: c\n\n"),
        decoder.close,
    ]
    for call in calls:
        with pytest.raises(LimitExceeded) as caught:
            call()
        assert caught.value is decoder.error
    decoder.reset()
    assert [event.data for event in decoder.feed(b"data: c\n\n")] == ["c"]


def test_nothing_gets_past_an_error() -> None:
    """Not even a push that every fast path would take."""
    decoder = SSEDecoder(limits=Limits(max_id_bytes=2))
    assert len(decoder.feed(b"data: a\n\nid: 123\n")) == 1
    for data in (b"data: b\n\n", b"b", b"data: b\r\n\r\n"):
        with pytest.raises(LimitExceeded):
            decoder.feed(data)


def test_strict_about_utf8() -> None:
    decoder = SSEDecoder(errors="strict")
    assert len(decoder.feed(b"data: a\n\n: \xff\nunknown: \xff\ndata: b\xe2\x82\n\n")) == 1
    error = decoder.error
    assert isinstance(error, InvalidUTF8)
    assert (error.offset, error.line, error.event) == (31, 5, 1)
    assert str(error) == "invalid UTF-8 in a field value (byte 31, line 5, event 1)"
    assert error.excerpt() == r"b'\xe2\x82'"


def test_strict_about_utf8_in_every_way_to_arrive() -> None:
    """The fast paths leave it to the plain one: the same error, and the model's."""
    bad = b"data: a\n\ndata: \xff\n\n"
    expected = reference.decode(bad, strict=True).error
    assert expected is not None
    for chunks in [[bad], [bad[:9], bad[9:]], chunkings.bytewise(bad)]:
        decoder = SSEDecoder(errors="strict")
        with pytest.raises(InvalidUTF8):  # noqa: PT012
            for chunk in [*chunks, b""]:
                decoder.feed(chunk)
        assert decoder.error is not None
        assert decoder.error.offset == expected.offset == 15


def test_errors_hold_no_payload_until_asked() -> None:
    error = stopped(b"data: secret and more\n\n", max_event_bytes=6)
    assert "secret" not in str(error)
    assert "secret" not in repr(error)
    assert repr(error) == f"<LimitExceeded: {error}>"
    assert error.excerpt() == "b'data: secret '"
    long = stopped(b"data: " + b"x" * 300 + b"\n\n", max_event_bytes=200)
    assert long.excerpt() == repr(b"x" * 64)


def test_errors_are_values() -> None:
    error = stopped(b"data: secret\n\n", max_event_bytes=3)
    other = stopped(b"data: secret\n\n", max_event_bytes=4)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert twin == error
        assert hash(twin) == hash(error)
        assert twin.excerpt() == error.excerpt()
    assert error != other
    assert WireError.from_dict(error.as_dict()) == error


def test_limits_are_values() -> None:
    limits = Limits(max_events=3)
    assert SSEDecoder(limits=limits).limits is limits
    assert SSEDecoder().limits == Limits()
    assert pickle.loads(pickle.dumps(limits)) == copy.deepcopy(limits) == limits
    assert hash(limits) == hash(Limits(max_events=3))
    assert limits != Limits()
    assert Limits(**limits.as_dict()) == limits
    assert "max_event_bytes=67108864, " in repr(limits)
    with pytest.raises(AttributeError, match="immutable"):
        limits.max_events = 5
    with pytest.raises(AttributeError, match="immutable"):
        del limits.max_events


@pytest.mark.parametrize("value", [0, -1, 1.5, "5", True])
def test_limits_are_whole_numbers_above_zero(value: int) -> None:
    with pytest.raises(UsageError, match=r"max_events must be None or an int of at least 1"):
        Limits(max_events=value)


def test_presets() -> None:
    assert set(Limits.unlimited().as_dict().values()) == {None}
    strict, default = Limits.strict().as_dict(), Limits().as_dict()
    for name, value in strict.items():
        assert value is not None
        assert value <= (default[name] or value)


# -- what mutants showed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "limit", "offset"),
    [
        ({"max_line_bytes": 20, "max_event_bytes": 5}, "max_event_bytes", 11),
        ({"max_line_bytes": 8, "max_event_bytes": 50}, "max_line_bytes", 8),
        ({"max_line_bytes": 10, "max_event_bytes": 4}, "max_line_bytes", 10),  # by the same byte
    ],
)
def test_the_first_byte_too_many_decides(limits: dict[str, int], limit: str, offset: int) -> None:
    with pytest.raises(LimitExceeded) as caught:
        SSEDecoder(limits=Limits(**limits)).feed(b"data: " + b"x" * 100)
    assert (caught.value.limit, caught.value.offset) == (limit, offset)


def test_an_excerpt_is_of_a_line() -> None:
    decoder = SSEDecoder(limits=Limits(max_events=1))
    decoder.feed(b"data: a\n\n")
    with pytest.raises(LimitExceeded) as caught:
        decoder.feed(b"data: secret\n\n")
    assert caught.value.excerpt() == "b''"


def test_an_excerpt_ends_with_the_byte_too_many() -> None:
    line = b"data: " + bytes(range(ord("!"), ord("~"))) * 3
    error = stopped(line + b"\n\n", max_event_bytes=200)
    assert error.offset == len("data: ") + 200
    assert error.excerpt() == repr(line[error.offset - 63 : error.offset + 1])


def test_what_is_no_field_is_dropped_as_soon_as_that_is_known() -> None:
    for start, kept in ((b"dat", b"dat"), (b"dat:", b""), (b"data:", b"data:"), (b"x", b"")):
        decoder = SSEDecoder()
        decoder.feed(start)
        assert decoder.dump()["unfinished"].encode() == kept


def test_lines_without_a_colon_are_counted() -> None:
    decoder = SSEDecoder(limits=Limits(max_event_bytes=50))
    assert decoder.feed(b"data\n" * 51) == []
    with pytest.raises(LimitExceeded, match="max_event_bytes"):
        decoder.feed(b"data\n")
    strict = SSEDecoder(limits=Limits(max_event_bytes=50), errors="strict")
    assert strict.feed(b"data\n" * 51) == []
    with pytest.raises(LimitExceeded, match="max_event_bytes"):
        strict.feed(b"data\n")


def test_a_line_feed_that_begins_a_stream_is_a_line() -> None:
    decoder = SSEDecoder(limits=Limits(max_event_bytes=1))
    with pytest.raises(LimitExceeded) as caught:
        decoder.feed(b"\ndata: xx\n")
    assert caught.value.line == 2
    decoder.reset()
    with pytest.raises(LimitExceeded) as caught:
        decoder.feed(b"\ndata: xx\n")
    assert caught.value.line == 2


def test_an_observed_line_counts_as_a_value() -> None:
    observer = SSEObserver(limits=Limits(max_event_bytes=8))
    assert len(observer.feed(b"unknown:\n")) == 1  # as long as may be
    with pytest.raises(LimitExceeded) as caught:
        observer.feed(b"unknown: ")
    assert (caught.value.limit, caught.value.offset) == ("max_event_bytes", 17)


@pytest.mark.parametrize("sizes", [[4990, 1, 9, 1], [4090, 100, 2000], [4090, 810, 101], [9000]])
def test_a_long_line_grows_up_to_its_limit(sizes: list[int]) -> None:
    """Push by push, none of which ends it."""
    decoder = SSEDecoder(limits=Limits(max_event_bytes=5000))
    decoder.feed(b"data: first\n\ndata: ")
    before = decoder.offset
    for size in sizes[:-1]:
        assert decoder.feed(b"x" * size) == []
    with pytest.raises(LimitExceeded) as caught:
        decoder.feed(b"x" * sizes[-1])
    assert caught.value.offset == decoder.offset == before + 5000
