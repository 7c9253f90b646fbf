"""Output items: which of them an event speaks of.

An event names its item by an index and by an id, and servers get either wrong: one index for all,
another one with each event, another id with each event, no index at all. So neither is an address.
An id that is known counts; otherwise the index does; and without an index it is the last item, if
that is not over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["Items", "paired"]


class Items:
    """The output items of one response, each at a *place*: its index, as a rule.

    Attributes:
        known: the items themselves, the last word on each, in the order of first sight.
    """

    __slots__ = ("by_id", "by_index", "free", "ids", "known", "last", "other_ids", "over", "parts")

    def __init__(self) -> None:
        self.known: dict[Any, Any] = {}
        self.by_index: dict[Any, Any] = {}  # the latest item there, where its place is another
        self.by_id: dict[Any, Any] = {}
        self.ids: dict[Any, str] = {}  # each item's own
        self.other_ids: dict[Any, str] = {}  # the last by which events called it
        self.over: dict[Any, bool] = {}
        self.parts: dict[Any, dict[Any, bool]] = {}  # keys of those that were announced
        self.last: Any = None
        self.free = 0  # a place that no item has, nor any above it

    def find(self, index: Any, id: str | None) -> tuple[Any, str]:
        """The place of the item with this index and id, and the quirk that was seen, or ``""``."""
        if index is None:
            named = self.by_id.get(id)
            if named is None and self.last is not None and self.last not in self.over:
                named = self.last
            return (id or 0) if named is None else named, "P15"
        place = self.by_index.get(index, index)
        if id is None:
            return place, ""
        named, own = self.by_id.get(id), self.ids.get(place)
        if named == place or (own and own == id):
            return place, ""
        if named is not None:
            return named, "P13"
        return place, "P3" if own else ""

    def call(self, place: Any, id: str) -> int:
        """The item at this place was called by this id, which need not be its own. Only the last
        such id is remembered: there may be one for each event. Returns what that adds to memory,
        in characters."""
        if not id or id in self.by_id:
            return 0
        before = self.other_ids.get(place, "")
        if before:
            del self.by_id[before]
        self.by_id[id], self.other_ids[place] = place, id
        return len(id) - len(before)

    def begin(self, index: Any, id: str, type: Any = None) -> tuple[Any, str]:
        """A place for an item that is announced, and the quirk that was seen, or ``""``.

        It is a new one, though there be another with its index, unless that is the same.
        """
        quirk = "P15" if index is None else ""
        index = (id or 0) if index is None else index
        place = self.by_index.get(index, index)
        if place in self.known:
            again = id and self.ids.get(place) == id and self.known[place].get("type") == type
            if not (again and place not in self.over):
                place = self.by_index[index] = self.free
            quirk = "P6"
        self.last = place
        return place, quirk

    def told(self, index: Any, id: str, item: dict[str, Any]) -> tuple[Any, str]:
        """The place of an item that is told whole, and the quirk that was seen, or ``""``.

        It is a new one, if the item at its place was told whole before, and was another.
        """
        place, quirk = self.find(index, id or None)
        if place not in self.over or self.known[place] == item:
            return place, quirk
        is_named = id and self.by_id.get(id) == place and quirk != "P13"
        if is_named and self.known[place].get("type") == item.get("type"):
            return place, quirk
        return self.begin(index, id)

    def named(self, place: Any, id: str, *, over: bool) -> None:
        """The item at this place says its id, and whether this is all of it."""
        if id:
            self.ids[place] = id
            if self.other_ids.get(place) == id:
                del self.other_ids[place]
            self.by_id[id] = place
        if over:
            self.over[place] = True
        if isinstance(place, int):
            self.free = max(self.free, place + 1)


def paired(
    known: Mapping[Any, Any], told: list[Any], signs: Iterable[Callable[[Any, Any], Any]]
) -> list[Any]:
    """For each item that is told once more the place of the known one that it is, or ``None``.

    By the first of the signs in which they agree; of several, the first. A sign is made of an item
    and its place, ``None`` for one that is told; ``None`` agrees with nothing.
    """
    places: list[Any] = [None] * len(told)
    left = dict(known)
    for sign in signs:
        waiting: dict[Any, list[Any]] = {}
        for place in reversed(left):
            waiting.setdefault(sign(left[place], place), []).append(place)
        for number, item in enumerate(told):
            seen = sign(item, None) if places[number] is None else None
            if seen is not None and waiting.get(seen):
                places[number] = waiting[seen].pop()
                del left[places[number]]
    return places
