"""Which item an event speaks of: by an id that is known, else by its index, else the last one.

What servers do is in ``quirks/test_responses.py`` (P3, P6, P13, P15); here is what the table of
items makes of it, name by name.
"""

from __future__ import annotations

from typing import Any

import pytest

from sse_core.output_items import Items, paired

Step = tuple[Any, ...]


def begin(items: Items, index: Any, id: str, type: str) -> tuple[Any, str]:
    """An item is announced, and told as far as it goes."""
    place, quirk = items.begin(index, id, type)
    items.known[place] = {"type": type}
    items.named(place, id, over=False)
    return place, quirk


def find(items: Items, index: Any, id: str | None) -> tuple[Any, str]:
    """An event of it."""
    place, quirk = items.find(index, id)
    items.call(place, id or "")
    return place, quirk


def done(items: Items, index: Any, id: str, said: str = "", type: str = "message") -> Any:
    """It is told whole."""
    item = {"type": type, "said": said}
    place, quirk = items.told(index, id, item)
    items.known[place] = item
    items.named(place, id, over=True)
    return place, quirk


M, F = "message", "function_call"

#: What comes, step by step: what it is, its names, then its place and what is reported.
STEPS: dict[str, list[Step]] = {
    "as it should be": [
        (begin, 0, "a", M, 0, ""), (find, 0, "a", 0, ""), (done, 0, "a", 0, ""),
        (begin, 1, "b", F, 1, ""), (find, 1, "b", 1, ""), (find, 0, "a", 0, ""),
    ],
    "nothing was announced": [
        (find, 3, "a", 3, ""), (find, 3, None, 3, ""), (find, 3, "", 3, ""), (done, 3, "", 3, ""),
    ],
    "no names at all": [(find, None, None, 0, "P15"), (find, None, "", 0, "P15")],
    "ids alone": [
        (begin, None, "a", M, "a", "P15"), (begin, None, "b", M, "b", "P15"),
        (find, None, "a", "a", "P15"), (find, None, "b", "b", "P15"), (done, None, "a", "a", "P15"),
    ],
    "an id that nobody knows, and no index": [
        (find, None, "x", "x", "P15"), (begin, 4, "a", M, 4, ""), (find, None, "y", 4, "P15"),
        (find, None, "x", "x", "P15"), (done, 4, "a", 4, ""), (find, None, "z", "z", "P15"),
    ],
    "announced without any name": [
        (begin, None, "", M, 0, "P15"), (find, None, None, 0, "P15"), (done, None, "", 0, "P15"),
        (begin, None, "", M, 1, "P6"), (find, None, None, 1, "P15"),
    ],
    "another id with each event": [
        (begin, 0, "a", M, 0, ""), (find, 0, "b", 0, "P3"), (find, 0, "c", 0, "P3"),
        (begin, 1, "d", M, 1, ""), (find, 1, "b", 1, "P3"), (done, 0, "e", 0, "P3"),
        (find, 7, "e", 0, "P13"), (find, 7, "a", 0, "P13"),
    ],
    "an id that is empty": [(begin, 0, "a", M, 0, ""), (find, 0, "", 0, "P3")],
    "the other id counts, too": [
        (begin, 1, "a", F, 1, ""), (find, 1, "x", 1, "P3"), (find, 2, "x", 1, "P13"),
        (done, 2, "x", 1, "P13"), (find, 1, "x", 1, ""), (find, 2, None, 2, ""),
    ],
    "only the last of them": [
        (begin, 1, "a", F, 1, ""), (find, 1, "x", 1, "P3"), (find, 1, "y", 1, "P3"),
        (find, 2, "x", 2, ""), (find, 2, "y", 1, "P13"),
    ],
    "ends at the next index": [
        (begin, 1, "a", M, 1, ""), (done, 2, "a", 1, "P13"), (begin, 2, "b", M, 2, ""),
        (find, 2, "b", 2, ""), (done, 3, "b", 2, "P13"),
    ],
    "one index": [
        (begin, 0, "a", M, 0, ""), (begin, 0, "b", M, 1, "P6"), (find, 0, "a", 0, "P13"),
        (find, 0, "b", 1, ""), (find, 0, None, 1, ""), (begin, 0, "b", M, 1, "P6"),
        (begin, 0, "c", M, 2, "P6"),
        (find, 0, None, 2, ""), (find, 1, None, 1, ""),
    ],
    "one index far away": [(begin, -9, "a", M, -9, ""), (begin, -9, "b", M, 0, "P6")],
    "one index, behind ids": [
        (begin, None, "a", M, "a", "P15"), (begin, 0, "b", M, 0, ""), (begin, 0, "c", M, 1, "P6"),
    ],
    "one id": [
        (begin, 0, "a", M, 0, ""), (begin, 1, "a", M, 1, ""), (find, 0, "a", 0, ""),
        (find, 1, "a", 1, ""), (find, 2, "a", 1, "P13"), (done, 0, "a", 0, ""),
    ],
    "announced twice": [
        (begin, 0, "a", M, 0, ""), (begin, 0, "a", M, 0, "P6"), (find, 0, "a", 0, ""),
        (done, 0, "a", 0, ""), (begin, 0, "a", M, 1, "P6"), (find, 0, "a", 1, ""),
    ],
    "announced twice, without an id": [(begin, 0, "", M, 0, ""), (begin, 0, "", M, 1, "P6")],
    "told whole, never announced": [
        (done, 0, "a", "x", 0, ""), (done, 0, "b", "y", 1, "P6"), (done, 0, "b", "z", 1, ""),
        (done, 1, "c", "w", 2, "P6"), (find, 0, "a", 0, "P13"), (find, 0, "b", 1, ""),
    ],
    "told whole, one id": [
        (done, 0, "a", "x", 0, ""), (done, 0, "a", "y", 0, ""), (done, 0, "a", "y", F, 1, "P6"),
        (done, 2, "a", "z", 2, ""),
    ],
    "told whole, no names": [
        (done, None, "", "x", 0, "P15"), (done, None, "", "x", 0, "P15"),
        (done, None, "", "y", 1, "P6"), (done, 1, "", "y", 1, ""), (done, 1, "", "z", 2, "P6"),
    ],
    "told whole, no index": [
        (done, None, "a", "x", "a", "P15"), (done, None, "b", "x", "b", "P15"),
        (done, None, "a", "y", F, 0, "P6"),
    ],
    "told whole, by another name": [
        (begin, 0, "a", M, 0, ""), (done, 0, "b", "x", 0, "P3"), (done, 0, "b", "x", 0, ""),
        (done, 0, "c", "x", 0, "P3"), (done, 0, "d", "y", 1, "P6"),
    ],
    "one name for two types": [(begin, 0, "a", M, 0, ""), (begin, 0, "a", F, 1, "P6")],
}  # fmt: skip


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_the_place_of_each_event(steps: list[Step]) -> None:
    items = Items()
    told = [(what(items, *names), (place, quirk)) for what, *names, place, quirk in steps]
    assert [got for got, _ in told] == [expected for _, expected in told]


def test_what_other_ids_add_to_memory() -> None:
    """Of those that are not its own, an item has but one; an own one is in the item."""
    items = Items()
    begin(items, 0, "own", M)
    begin(items, 1, "other", M)
    sizes = [items.call(0, id) for id in ("", "own", "other", "abcd", "abcd", "ab")]
    assert sizes == [0, 0, 0, 4, 0, -2]
    assert items.call(1, "abcd") == 4
    assert items.other_ids == {0: "ab", 1: "abcd"}
    items.named(1, "abcd", over=False)  # it is its own after all
    assert items.other_ids == {0: "ab"}
    assert items.call(1, "xyz") == 3
    assert items.find(9, "abcd") == (1, "P13")


def first(item: str, _: Any) -> str | None:
    return item[0] if item != "-" else None


def whole(item: str, _: Any) -> str:
    return item


def late(item: str, place: Any) -> str | None:
    """Agrees for the items at places from 2 on."""
    return None if place is not None and place < 2 else item[-1]


@pytest.mark.parametrize(
    ("known", "told", "places"),
    [
        ([], [], []),
        ([], ["a"], [None]),
        (["a"], [], []),
        (["a1", "b1"], ["b1", "a1"], [1, 0]),
        (["a1", "a1", "a1"], ["a1", "a1"], [0, 1]),
        (["a1", "a2"], ["a2", "a3"], [1, 0]),
        (["a1"], ["a2", "a3"], [0, None]),
        (["-", "-"], ["-"], [0]),
        (["a1"], ["-"], [None]),
        (["a1", "b2", "c3", "d3"], ["e3", "f3", "g3"], [2, 3, None]),
        (["a1", "b2"], ["e1", "f2"], [None, None]),
    ],
)
def test_what_is_told_once_more(known: list[str], told: list[str], places: list[Any]) -> None:
    """By the first sign that agrees, in the order of the known ones, each once."""
    assert paired(dict(enumerate(known)), told, (whole, first, late)) == places
