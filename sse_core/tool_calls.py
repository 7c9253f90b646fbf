"""Tool calls: which call a fragment belongs to, and what its arguments become.

An index is a hint, not an address: it is missing, always 0, or not even a number with servers that
people use. So a call is found by id, index and name together (``Calls.find``), and its arguments
grow by rules that tell an increment from a repetition (``grown``). The principle: follow the format
to the letter until it is provably wrong, then repair, and always report the repair.

Every rule is a function of the deltas so far, and all of them together look at each character a
fixed number of times.
"""

from __future__ import annotations

from typing import Any, ClassVar

from . import json_text
from .json_path import PathWriter
from .partial_json import Nesting, PartialJSON

__all__ = ["LEGACY", "Call", "Calls", "problem_of"]

#: What arguments may end with that are whole, as JSON.
ENDINGS = frozenset('}] \t\r\n"')

#: How many times as long as another one spelling of the same JSON may be.
SPELLINGS = 8

#: What is longer is not put together from pieces (T13). Providers take names of 64 to 128.
LONG_NAME = 1024

#: The index of the one call there is without ``tool_calls`` (T30).
LEGACY = "legacy"


class Call:
    """What is known of one call. ``pieces`` is its arguments' text so far, in the wire's pieces."""

    __slots__ = (
        "announced", "cumulative", "given", "id", "id_is_synthetic", "kind", "live", "live_to",
        "name", "nesting", "nesting_to", "pieces", "size", "writer",
    )  # fmt: skip
    FORGET: ClassVar = {"live": None, "live_to": 0, "nesting": None, "nesting_to": 0}

    def __init__(self, id: str, name: str, kind: str, pieces: list[str]) -> None:
        self.id = id
        self.name = name
        self.kind = kind
        self.id_is_synthetic = False
        self.announced = True  # the wire says where it begins and ends
        self.pieces = pieces
        self.size = 0  # characters in pieces
        self.given = ""  # arguments that were announced, which count if none come (A4)
        self.cumulative = False  # each fragment repeats all before it (rule A2)
        self.nesting: Nesting | None = None  # how far the text is closed ...
        self.nesting_to = 0  # ... as far as these pieces go
        self.writer: PathWriter | None = None  # of arguments that come place by place
        self.live: PartialJSON | None = None  # the view of half of it, if someone asked ...
        self.live_to = 0

    def void(self) -> None:
        """Begin the arguments again."""
        self.pieces.clear()
        self.size = self.nesting_to = self.live_to = 0
        self.nesting = self.live = None

    def is_more(self, fragment: str) -> bool:
        """A cheap look at a fragment that is not empty: whether it surely is an increment."""
        if self.kind == "custom" or not self.pieces:
            return True
        return len(fragment) < self.size and self.pieces[-1][-1] not in ENDINGS

    def grown(self, fragment: str) -> tuple[str, str]:
        """What this fragment adds to the arguments, and the quirk that was seen, or ``""``.

        A1: a fragment is an increment, unless that is provably wrong.
        A2: it begins with all that came before, and as an increment it could not be JSON: what
            follows is new, and the next ones are expected to do the same (T21).
        A3: the arguments are closed, and it says the same once more: nothing (T20).
        A4: they are ``{}``, and another object begins: that was a placeholder (T19). The caller
            begins again; the answer is all of the fragment.
        """
        if len(fragment) >= self.size:
            text = "".join(self.pieces)
            if fragment.startswith(text) and (self.cumulative or _is_wrong(text + fragment)):
                if self.closed and fragment == text and not self.cumulative:
                    return "", "T20"
                self.cumulative = True
                return fragment[self.size :], "T21"
        if self._may_begin_anew(fragment) and self.closed:
            # Compared only with what may be another spelling of it: that costs no more than the
            # fragment, however often it comes.
            text = "".join(self.pieces)
            if text.strip() == "{}" and fragment.lstrip().startswith("{"):
                return fragment, "T19"
            if _same_json(text, fragment):
                return "", "T20"
        return fragment, ""

    def _may_begin_anew(self, fragment: str) -> bool:
        """A cheap look: does it begin as the arguments began, are they not much longer, and may
        they be over?"""
        if self.size > SPELLINGS * len(fragment) + 64 or self.pieces[-1][-1] not in ENDINGS:
            return False
        start = fragment.lstrip()[:1]
        return bool(start) and "".join(self.pieces).lstrip().startswith(start)

    @property
    def closed(self) -> bool:
        """Whether the arguments' outermost value has ended."""
        if self.nesting is None:
            self.nesting = Nesting()
        for piece in self.pieces[self.nesting_to :]:
            self.nesting.feed(piece)
        self.nesting_to = len(self.pieces)
        return self.nesting.closed

    def view(self) -> PartialJSON:
        """The arguments as far as they have come, parsed; only what is new is looked at."""
        if self.live is None:
            self.live = PartialJSON(changes=False)
        for piece in self.pieces[self.live_to :]:
            self.live.feed(piece)
        self.live_to = len(self.pieces)
        return self.live

    def before_fold(self) -> None:
        """Pieces are about to become one: what reads them piece by piece reads all of them now."""
        if self.live is not None:
            self.view()
        if self.nesting is not None:
            self.closed  # noqa: B018

    def after_fold(self) -> None:
        """They did."""
        if self.live is not None:
            self.live_to = len(self.pieces)
        if self.nesting is not None:
            self.nesting_to = len(self.pieces)

    def joined(self) -> str:
        """The arguments' whole text; the pieces become one."""
        if len(self.pieces) > 1:
            if self.live is not None:
                self.view()
                self.live_to = 1
            self.nesting, self.nesting_to = None, 0
            self.pieces[:] = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    def is_another(self, name: str, fragment: str) -> bool:
        """Whether a delta with this name and these arguments, at a new index, is of another call,
        though the id be the same: the name differs, or other arguments begin behind whole ones."""
        if not name or not self.name:
            return False
        if name != self.name:
            return True
        if not (fragment.lstrip().startswith("{") and self.closed):
            return False
        # As in ``grown``: compared only with what may be another spelling of it.
        return not (self._may_begin_anew(fragment) and _same_json("".join(self.pieces), fragment))

    def take_name(self, name: str) -> str:
        """The name in a delta; what is already there stays. Returns the quirk seen, or ``""``."""
        if not self.name:
            self.name = name
            return ""
        if name == self.name:
            return "T12"
        if name.startswith(self.name):
            self.name = name
            return "T13"
        if not self.size and len(self.name) < LONG_NAME:
            self.name += name
            return "T13"
        return "T12"


class Calls:
    """The calls of one choice, by everything that a delta may name them by."""

    __slots__ = ("by_id", "by_index", "count", "last")

    def __init__(self) -> None:
        self.by_id: dict[str, Any] = {}
        self.by_index: dict[Any, Any] = {}
        self.last: Any = None
        self.count = 0

    def find(self, index: Any, id: str, name: str, fragment: str) -> tuple[Any, str]:
        """The block whose call this delta goes on with, ``None`` if it begins one; and a quirk."""
        if id and id in self.by_id:
            here = self.by_index.get(index)
            if here is not None and here.call.id == id:
                return here, "T10"
            known = self.by_id[id]
            is_new = here is None and index is not None and known.call.is_another(name, fragment)
            return (None, "T33") if is_new else (known, "T10")
        block = self.last if index is None else self.by_index.get(index)
        if block is None:
            return None, "T5" if index and self.last is None and index != LEGACY else ""
        call: Call = block.call
        if id:
            if not name:
                return block, "T6"
            if not call.id and call.name in ("", name):
                return block, ""
            if name == call.name and not call.closed:
                return block, "T6"
            return None, "" if index is None else "T3"
        if not name or not call.name:
            return block, ""
        if index is None:
            return (None, "") if name != call.name or call.closed else (block, "")
        another = call.closed and fragment.lstrip().startswith("{")
        return (None, "T3") if another else (block, "")

    def remember(self, block: Any, index: Any, id: str) -> int:
        """This block was named by these. Returns what that adds to memory, in characters."""
        self.last = block
        before = len(self.by_index) + len(self.by_id)
        if index is not None:
            self.by_index[index] = block
        if id:
            self.by_id.setdefault(id, block)
        return len(id) + 8 if len(self.by_index) + len(self.by_id) > before else 0


def problem_of(text: str, kind: str, max_depth: int | None) -> str:
    """What is wrong with arguments that are said to be whole: see ``ToolCallEnd.problem``."""
    if kind == "custom":
        return ""
    if max_depth is not None and json_text.deeper_than(max_depth, text):
        return "invalid"
    try:
        value = json_text.strict.decode(text)
    except (ValueError, RecursionError):
        return "invalid" if _is_wrong(text) else "cut"
    return "" if isinstance(value, dict) else "not an object"


def _is_wrong(text: str) -> bool:
    """Whether no JSON text begins like this."""
    view = PartialJSON(max_depth=None, changes=False)
    view.feed(text)
    return bool(view.problem)


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json_text.strict.decode(one) == json_text.strict.decode(other))
    except (ValueError, RecursionError):
        return False
