"""A decoder that is dumped, pickled or copied at any byte goes on exactly as one that is not. A
dump with a value exchanged is loaded, or refused for what it is.

Allowed outcomes of a load: a decoder, ``UsageError``. Of a push: as in ``wire`` and ``stream``. All
else is a bug.
"""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

from fuzz import mutations, stream
from fuzz.target import Target
from sse_core import LimitExceeded, Limits, SSEDecoder, SSEObserver, StreamDecoder, UsageError
from sse_core.dialects import DIALECTS
from sse_core.testing.faults import ODD
from sse_core.testing.vectors import load_wire

#: The first bytes of an input: what is fed, how it is kept, limits, and where (two bytes).
HEADER = 5

KINDS: list[Callable[..., Any]] = [
    SSEDecoder,
    SSEObserver,
    *(partial(StreamDecoder, name) for name in ["auto", *DIALECTS]),
]
LIMITS = [Limits(), Limits.strict(), Limits(max_line_bytes=20, max_events=3)]


def dumped(decoder: Any) -> Any:
    """What is made of it after a way through JSON text."""
    return decoder.load(json.loads(json.dumps(decoder.dump())))


WAYS: list[Callable[[Any], Any]] = [
    dumped,
    lambda decoder: pickle.loads(pickle.dumps(decoder)),
    copy.copy,
    copy.deepcopy,
    lambda decoder: dumped(copy.copy(dumped(decoder))),
]


def target(name: str) -> Target:
    """The only one of this file."""
    return Target(
        check,
        seeds,
        reaches=("states.py",),
        mutate=partial(mutations.mutate, HEADER, list(stream.grains("auto"))),
        max_bytes=stream.MAX_BYTES,
    )


def seeds() -> Iterator[bytes]:
    """Each vector, kept at some place in some way."""
    for number, vector in enumerate(load_wire()):
        if len(vector.input) < 512:
            place = number % (1 + len(vector.input))
            yield bytes([number % 2, number % len(WAYS), 0, *divmod(place, 256)]) + vector.input
    names = ["auto", *DIALECTS]
    for number, known in enumerate(stream.vectors("auto")):
        place = number * 37 % (1 + len(known.input))
        kind = 2 + names.index(known.dialect)
        yield bytes([kind, number % len(WAYS), 0, *divmod(place, 256)]) + known.input


def check(given: bytes) -> None:
    """One run; raises if the invariant is broken."""
    header, data = given[:HEADER], given[HEADER:]
    if len(header) < HEADER:
        return
    kind = KINDS[header[0] % len(KINDS)]
    keep = WAYS[header[1] % len(WAYS)]
    limits = LIMITS[header[2] % len(LIMITS)]
    place = (header[3] * 256 + header[4]) % (1 + len(data))
    one, other = kind(limits=limits), kind(limits=limits)
    before = fed(one, data[:place]), fed(other, data[:place])
    kept = keep(other)
    check_exchanged(other, Random(given))
    after = fed(one, data[place:]), fed(kept, data[place:])
    ends = ended(one), ended(kept)
    assert before[0] == before[1]
    assert after[0] == after[1]
    assert ends[0] == ends[1]
    assert shown(one) == shown(kept)


def check_exchanged(decoder: Any, random: Random) -> None:
    """Of a dump that is not one any more, nothing but a decoder is made."""
    state = json.loads(json.dumps(decoder.dump()))
    known = list(mutations.places(state))
    container, key, _ = random.choice(known)
    value = copy.deepcopy(random.choice([*ODD, random.choice(known)[2]]))
    mutations.exchange(container, key, value, random)
    with suppress(UsageError):
        decoder.load(state)


def fed(decoder: Any, data: bytes) -> Any:
    """The items of a push, or the text of the error."""
    try:
        return decoder.feed(data)
    except LimitExceeded as error:
        return str(error)


def ended(decoder: Any) -> Any:
    """As ``fed``, for the end."""
    try:
        return decoder.close()
    except LimitExceeded as error:
        return str(error)


def shown(decoder: Any) -> Any:
    """All else that can be seen."""
    if isinstance(decoder, StreamDecoder):
        return decoder.response, decoder.outcome, decoder.dialect
    return decoder.last_event_id, decoder.retry, decoder.at_boundary, decoder.pending_bytes
