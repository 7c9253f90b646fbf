"""Output items: which of them an event speaks of.

An event names its item by an index and by an id, and servers get either wrong: one index for all,
another one with each event, another id with each event, no index at all. So neither is an address.
An id that is known counts; otherwise the index does; and without an index it is the last item, if
that is not over.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Items"]


class Items:
    """The output items of one response, each at a *place*: its index, as a rule.

    Attributes:
        known: the items themselves, the last word on each, in the order of first sight.
    """

    __slots__ = ("by_id", "by_index", "ids", "known", "last", "other_ids", "over")

    def __init__(self) -> None:
        self.known: dict[Any, Any] = {}
        self.by_index: dict[Any, Any] = {}  # the latest item there, where its place is another
        self.by_id: dict[Any, Any] = {}
        self.ids: dict[Any, str] = {}  # each item's own
        self.other_ids: dict[Any, str] = {}  # the last by which events called it
        self.over: dict[Any, bool] = {}
        self.last: Any = None

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

    def begin(self, index: Any, id: str, type: Any) -> tuple[Any, str]:
        """A place for an item that is announced, and the quirk that was seen, or ``""``.

        It is a new one, though there be another with its index, unless that is the same.
        """
        quirk = "P15" if index is None else ""
        index = (id or 0) if index is None else index
        place = self.by_index.get(index, index)
        if place in self.known:
            again = id and self.ids.get(place) == id and self.known[place].get("type") == type
            if not (again and place not in self.over):
                place = 1 + max(key for key in (*self.known, -1) if isinstance(key, int))
                self.by_index[index] = place
            quirk = "P6"
        self.last = place
        return place, quirk

    def named(self, place: Any, id: str, *, over: bool) -> None:
        """The item at this place says its id, and whether this is all of it."""
        if id:
            self.ids[place] = id
            if self.other_ids.get(place) == id:
                del self.other_ids[place]
            self.by_id[id] = place
        if over:
            self.over[place] = True
