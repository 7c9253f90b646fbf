"""The choices of a response, and the blocks they consist of: how they begin, grow and end.

``merge.py`` has the verbs; this is the machine below them. Each choice finds its blocks by their
*keys*: the wire's own index, or several. Without a key it is the choice's *flow*: text, refusal and
reasoning of formats that announce no blocks. The flow ends when anything else begins, as it would
where blocks are announced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from .blocks import BLOCKS, DELTAS, ENDED, HELD, OPEN, SHOW, BlockState, shown
from .events import (
    Anomaly,
    Citation,
    Finish,
    MediaDelta,
    Metadata,
    Opaque,
    ResponseStart,
    StreamError,
    StreamEvent,
    Unknown,
    Usage,
)
from .json_text import SURROGATE, mended, weight, write
from .limits import Limits
from .partial_json import PartialJSON
from .response import Choice
from .tool_calls import Call, Calls, problem_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CHOICES", "ChoiceState", "Choices", "MergeLimit", "new", "shown_choice", "unraw"]

#: The life of a choice: state, what happens, then the next state and whether its reason is told.
#: A reason may come early; what comes after it is kept, and needs a reason of its own.
SPEAKING, FINISHED, AGAIN = "speaking", "finished", "speaking again"
CHOICES: dict[str, dict[str, tuple[str, bool]]] = {
    SPEAKING: {"grows": (SPEAKING, False), "reason": (FINISHED, True)},
    FINISHED: {
        "grows": (AGAIN, False),
        "reason": (FINISHED, False),
        "stronger reason": (FINISHED, True),
    },
    AGAIN: {"grows": (AGAIN, False), "reason": (FINISHED, True)},
}

#: How much each reason says: of two for the same words, the stronger counts (E4).
STRENGTH = {"other": 0, "stop": 0, "tool_calls": 1}
STRONGEST = 2

#: Finish reasons behind which what was being said is whole; any other may have cut it.
WHOLE_REASONS = frozenset(("stop", "tool_calls"))

#: Kinds of calls whose arguments are JSON of the model's own: where that is closed, nothing is cut.
PROVEN_KINDS = frozenset(("function", "mcp"))

#: Calls that wait for the caller's answer; the others are run by the provider.
CALLERS_KINDS = frozenset(("function", "custom", "builtin"))

new = tuple.__new__  # the public constructors check; on this path there is nothing to check


class MergeLimit(Exception):
    """One of the ``Limits`` of merging was passed: its name, its value, what was seen."""


class ChoiceState:
    """All that is known of one choice. A state, moved by ``Choices`` alone."""

    __slots__ = (
        "blocks",
        "calls",
        "citations",
        "ending",
        "finish",
        "flow",
        "index",
        "keyed",
        "logprobs",
        "metadata",
        "opaque",
        "open",
        "pending",
        "role",
        "snapshot",
        "state",
        "told",
        "usage",
    )  # fmt: skip

    def __init__(self, index: int) -> None:
        self.index = index
        self.role = ""
        self.state = SPEAKING
        self.blocks: list[BlockState] = []
        self.open: dict[int, BlockState] = {}
        self.keyed: dict[Any, BlockState] = {}
        self.flow: BlockState | None = None
        self.ending: BlockState | None = None  # a call that has ended, unless it was cut
        self.calls = Calls()
        self.snapshot: str | None = ""  # all the text, as the wire said it last (C16)
        self.finish: Finish | None = None
        self.pending: Finish | None = None  # a reason that counts if nothing follows
        self.usage: Usage | None = None
        self.logprobs: dict[str, list[Any]] = {}
        self.citations: list[Citation] = []
        self.told: set[str] = set()  # what counts once, as JSON
        self.opaque: list[Opaque] = []
        self.metadata: dict[str, Any] = {}


class Choices:
    """The state of all choices. ``raw`` is the chunk being read, ``offset`` where it ends."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.raw: Any = None
        self.offset = 0
        self.sentinel = False
        self._events: list[StreamEvent] = []
        self._habits: set[str] = set()  # those that were reported
        self._numbers = 0  # blocks so far
        self._size = 0
        self.use_limits(limits or Limits())
        self._clear()

    def _clear(self) -> None:
        """What belongs to the response, as before it began."""
        self._begun = False
        self._id = self._model = ""
        self._error: StreamError | None = None
        self._choices: dict[int, ChoiceState] = {}

    def use_limits(self, limits: Limits) -> None:
        """The limits, and those of them that every delta asks for."""
        self.limits = limits
        self._max_size = limits.max_accumulated_bytes or float("inf")
        self._max_arguments = limits.max_tool_argument_bytes or float("inf")

    def begin(self, id: str = "", model: str = "") -> None:
        """A chunk of this dialect was recognised. The first begins the response; of several ids
        and models the first that are not empty count."""
        if not self._begun:
            self._begun = True
            self._id, self._model = id, model
            self._events.append(ResponseStart(id, model, self.raw))
        else:
            late = {
                name: value
                for name, value, known in (("id", id, self._id), ("model", model, self._model))
                if value and not known
            }
            if late:
                self._id, self._model = self._id or id, self._model or model
                self._events.append(Metadata(late, None, self.raw))

    def anomaly(self, quirk: str) -> None:
        """A deviation was seen, and read all the same."""
        self._events.append(Anomaly(quirk, self.offset, self.raw))

    def habit(self, quirk: str) -> None:
        """A deviation that is likely to return with every chunk: reported once."""
        if quirk not in self._habits:
            self._habits.add(quirk)
            self.anomaly(quirk)

    def unknown(self) -> None:
        """Something of the chunk being read was not understood."""
        self._events.append(Unknown(self.raw))

    # -- what can be asked -------------------------------------------------------------------

    def spoke(self, choice: int) -> bool:
        """Whether this choice has said anything."""
        return choice in self._choices and bool(self._choices[choice].blocks)

    def said(self, choice: int, kind: str) -> str:
        """All that the blocks of this kind have said so far, joined: costs its length."""
        blocks = self._choices[choice].blocks if choice in self._choices else ()
        return "".join("".join(block.pieces) for block in blocks if block.kind == kind)

    def news(self, choice: int, text: str) -> str:
        """What is new in a text that repeats all before it (C16): after one that did not, all."""
        state = self._choice(choice)
        last = state.snapshot
        if last is None or not text:
            return text
        if not text.startswith(last):
            state.snapshot = None
            return text
        if last:
            self.habit("C16")
        state.snapshot = text
        return text[len(last) :]

    def is_new(self, choice: int, fact: Any) -> bool:
        """Whether these JSON values come for the first time; from now on they do not."""
        known, text = self._choice(choice).told, write(fact)
        if text in known:
            return False
        self._add(len(text))
        known.add(text)
        return True

    def said_at(self, choice: int, key: Any) -> str:
        """What the block at this key has said so far, joined: costs its length."""
        block = self._block(choice, key)
        return "" if block is None else "".join(block.pieces)

    def has_said(self, choice: int, key: Any) -> bool:
        """Whether the block at this key has said anything so far."""
        block = self._block(choice, key)
        return block is not None and bool(block.pieces)

    def lacks_arguments(self, choice: int, key: Any) -> bool:
        """Whether there is an open call at this key, without any arguments so far."""
        block = self._block(choice, key)
        if block is None or block.call is None or block.state == ENDED:
            return False
        return not (block.pieces or block.call.given)

    def has_places(self, choice: int, key: Any) -> bool:
        """Whether the arguments of the call at this key come place by place, and some came."""
        block = self._block(choice, key)
        return block is not None and block.call is not None and block.call.writer is not None

    def is_in_text(self, choice: int, key: Any) -> bool:
        """Whether the arguments of the call at this key come place by place, and the wire said of
        the last place, a text, that it goes on."""
        block = self._block(choice, key)
        return block is not None and _is_in_text(block)

    def detail_at(self, choice: int, key: Any, name: str) -> Any:
        """What the wire said of the block at this key under this name; ``None`` if nothing."""
        block = self._block(choice, key)
        return None if block is None else block.wire.get(name)

    def bytes_at(self, choice: int, key: Any) -> bytes:
        """The bytes so far of the medium at this key."""
        block = self._block(choice, key)
        return b"" if block is None else b"".join(block.pieces)

    def keys(self, choice: int) -> list[Any]:
        """The keys of all blocks, the last one first."""
        state = self._choices.get(choice)
        return [] if state is None else [block.key for block in reversed(state.blocks)]

    def citations_at(self, choice: int, key: Any) -> Sequence[Citation]:
        """The citations that the block at this key has."""
        block = self._block(choice, key)
        return () if block is None else block.citations

    def last_call_id(self, choice: int) -> str:
        """The id of the last call."""
        state = self._choices.get(choice)
        blocks = () if state is None else reversed(state.blocks)
        return next((block.call.id for block in blocks if block.call is not None), "")

    def was_reported(self, quirk: str) -> bool:
        """Whether this habit was."""
        return quirk in self._habits

    def has_any(self, choice: int, kind: str) -> bool:
        """Whether this choice has any block of this kind."""
        state = self._choices.get(choice)
        return state is not None and any(block.kind == kind for block in state.blocks)

    @property
    def has_several_choices(self) -> bool:
        """Whether more than one choice has begun."""
        return len(self._choices) > 1

    def is_pending(self, choice: int) -> bool:
        """Whether a reason came that counts if nothing follows."""
        return choice in self._choices and self._choices[choice].pending is not None

    @property
    def next_key(self) -> Any:
        """A key that no block has yet, for formats whose blocks have none."""
        return ("block", self._numbers)

    def last_piece(self, choice: int) -> str:
        """The last delta of the open flow."""
        state = self._choices.get(choice)
        return "" if state is None or state.flow is None else "".join(state.flow.pieces[-1:])

    def has(self, choice: int, key: Any, kind: str = "") -> bool:
        """Whether a block at this key (of this kind) is open."""
        block = self._block(choice, key)
        return block is not None and block.state != ENDED and kind in ("", block.kind)

    def knows(self, choice: int, key: Any) -> bool:
        """Whether there is, or was, a block at this key."""
        return self._block(choice, key) is not None

    def awaits_answers(self, choice: int) -> bool:
        """Whether this choice has calls that its caller is to run."""
        state = self._choices.get(choice)
        return state is not None and any(
            block.call is not None and block.call.kind in CALLERS_KINDS for block in state.blocks
        )

    def live(self, number: int) -> PartialJSON | None:
        """The view of the half-arrived arguments of this block; ``None`` if it is no call."""
        for state in self._choices.values():
            open_one = state.open.get(number)
            for block in state.blocks if open_one is None else (open_one,):
                if block.number == number and block.call is not None:
                    return block.call.view()
        return None

    # -- how it works ------------------------------------------------------------------------

    def _choice(self, index: int) -> ChoiceState:
        state = self._choices.get(index)
        if state is None:
            self._check("max_choices", len(self._choices) + 1)
            state = self._choices[index] = ChoiceState(index)
        return state

    def _block(self, choice: int, key: Any) -> BlockState | None:
        state = self._choices.get(choice)
        if state is None:
            return None
        return state.flow if key is None else state.keyed.get(key)

    def _say(self, kind: str, choice: int, text: str, key: Any, summary: bool = False) -> None:
        if not text:
            return
        state = self._choices.get(choice) or self._choice(choice)
        block = state.flow if key is None else state.keyed.get(key)
        if block is None or block.kind != kind or block.state == ENDED:
            block = self._appear(state, kind, key)
            if summary:
                block.facts["summary"] = True
            self._move(block, "named")
        self._grow(state, block, text)

    def _found(self, state: ChoiceState, key: Any, kind: str) -> BlockState:
        """The open block at this key, created if the wire did not announce it (P5)."""
        block = state.keyed.get(key)
        if block is None or block.kind != kind or block.state == ENDED:
            self.habit("P5" if block is None or block.state == ENDED else "P6")
            block = self._appear(state, kind, key)
            self._learn(block, {})
            if kind != "call":
                self._move(block, "named")
        return block

    def _appear(self, state: ChoiceState, kind: str, key: Any, id: str = "") -> BlockState:
        self.begin()
        self._grown(state)
        for before in (state.flow, state.ending):
            if before is not None:
                self._end(before, complete=True)
        self._check("max_output_items", self._numbers + 1)
        if kind == "call":
            state.calls.count += 1
            self._check("max_tool_calls", state.calls.count)
        block = BlockState(state.index, self._numbers, kind, key, id)
        self._numbers += 1
        state.blocks.append(block)
        state.open[block.number] = block
        if key is None:
            state.flow = block
        else:
            state.keyed[key] = block
        return block

    def _learn(self, block: BlockState, facts: dict[str, Any]) -> None:
        if block.kind == "call":
            call = block.call
            if call is None:
                call = block.call = Call(block.id, "", "function", block.pieces)
            call.name = facts.get("name") or call.name
            call.kind = facts.get("call_kind") or call.kind
            call.announced = facts.get("announced", call.announced)
            if facts.get("call_id"):
                call.id, call.id_is_synthetic = facts["call_id"], False
            if facts.get("given"):
                call.given = facts["given"]
                self._add(len(call.given))
        else:
            block.facts.update(facts)

    def _grown(self, state: ChoiceState) -> None:
        """The choice goes on: a reason that counted if nothing followed does not count."""
        state.pending = None
        if state.state == FINISHED:
            self.habit("E5")
            state.state = CHOICES[FINISHED]["grows"][0]

    def _grow(self, state: ChoiceState, block: BlockState, text: str) -> int:
        """More of the block; how many characters of it count now."""
        if block.half or not text.isascii():
            text = self._whole_characters(block, text)
            if not text:
                return 0
        if state.pending is not None:
            state.pending = None
        self._size += len(text)
        if self._size > self._max_size:
            self._exceeded("max_accumulated_bytes", self._size)
        block.pieces.append(text)
        if len(block.pieces) >= block.full:
            block.fold()
        if block.state == OPEN:  # the row OPEN, grows
            event = (block.choice, block.number, text, self.raw)
            self._events.append(new(DELTAS[block.kind], event))
        return len(text)

    def _grow_call(self, state: ChoiceState, block: BlockState, fragment: str) -> None:
        call = block.call
        assert call is not None
        if not call.is_more(fragment):
            fragment, quirk = call.grown(fragment)
            if quirk:
                self.habit(quirk)
                if quirk == "T19":
                    self._void(block)
            if not fragment:
                return
        call.size += self._grow(state, block, fragment)
        if call.size > self._max_arguments:
            self._exceeded("max_tool_argument_bytes", call.size)

    def _resumed(self, block: BlockState, fragment: str) -> BlockState | None:
        """A delta for a call that has ended: only of one that was cut is there more to say."""
        call = block.call
        assert call is not None
        if not fragment:
            return None
        if block.complete or call.closed:
            self.habit("E5")
            self.unknown()
            return None
        state = self._choices[block.choice]
        again = self._appear(state, "call", ("call", self._numbers))
        known = {"name": call.name, "call_kind": call.kind, "call_id": call.id}
        self._learn(again, {**known, "announced": False})
        assert again.call is not None
        again.call.id_is_synthetic = call.id_is_synthetic
        if call.name:
            self._move(again, "named")
        if said := call.joined():
            self._grow_call(state, again, said)
        return again

    def _void(self, block: BlockState) -> None:
        block.pieces.clear()
        block.transcript.clear()
        block.half = ""
        if block.call is not None:
            block.call.void()
        self._move(block, "voided")

    def _agree(self, block: BlockState, value: str) -> None:
        state = self._choices[block.choice]
        block.half = ""
        if block.kind not in DELTAS or not value:
            return  # shims say nothing where they leave it out
        said = "".join(block.pieces)
        if value == said:
            return
        if not said:
            self.habit("P4")
        elif not value.startswith(said):
            self.anomaly("N1")
            self._void(block)
            said = ""
        grown = self._grow(state, block, value[len(said) :])
        if block.call is not None:
            block.call.size += grown
            if block.call.size > self._max_arguments:
                self._exceeded("max_tool_argument_bytes", block.call.size)
            block.call.writer = None  # the value is all of it

    def _whole_characters(self, block: BlockState, text: str) -> str:
        """J1, J3: a high surrogate at the end waits for its partner; a lone half is U+FFFD."""
        if block.half:
            self.habit("J1")
            text, block.half = block.half + text, ""
        if SURROGATE.search(text):
            if "\ud800" <= text[-1] <= "\udbff":
                text, block.half = text[:-1], text[-1]
            whole: str = mended(text)
            if "\ufffd" in whole and whole.count("\ufffd") > text.count("\ufffd"):
                self.habit("J3")
            text = whole
        return text

    def _give_up_half(self, block: BlockState) -> None:
        """The partner of the surrogate that is held never came."""
        block.half = ""
        self.habit("J3")
        if block.kind == "media":
            block.transcript.append("\ufffd")
            event = (block.choice, block.number, b"", "\ufffd", self.raw)
            self._events.append(new(MediaDelta, event))
        else:
            self._grow(self._choices[block.choice], block, "\ufffd")

    def _finish(self, state: ChoiceState, finish: Finish) -> None:
        state.pending = None
        if not finish.raw:
            self.habit("E11")  # nobody said it: it is clear from what came
        for block in tuple(state.open.values()):
            cut = finish.reason not in WHOLE_REASONS or _is_in_text(block)
            self._end(block, complete=finish.reason != "error", cut=cut)
        if finish.reason == "stop" and self.awaits_answers(state.index):
            finish = Finish(finish.choice, "tool_calls", finish.raw, True, finish.chunk)
        event = "reason"
        if state.state == FINISHED and state.finish is not None:
            if finish.raw != state.finish.raw:
                self.habit("E4")
            ranks = [STRENGTH.get(f.reason, STRONGEST) for f in (finish, state.finish)]
            if ranks[0] > ranks[1]:
                event = "stronger reason"
        state.state, told = CHOICES[state.state][event]
        if told:
            state.finish = unraw(finish)
            self._events.append(finish)

    def _end_open(self, *, complete: bool) -> None:
        for state in self._choices.values():
            for block in tuple(state.open.values()):
                self._end(block, complete=complete)

    def _end(self, block: BlockState, *, complete: bool, cut: bool = False) -> None:
        if block.half:
            self._give_up_half(block)
        block.complete = complete
        if block.call is not None:
            self._settle(block, block.call, cut)
        elif block.kind != "media":
            block.pieces[:] = ["".join(block.pieces)]
        self._move(block, "ends")
        state = self._choices[block.choice]
        del state.open[block.number]
        if state.flow is block:
            state.flow = None
        if state.ending is block:
            state.ending = None

    def _settle(self, block: BlockState, call: Call, cut: bool) -> None:
        """Whether the arguments are whole. Where they may be cut, none and ``{}`` may be half."""
        if call.given and call.pieces:
            self.habit("A6")  # what came in the deltas counts
        elif call.given:
            self._grow(self._choices[block.choice], block, call.given)
        if call.writer is not None and block.complete and not cut:
            rest = call.writer.finish()
            if rest:
                self._grow(self._choices[block.choice], block, rest)
        text = call.joined()
        if not text.strip() and block.complete and not cut and call.kind != "custom":
            if not call.announced:
                self.habit("T18")
            self._grow(self._choices[block.choice], block, "{}")
            text = call.joined()
        if len(text) > self._max_arguments:  # what the end adds counts, too
            self._exceeded("max_tool_argument_bytes", len(text))
        if not block.complete or (cut and (call.kind not in PROVEN_KINDS or text.strip() == "{}")):
            block.problem = "cut"
        else:
            block.problem = problem_of(text, call.kind, self.limits.max_json_depth)
        block.complete = not block.problem

    def _move(self, block: BlockState, what: str) -> None:
        """Go on in the table of ``BLOCKS``, and show what it says."""
        before = block.state
        block.state, steps = BLOCKS[before][what]
        for step in steps:
            event = SHOW[step](block, self.raw) if step != "delta" or block.pieces else None
            if event is not None:
                self._events.append(event)
        if what == "named" and before == HELD and block.kind == "other":
            self._events.append(Unknown(self.raw))

    def _remember(self, facts: dict[Any, Any], news: dict[Any, Any]) -> None:
        """Facts of which the last word counts, in memory and against its limit."""
        last = {name: facts[name] for name in news if name in facts}
        self._add(weight(news) - weight(last))
        facts.update(news)

    def _add(self, size: int) -> None:
        self._size += size
        if self._size > self._max_size:
            self._exceeded("max_accumulated_bytes", self._size)

    def _check(self, limit: str, count: int) -> None:
        maximum = getattr(self.limits, limit)
        if maximum is not None and count > maximum:
            self._exceeded(limit, count)

    def _exceeded(self, limit: str, count: int) -> NoReturn:
        maximum = getattr(self.limits, limit)
        raise MergeLimit(limit, maximum, min(count, maximum + 1))


# -- what the response shows ---------------------------------------------------------------------


def shown_choice(state: ChoiceState) -> Choice:
    """The choice's place in the response."""
    return Choice(
        state.index,
        state.role,
        tuple(shown(block) for block in state.blocks if block.state != HELD),
        state.finish,
        state.usage,
        {channel: tuple(tokens) for channel, tokens in state.logprobs.items()},
        tuple(state.citations),
        tuple(state.opaque),
        dict(state.metadata),
    )


def _is_in_text(block: BlockState) -> bool:
    call = block.call
    return call is not None and call.writer is not None and call.writer.in_string


def unraw(event: Any) -> Any:
    """The event without its chunk, so that what is kept does not keep the chunk."""
    return new(type(event), (*event[:-1], None))
