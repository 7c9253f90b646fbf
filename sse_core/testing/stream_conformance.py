"""Hold any merger of provider streams to the laws: ``check_stream(factory)``.

As for the wire, a suite is a list of named checks: a vector each, and laws on generated answers,
which each dialect writes in its own way. What is compared is the neutral reading of
``vectors/README.md``, and of it only what an adapter claims to tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import Any, NamedTuple

from ..errors import WireError
from . import chunkings
from .conformance import Check, search
from .failures import ConformanceError, answered, claimed_from, patience, said_of
from .readings import OF_RESPONSE, Reading, check_shape, differences, show
from .vectors import DialectVector, load_dialects

__all__ = [
    "STREAM_LAWS",
    "StreamAdapter",
    "adapt_stream",
    "check_stream",
    "cut_invariance",
    "quirk_equivalence",
    "round_trip",
    "stream_checks",
    "totality",
    "truncation",
]

#: The outcome may be claimed, too, and what was repaired.
CLAIMS = frozenset(OF_RESPONSE | {"outcome", "anomalies"})

#: Cuts at which a vector is fed in two, evenly spread over it.
CUTS = 12


class StreamAdapter(NamedTuple):
    """How to drive a merger.

    Attributes:
        new: ``new(dialect, options, assume)``: one for a stream of this dialect; options are the
            field paths of the dialect ``json``, ``assume`` the quirks that it is told of.
        feed: ``feed(merger, data)``: these bytes have come.
        read: ``read(merger)``: the input is over; an outcome, and what was read, by the keys of a
            reading.
        claims: the keys that it can tell, ``outcome`` and ``anomalies`` among them.
        dialects: those that it knows.
    """

    new: Callable[[str, dict[str, str], Sequence[str]], Any]
    feed: Callable[[Any, bytes], object]
    read: Callable[[Any], Reading]
    claims: frozenset[str]
    dialects: tuple[str, ...]


class _Run:
    """A ``StreamDecoder``, or what behaves like one, and its events."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.events: list[Any] = []

    def feed(self, data: bytes) -> None:
        with suppress(WireError):  # a limit was passed: documented, and close says it again
            self.events += self.stream.feed(data)

    def read(self) -> Reading:
        over = self.stream.over
        try:
            self.events += self.stream.close()
        except WireError as error:
            return type(error).__name__, {}
        outcome, shown = show(self.stream, self.events)
        return outcome, {**shown, "over": over}


def adapt_stream(factory: Callable[..., Any] | StreamAdapter) -> StreamAdapter:
    """An adapter of what has the interface of ``StreamDecoder``: ``factory(dialect, assume=…)``."""
    if isinstance(factory, StreamAdapter):
        return factory
    from ..dialects import DIALECTS, JSON

    def new(dialect: str, options: dict[str, str], assume: Sequence[str]) -> _Run:
        known: Any = JSON(**options) if options else dialect
        return _Run(factory(known, assume=assume))

    return StreamAdapter(new, _Run.feed, _Run.read, CLAIMS, tuple(DIALECTS))


def check_stream(
    factory: Callable[..., Any] | StreamAdapter, *, examples: int = 50, seed: int | None = None
) -> None:
    """Hold the mergers that ``factory`` makes to all that must be, in every dialect they know.

    Args:
        factory: as ``StreamDecoder``, or a ``StreamAdapter`` of anything else.
        examples: how many generated answers to try for each law and dialect.
        seed: the same one generates the same answers; ``None`` for others each time.

    Raises:
        ConformanceError: it breaks a law; holds the stream.
        ValueError: it claims what there is not.
    """
    for check in stream_checks(factory, examples=examples, seed=seed):
        if check.kind == "must":
            check.run()


def stream_checks(
    factory: Callable[..., Any] | StreamAdapter, *, examples: int = 50, seed: int | None = None
) -> list[Check]:
    """All checks of a merger, in every dialect that it knows: vectors first, then the laws.

    Raises:
        ConformanceError: there is no merger to check: of an empty stream it gives no reading.
        ValueError: it claims what there is not.
    """
    adapter = adapt_stream(factory)
    claimed_from(adapter.claims, CLAIMS)
    for dialect in adapter.dialects[:1]:
        with said_of("merger"):
            _reading(adapter, dialect, [])
    vectors = [vector for vector in load_dialects() if vector.dialect in adapter.dialects]
    checks = [_vector_check(adapter, vector) for vector in vectors]
    for law in STREAM_LAWS:
        for dialect in adapter.dialects:
            if dialect in GENERATED:
                checks.append(_law_check(adapter, law, dialect, examples, seed))
    return checks


# -- vectors -------------------------------------------------------------------------------------


def _vector_check(adapter: StreamAdapter, vector: DialectVector) -> Check:
    right = [(vector.outcome, {**vector.response, "anomalies": list(vector.anomalies)})]
    if vector.either is not None:
        right.append(vector.either)

    @said_of("merger")
    def run() -> None:
        data = vector.input
        places = range(0, len(data), 1 + len(data) // CUTS)
        for chunks in (
            chunkings.whole(data),
            chunkings.blocks(data),
            chunkings.bytewise(data),
            chunkings.with_empty(data),
            *(chunkings.cut(data, [place]) for place in places),
        ):
            got = _reading(adapter, vector.dialect, chunks, vector.options, vector.assume)
            if not any(_same(adapter, one, got) for one in right):
                wrong = _wrong(adapter, right[0], got)
                raise ConformanceError(
                    "the reference of the dialect",
                    chunks,
                    {key: _at(right[0], key) for key in wrong},
                    {key: _at(got, key) for key in wrong},
                    f"vector/{vector.id}: {vector.why}",
                )

    return Check(f"vector/{vector.id}", vector.class_, run)


def _reading(
    adapter: StreamAdapter,
    dialect: str,
    chunks: Sequence[bytes],
    options: dict[str, str] | None = None,
    assume: Sequence[str] = (),
) -> Reading:
    def read() -> Reading:
        merger = adapter.new(dialect, options or {}, assume)
        for chunk in chunks:
            adapter.feed(merger, chunk)
        outcome, response = adapter.read(merger)
        response = dict(response)
        check_shape(response)
        return outcome, response

    with patience(chunks):
        found: Reading = answered(read, chunks, "a reading")
    return found


def _same(adapter: StreamAdapter, want: Reading, got: Reading) -> bool:
    return not _wrong(adapter, want, got)


def _wrong(adapter: StreamAdapter, want: Reading, got: Reading) -> list[str]:
    """The keys in which two readings differ, of those that are claimed."""
    wrong = [key for key in differences(want[1], got[1]) if key in adapter.claims]
    if "outcome" in adapter.claims and want[0] != got[0]:
        wrong.append("outcome")
    reported = "anomalies" in adapter.claims and "anomalies" in want[1]
    if reported and sorted(want[1]["anomalies"]) != sorted(got[1].get("anomalies", ())):
        wrong.append("anomalies")
    return wrong


def _at(reading: Reading, key: str) -> Any:
    return reading[0] if key == "outcome" else reading[1].get(key)


# -- laws ----------------------------------------------------------------------------------------

#: The dialects whose answers can be generated.
GENERATED = (
    "openai-chat",
    "openai-completions",
    "openai-responses",
    "anthropic",
    "gemini",
)

StreamLaw = Callable[[StreamAdapter, str, Any], None]

#: Behind so many of its events a stream is cut off; and once anywhere.
CUTS = 8


def round_trip(adapter: StreamAdapter, dialect: str, data: Any) -> None:
    """What a dialect says of an answer is read as that answer, however it is cut."""
    from . import strategies
    from .readings import expected

    answer, wire = _drawn(dialect, data)
    chunks = data.draw(strategies.chunkings(wire))
    want = expected(answer)
    got = _reading(adapter, dialect, chunks)
    wrong = [key for key in _comparable(want, got[1]) if key in adapter.claims]
    if wrong:
        _raise("round trip", chunks, want, got[1], wrong)


def cut_invariance(adapter: StreamAdapter, dialect: str, data: Any) -> None:
    """Any cutting of the bytes gives the same reading."""
    from . import strategies

    _, wire = _drawn(dialect, data)
    chunks = data.draw(strategies.chunkings(wire))
    want, got = (_reading(adapter, dialect, pieces) for pieces in ([wire], chunks))
    if want != got:
        wrong = [key for key in want[1].keys() | got[1].keys() if _at(want, key) != _at(got, key)]
        _raise("cut invariance", chunks, want[1], got[1], wrong)


def truncation(adapter: StreamAdapter, dialect: str, data: Any) -> None:
    """Of a stream that was cut off, no call looks complete that is not."""
    answer, wire = _drawn(dialect, data)
    known = {(call.name, call.arguments) for call in answer.calls}
    after_events = list(accumulate(map(len, chunkings.blocks(wire))))
    some = after_events[:: 1 + len(after_events) // CUTS]
    for end in {data.draw(_integers(0, len(wire))), *some}:
        _, got = _reading(adapter, dialect, [wire[:end]])
        shown = [got, *got.get("choices", {}).values()]
        for call in (call for choice in shown for call in choice.get("tool_calls", ())):
            whole = (call["name"], call["arguments"]) in known or dialect == "gemini"
            if not call["problem"] and not whole and "tool_calls" in adapter.claims:
                raise ConformanceError("truncation", [wire[:end]], "a call that is cut", call)


def quirk_equivalence(adapter: StreamAdapter, dialect: str, data: Any) -> None:
    """A known quirk, put into a clean stream, changes nothing of what is read."""
    from .mutations import MUTATIONS, as_bytes
    from .readings import expected
    from .streams import DIALECTS

    known = sorted(name for name, one in MUTATIONS.items() if dialect in one.dialects)
    mutation = MUTATIONS[data.draw(_sampled(known))]
    answer = data.draw(mutation.dialects[dialect])
    mutated = mutation.apply(DIALECTS[dialect].write(answer, data.draw), data.draw)
    if mutated is None:
        return
    chunks = [as_bytes(dialect, mutated)]
    want = expected(answer)
    got = _reading(adapter, dialect, chunks)
    lost = {key for word in mutation.loses for key in LOSES[word]}
    different = _comparable(want, got[1])
    wrong = [key for key in different if key in adapter.claims and key not in lost]
    if wrong:
        _raise(f"quirk equivalence ({mutation.quirk})", chunks, want, got[1], wrong)


def totality(adapter: StreamAdapter, dialect: str, data: Any) -> None:
    """Of damaged streams there is a reading; and what is harmless changes none."""
    from .faults import FAULTS, HARMLESS, NOT_COMPLETE

    _, wire = _drawn(dialect, data)
    fault = FAULTS[data.draw(_sampled(sorted(FAULTS)))]
    chunks = fault.apply(wire, data.draw)
    got = _reading(adapter, dialect, chunks)
    if fault.expected == HARMLESS:
        want = _reading(adapter, dialect, [wire])
        wrong = [key for key in _wrong(adapter, want, got) if key != "keep_alives"]
        if wrong:
            _raise(f"totality ({fault.name})", chunks, want[1], got[1], wrong)
    elif fault.expected == NOT_COMPLETE and "outcome" in adapter.claims and got[0] == "complete":
        raise ConformanceError(f"totality ({fault.name})", chunks, "not complete", got[0])


#: The laws, each on an adapter, a dialect and ``hypothesis.strategies.data()``.
STREAM_LAWS: tuple[StreamLaw, ...] = (
    round_trip,
    cut_invariance,
    truncation,
    quirk_equivalence,
    totality,
)

#: The keys of a reading that a mutation may change, by its word for it: see ``streams.without``.
LOSES: dict[str, tuple[str, ...]] = {
    "arguments": ("tool_calls", "choices"),
    "blocks": (),
    "citations": (),
    "id": ("id",),
    "ids": ("tool_calls", "choices"),
    "signatures": (),
    "usage": ("usage",),
}


def _law_check(
    adapter: StreamAdapter, law: StreamLaw, dialect: str, examples: int, seed: int | None
) -> Check:
    @said_of("merger")
    def run(round: int = 0) -> None:
        from hypothesis import strategies as st

        nth = seed if seed is None else seed + round
        search(lambda data: law(adapter, dialect, data), st.data(), examples, nth)

    return Check(f"law/{law.__name__}/{dialect}", "must", run, run)


def _drawn(dialect: str, data: Any) -> tuple[Any, bytes]:
    from .streams import EOL, streams, to_bytes

    answer, chunks = data.draw(streams(dialect))
    return answer, to_bytes(chunks, EOL[dialect], ascii=data.draw(_sampled([False, True])))


def _sampled(values: Iterable[Any]) -> Any:
    from hypothesis import strategies as st

    return st.sampled_from(list(values))


def _integers(least: int, most: int) -> Any:
    from hypothesis import strategies as st

    return st.integers(least, most)


def _comparable(want: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """The keys in which a reading differs from what is expected of all readers."""
    wrong = _in_choice(want, got)
    if want.get("usage") != got.get("usage"):  # a choice may have one of its own, or not
        wrong.append("usage")
    choices, others = want.get("choices", {}), got.get("choices", {})
    if choices.keys() != others.keys() or any(_in_choice(choices[i], others[i]) for i in choices):
        wrong.append("choices")
    return wrong


def _in_choice(want: dict[str, Any], got: dict[str, Any]) -> list[str]:
    wrong = [key for key in ("text", "reasoning", "refusal") if want.get(key) != got.get(key)]
    if not _same_calls(want.get("tool_calls", []), got.get("tool_calls", [])):
        wrong.append("tool_calls")
    return wrong


def _same_calls(want: list[dict[str, Any]], got: list[dict[str, Any]]) -> bool:
    """Their arguments are the same values; ids that the wire does not have are anybody's."""
    return len(want) == len(got) and all(
        all(one.get(key) == other.get(key) for key in ("name", "problem", "kind"))
        and one["id"] in (None, other["id"])
        and _meant(one) == _meant(other)
        for one, other in zip(want, got)
    )


def _meant(call: dict[str, Any]) -> Any:
    try:
        return call["arguments"] if call.get("kind") == "custom" else json.loads(call["arguments"])
    except (ValueError, TypeError):
        return call["arguments"]


def _raise(
    law: str,
    chunks: Sequence[bytes],
    want: dict[str, Any],
    got: dict[str, Any],
    keys: Iterable[str],
) -> None:
    keys = list(keys)
    raise ConformanceError(
        law, chunks, {key: want.get(key) for key in keys}, {key: got.get(key) for key in keys}
    )
