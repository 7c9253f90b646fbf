"""Hold any decoder to the laws of the wire: ``check_decoder(factory)``.

A suite is a list of named checks. ``check_decoder`` runs them up to the first that fails; the
command and the pytest plugin run them all. There are two kinds:

* a vector each: a short stream and what the standard makes of it, fed whole, byte by byte and at
  every cut;
* a law each, on generated streams, compared with the slow reference model after every push.

Rules of this file:

1. It knows no decoder. What one can tell, its adapter claims; what it does not claim is not
   compared.
2. Whatever the decoder does wrong ends in one ``ConformanceError`` that says which check, for which
   bytes, in which pushes: the smallest that was found. A traceback from inside of here is a bug of
   this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from . import chunkings
from .adapters import CLAIMS, Adapter, Record, adapt
from .failures import ConformanceError, answered, claimed_from, patience
from .reference import Reference
from .vectors import Vector, load_wire

__all__ = [
    "LAWS",
    "Check",
    "ConformanceError",
    "check_decoder",
    "cut_invariance",
    "decoder_checks",
    "end_of_input",
    "purity",
    "search",
    "state",
]

Factory = Callable[[], Any]
Law = Callable[[Adapter, Sequence[bytes]], None]
Pushes = Sequence[bytes | bytearray]

#: Bytes of an input that is cut at every place; of a longer one, some are tried.
SHORT = 200


class Check(NamedTuple):
    """One thing to be held to.

    Attributes:
        id: ``vector/newline/cr``, ``law/purity``.
        kind: ``must``, ``should`` or ``either``: how much it says if this fails.
        run: raises ``ConformanceError`` if it does.
        again: ``again(n)`` runs it with the inputs of the seed that is ``n`` higher; ``None`` if it
            generates none.
    """

    id: str
    kind: str
    run: Callable[[], None]
    again: Callable[[int], None] | None = None


def check_decoder(
    factory: Factory | Adapter, *, examples: int = 100, seed: int | None = None
) -> None:
    """Hold the decoders that ``factory()`` makes, a new one for each stream, to all that must be.

    Args:
        factory: makes a decoder in its starting state, with default options: an object with
            ``feed(bytes)`` that returns, or yields, events with ``event``, ``data`` and ``id``. Or
            an ``Adapter`` of anything else, or what makes one.
        examples: how many generated inputs to try for each law.
        seed: the same one generates the same inputs; ``None`` for others each time.

    Raises:
        ConformanceError: the decoder breaks a law; holds the smallest failing input found.
        ValueError: it claims what there is not.
    """
    for check in decoder_checks(factory, examples=examples, seed=seed):
        if check.kind == "must":
            check.run()


def decoder_checks(
    factory: Factory | Adapter, *, examples: int = 100, seed: int | None = None
) -> list[Check]:
    """All checks of a decoder: the vectors, the shortest first, then the laws.

    Raises:
        ConformanceError: there is no decoder to check: the factory raises, or what it makes cannot
            be fed.
        ValueError: it claims what there is not.
    """
    adapter = _usable(factory)
    vectors = sorted(load_wire(), key=lambda vector: len(vector.input))
    return [
        *(
            _vector_check(adapter, vector)
            for vector in vectors
            if adapter.resume or not vector.seed
        ),
        *(_law_check(adapter, name, law, examples, seed) for name, law in LAWS.items()),
    ]


def _usable(factory: Factory | Adapter) -> Adapter:
    adapter: Adapter = answered(lambda: adapt(factory), [], "a decoder")
    claimed_from(adapter.claims, CLAIMS)
    decoder = _new(adapter, [])
    if isinstance(decoder, Adapter):  # a function that makes it, in place of the adapter itself
        return _usable(decoder)
    if not isinstance(factory, Adapter) and not callable(getattr(decoder, "feed", None)):
        got = f"a {type(decoder).__name__}, which has no feed"
        raise ConformanceError("totality", [], "a decoder", got)
    return adapter


# -- vectors -------------------------------------------------------------------------------------


def _vector_check(adapter: Adapter, vector: Vector) -> Check:
    def run() -> None:
        for chunks in _cuttings(vector.input):
            try:
                with patience(chunks):
                    _holds(adapter, vector, chunks)
            except ConformanceError as error:
                least = error if error.loops else _smallest(adapter, vector, error)
                least.vector = f"vector/{vector.id}: {vector.why}"
                raise least from least.__cause__

    return Check(f"vector/{vector.id}", vector.class_, run)


def _holds(adapter: Adapter, vector: Vector, chunks: Sequence[bytes]) -> None:
    """What the decoder makes of the vector, cut like this, is what it should be."""
    name = "the standard"
    if vector.seed and adapter.resume:
        resume = adapter.resume
        decoder = answered(lambda: resume(vector.seed), chunks, "a decoder")
    else:
        decoder = _new(adapter, chunks)
    got = [event for chunk in chunks for event in _feed(adapter, decoder, chunk, chunks)]
    got += _end(adapter, decoder, chunks)
    expected = [_claimed(adapter, event) for event in vector.events]
    other = [_claimed(adapter, event) for event in vector.either or vector.events]
    _compare(name, chunks, got, expected, other)
    if vector.class_ != "either":
        _compare_state(name, adapter, decoder, chunks, vector.last_event_id, vector.retry)


def _smallest(adapter: Adapter, vector: Vector, error: ConformanceError) -> ConformanceError:
    """What breaks a law of its own, with ever more bytes of the vector left out."""
    if vector.seed or len(vector.input) > SHORT:
        return error
    for law in LAWS.values():
        if found := next(_broken(law, adapter, vector.input), None):
            break
    else:
        return error
    at = 0
    while at < len(found.data) and not found.loops:
        data = found.data[:at] + found.data[at + 1 :]
        smaller = next(_broken(law, adapter, data), None)
        found, at = (smaller, at) if smaller else (found, at + 1)
    return found


def _broken(law: Law, adapter: Adapter, data: bytes) -> Iterator[ConformanceError]:
    for chunks in _cuttings(data):
        try:
            with patience(chunks):
                law(adapter, chunks)
        except ConformanceError as error:
            yield error


def _cuttings(data: bytes) -> list[list[bytes]]:
    if len(data) > SHORT:
        places = [*range(1, 16), *range(16, len(data), len(data) // 16), len(data) - 1]
        cuts = [chunkings.cut(data, [place]) for place in places]
        pieces = chunkings.sized(data, 1 + len(data) // SHORT)
        return [chunkings.whole(data), *cuts, chunkings.blocks(data), pieces]
    return [
        chunkings.whole(data),
        *chunkings.every_cut(data),
        chunkings.blocks(data),
        chunkings.bytewise(data),
        chunkings.with_empty(data),
    ]


# -- laws ----------------------------------------------------------------------------------------


def cut_invariance(adapter: Adapter, chunks: Sequence[bytes]) -> None:
    """After each push, the events so far are those of the standard for the bytes so far.

    In one: right events, the same for every cutting, none before its last byte or after it. (Of a
    decoder that does not claim to be prompt: after the last push, at the end.)
    """
    decoder, model, got = _new(adapter, chunks), Reference(), list[Record]()
    law = "cut invariance" if len(chunks) > 1 else "the standard"
    prompt = "prompt" in adapter.claims
    for chunk in chunks:
        got += _feed(adapter, decoder, chunk, chunks)
        expected = _expected(adapter, model, chunk)
        if prompt:
            _compare(law, chunks, got, expected)
    if not prompt:
        got += _end(adapter, decoder, chunks)
        _compare(law, chunks, got, _expected(adapter, model, b""))


def end_of_input(adapter: Adapter, chunks: Sequence[bytes]) -> None:
    """ "Once the end of the file is reached, any pending data must be discarded."

    The end may come after any push: it is tried after a third of them, two thirds, and all.
    """
    for count in sorted({len(chunks) // 3, 2 * len(chunks) // 3, len(chunks)}):
        pushed = chunks[:count]
        decoder, model = _new(adapter, pushed), Reference()
        got = [event for chunk in pushed for event in _feed(adapter, decoder, chunk, pushed)]
        expected = _expected(adapter, model, b"".join(pushed))
        late = _end(adapter, decoder, pushed)
        if late:
            _compare("the end of the input", pushed, late, expected[len(got) :])


def purity(adapter: Adapter, chunks: Sequence[bytes]) -> None:
    """Two decoders do not see each other, and what was returned does not share the buffer fed."""
    _shares_no_buffer(adapter, [bytearray(chunk) for chunk in chunks])
    try:
        _sees_no_other(adapter, chunks)
    except ConformanceError as error:
        error.beside = f"another decoder was fed {OTHER!r} behind each push"
        raise


#: What is fed to another decoder; half a character, within a line.
OTHER = b"data: \xe2"


def _shares_no_buffer(adapter: Adapter, chunks: Sequence[bytearray]) -> None:
    decoder, kept = _new(adapter, chunks), list[Any]()
    for chunk in chunks:
        buffer = chunk[:]
        kept += _guarded(lambda buffer=buffer: adapter.feed(decoder, buffer), chunks)  # type: ignore[misc]
        if buffer != chunk:
            raise ConformanceError("purity", chunks, chunk, buffer)
        buffer[:] = b"\n" * len(buffer)
    kept += _guarded(lambda: adapter.end(decoder), chunks)
    _pure(adapter, chunks, [_record(adapter, event, chunks) for event in kept])


def _sees_no_other(adapter: Adapter, chunks: Sequence[bytes]) -> None:
    one, other = _new(adapter, chunks), _new(adapter, chunks)
    got: list[Record] = []
    for chunk in chunks:
        got += _feed(adapter, one, chunk, chunks)
        _feed(adapter, other, OTHER, chunks)
    _pure(adapter, chunks, got + _end(adapter, one, chunks))


def _pure(adapter: Adapter, chunks: Pushes, got: list[Record]) -> None:
    expected = _expected(adapter, Reference(), b"".join(chunks))
    # What may come late is the business of another law.
    _compare("purity", chunks, got[: len(expected)], expected)


def state(adapter: Adapter, chunks: Sequence[bytes]) -> None:
    """``last_event_id`` and ``retry``, where they are claimed, follow the standard."""
    decoder, model = _new(adapter, chunks), Reference()
    for chunk in chunks:
        _feed(adapter, decoder, chunk, chunks)
        _expected(adapter, model, chunk)
        id, retry = model.last_event_id_string, model.reconnection_time
        _compare_state("state (last_event_id, retry)", adapter, decoder, chunks, id, retry)


#: The laws by name. Each takes an adapter and the pushes, and raises ``ConformanceError``.
LAWS: dict[str, Law] = {law.__name__: law for law in (cut_invariance, end_of_input, purity, state)}


def _law_check(adapter: Adapter, name: str, law: Law, examples: int, seed: int | None) -> Check:
    def run(round: int = 0) -> None:
        from . import strategies

        def hold(chunks: list[bytes]) -> None:
            with patience(chunks):
                law(adapter, chunks)

        cut = strategies.any_bytes().flatmap(strategies.chunkings)
        search(hold, cut, examples, seed if seed is None else seed + round)

    return Check(f"law/{name}", "must", run, run)


def search(hold: Callable[[Any], None], drawn: Any, examples: int, seed: int | None) -> None:
    """Look for something of the strategy ``drawn`` for which ``hold`` raises; the smallest one.

    Raises:
        ConformanceError: that of ``hold``; or it did not come again for the same input.
    """
    # Here, because only this needs hypothesis, and it takes a second to import.
    import hypothesis
    from hypothesis.errors import Flaky

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @hypothesis.given(drawn)
    def held(one: Any) -> None:
        try:
            hold(one)
        except ConformanceError as error:
            if error.loops:  # smaller inputs would be waited for as long, one after the other
                raise _AtOnce(error) from None
            raise

    try:
        (held if seed is None else hypothesis.seed(seed)(held))()
    except _AtOnce as found:
        raise found.error from found.error.__cause__
    except Flaky as error:
        got = "not the same result for the same input: something is kept outside of the decoder"
        raise ConformanceError("purity", [], "no memory of other streams", got) from error


class _AtOnce(BaseException):  # not one that Hypothesis takes for a failure to be made smaller
    def __init__(self, error: ConformanceError) -> None:
        self.error = error


# -- what checks share ---------------------------------------------------------------------------


def _claimed(adapter: Adapter, event: Sequence[str]) -> Record:
    """The record without what the adapter does not claim to tell."""
    kind, data, id = event
    claims = adapter.claims
    return (kind if "event" in claims else "", data, id if "id" in claims else "")


def _expected(adapter: Adapter, model: Reference, chunk: bytes) -> list[Record]:
    for byte in chunk:
        model.step(byte)
    return [_claimed(adapter, (event.event, event.data, event.id)) for event in model.events]


def _compare_state(
    name: str,
    adapter: Adapter,
    decoder: Any,
    chunks: Sequence[bytes],
    last_event_id: str,
    retry: int | None,
) -> None:
    expected: dict[str, object] = {}
    got: dict[str, object] = {}
    if "last_event_id" in adapter.claims:
        expected["last_event_id"] = last_event_id
        told = answered(lambda: decoder.last_event_id or "", chunks, "last_event_id, as it claims")
        got["last_event_id"] = told
    if "retry" in adapter.claims:
        expected["retry"] = _sensible(retry)
        got["retry"] = _sensible(answered(lambda: decoder.retry, chunks, "retry, as it claims"))
    _compare(name, chunks, got, expected)


def _sensible(retry: Any) -> Any:
    # Up to which time a decoder obeys is its own business, beyond a minute.
    return min(retry, 60_000) if isinstance(retry, (int, float)) else retry


def _compare(law: str, chunks: Pushes, got: object, *right: object) -> None:
    if answered(lambda: got not in right, chunks, "events that can be compared"):
        raise ConformanceError(law, chunks, right[0], got)


def _new(adapter: Adapter, chunks: Pushes) -> Any:
    return answered(adapter.new, chunks, "a decoder")


def _feed(adapter: Adapter, decoder: Any, data: bytes, chunks: Sequence[bytes]) -> list[Record]:
    events = _guarded(lambda: adapter.feed(decoder, data), chunks)
    return [_record(adapter, event, chunks) for event in events]


def _end(adapter: Adapter, decoder: Any, chunks: Sequence[bytes]) -> list[Record]:
    events = _guarded(lambda: adapter.end(decoder), chunks)
    return [_record(adapter, event, chunks) for event in events]


def _record(adapter: Adapter, event: Any, chunks: Pushes) -> Record:
    found: Record = answered(
        lambda: _claimed(adapter, adapter.record(event)), chunks, "event, data and id of an event"
    )
    return found


def _guarded(call: Callable[[], Iterable[Any] | None], chunks: Pushes) -> list[Any]:
    """The events of a call, of which there cannot be more than there are bytes."""
    most = 1 + sum(map(len, chunks))

    def collect() -> list[Any]:
        answer = call()
        if answer is None:
            raise TypeError("it returned None, not the events: for none, an empty list")
        events = []
        for event in answer:
            events.append(event)
            if len(events) > most:
                raise RuntimeError(f"{most + 1} events of {most - 1} bytes, and no end")
        return events

    return list(answered(collect, chunks, "a list of events"))
