"""Changes of a stream's structure, to which changes of single bytes do not come: events are moved,
and JSON values exchanged for others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from sse_core.testing import chunkings
from sse_core.testing.faults import ODD

__all__ = ["exchange", "mutate", "places"]


def mutate(header: int, grains: Sequence[bytes], given: bytes, random: Random) -> bytes:
    """The input after one to three changes. ``header``: the number of bytes that are left alone;
    ``grains``: events to put in, and to take values from."""
    blocks = chunkings.blocks(given[header:]) or [b""]
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(blocks))
        change = random.randrange(6)
        if change == 0:
            del blocks[place]
        elif change == 1:
            blocks.insert(place, random.choice(blocks))
        elif change == 2:
            blocks.insert(place, random.choice(grains))
        else:
            blocks[place] = _changed(blocks[place], random.choice(grains), random)
        blocks = blocks or [b""]
    return given[:header] + b"".join(blocks)


def _changed(block: bytes, other: bytes, random: Random) -> bytes:
    """The event with one of its values exchanged, for a value of another event or an odd one; or
    with a member that another event has."""
    start, colon, text = block.partition(b"data:")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return other
    known = list(places(value))
    if not known:
        return other
    try:
        more = [(key, item) for _, key, item in places(json.loads(other.partition(b"data:")[2]))]
    except (ValueError, RecursionError):
        more = []
    members = [(key, item) for key, item in more if isinstance(key, str)]
    container, key, item = random.choice(known)
    if isinstance(container, dict) and members and not random.randrange(4):
        key, item = random.choice(members)
        container[key] = random.choice((item, random.choice(ODD)))
    else:
        values = [item for _, item in more]
        exchange(container, key, random.choice(_variants(item, values, random)), random)
    blank_line = text[len(text.rstrip()) :]
    return start + colon + b" " + json.dumps(value).encode() + blank_line


def _variants(item: Any, more: list[Any], random: Random) -> list[Any]:
    found = [random.choice(ODD), *random.sample(more, min(8, len(more)))]
    if isinstance(item, str):
        half = random.randint(0, len(item))
        found += [item[:half], item[half:], item + item, ""]
    if type(item) is int:
        found += [item + 1, item - 1, float(item), str(item)]
    return found


def exchange(container: Any, key: Any, value: Any, random: Random) -> None:
    """Put it there; or, once in a while, take out what is there."""
    if random.randrange(5):
        container[key] = value
    else:
        del container[key]


def places(value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Each container in the JSON value, with a key of it and what stands there."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in list(items):
        yield value, key, item
        yield from places(item)
