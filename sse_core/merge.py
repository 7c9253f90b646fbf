"""The one state machine: what the dialects read becomes the events of one response.

Rules of this file:

1. Only here is anything accumulated. A dialect calls the verbs, and keeps nothing.
2. It knows no dialect and no provider, by name or by shape.
3. What decides stands in the tables; the handlers are short.
4. A delta costs its own length. Whatever has grown is joined once, when it ends.

Three lives are going on: that of each block (``BLOCKS``), of each choice (``CHOICES``), and that of
the response, whose verdict is the first row of ``OUTCOMES`` that has its evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .blocks import ENDED, HELD, OPEN, BlockState
from .choices import FINISHED, Choices, ChoiceState, MergeLimit, new, shown_choice, unraw
from .events import (
    Citation,
    Finish,
    KeepAlive,
    Logprobs,
    MediaDelta,
    Metadata,
    Opaque,
    Outcome,
    Reset,
    ResponseEnd,
    StreamError,
    StreamEvent,
    Usage,
)
from .json_path import PathWriter
from .json_text import weight
from .limits import Limits
from .output_items import Items
from .response import (
    MediaBlock,
    OtherBlock,
    ReasoningBlock,
    RefusalBlock,
    Response,
    TextBlock,
    ToolCall,
    ToolResult,
)
from .tool_calls import LEGACY, Call, Calls

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OUTCOMES", "MergeLimit", "Merger", "other_format"]

#: Finish reasons after which the response is not what was asked for.
INCOMPLETE_REASONS = frozenset(("length", "content_filter", "refusal", "pause"))

#: The verdict: the first row whose evidence was seen.
OUTCOMES = (
    ("other format", Outcome.NOT_SSE),
    ("error", Outcome.FAILED),
    ("no event", Outcome.EMPTY),
    ("no chunk", Outcome.UNKNOWN),
    ("cut short", Outcome.INCOMPLETE),
    ("cut call", Outcome.INCOMPLETE),
    ("finished", Outcome.COMPLETE),
    ("sentinel", Outcome.UNKNOWN),
    ("end of input", Outcome.TRUNCATED),
)

#: The numbers of a ``Usage`` event, in its order.
COUNTS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)

#: Usage that is larger, in characters of JSON, is none: each ``Usage`` has a copy of all of it.
MOST_USAGE = 8 * 1024

#: The values that are kept in the state.
KEPT = (
    *(Citation, Finish, Opaque, StreamError, Usage),
    *(TextBlock, RefusalBlock, ReasoningBlock, ToolCall, ToolResult, MediaBlock, OtherBlock),
)


class Merger(Choices):
    """The verbs that a dialect calls; ``take`` hands out the events they made.

    Attributes:
        raw: the chunk being read, which the events lead back to.
        offset: bytes of the stream up to its end.
        head: what the dialect remembers of the chunk before, to see cheaply that nothing changed.
        assume: the ids of quirks that cannot be told from a stream, and are to be expected.
    """

    #: What is raised when one of the limits is passed.
    Passed: ClassVar = MergeLimit
    FORGET: ClassVar = {
        "raw": None,
        "_weighed": None,
        "limits": Limits(),
        "_max_size": 0,
        "_max_arguments": 0,
        "_events": (),
    }

    def __init__(self, limits: Limits | None = None, assume: frozenset[str] = frozenset()) -> None:
        super().__init__(limits)
        self.assume = assume
        self.head: Any = None
        self.not_sse = False
        self._weighed: Any = None  # the citation that was counted last
        self.wire_events = 0

    def _clear(self) -> None:
        super()._clear()
        self._usage: Usage | None = None
        self._metadata: dict[str, Any] = {}
        self._items = Items()

    def resume(self, limits: Limits) -> None:
        """After its state was loaded: what is no state."""
        self.use_limits(limits)
        self._events = []

    # -- the response ------------------------------------------------------------------------

    def restart(self) -> None:
        """What came so far is void: another response begins in its place."""
        self._end_open(complete=False)
        self._events.append(Reset(None, None, self.raw))
        self.sentinel, self.head = False, None
        self._clear()

    def usage(
        self,
        data: Any,
        names: Mapping[str, tuple[str, ...]],
        choice: int | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        """Tokens so far, by the wire's names; ``names`` says where each of ``COUNTS`` stands.

        Replaced key by key, never added; a key that is absent or null keeps its value. ``quiet``:
        kept, not shown: the response's own usage says the same.
        """
        if not isinstance(data, dict):
            return
        state = None if choice is None else self._choice(choice)
        last = self._usage if state is None else state.usage
        if last and data == last.data:
            return
        merged = _replaced(last.data if last else {}, data)
        if not merged or (last and merged == last.data):
            return
        if weight(merged) > MOST_USAGE:
            self.unknown()
            return
        counts = [_count(merged, names.get(name, ())) for name in COUNTS]
        usage: Usage = new(Usage, (*counts, merged, choice, self.raw))
        if state is None:
            self._usage = unraw(usage)
        else:
            state.usage = unraw(usage)
        if not quiet:
            self._events.append(usage)

    def metadata(self, data: dict[str, Any], choice: int | None = None) -> None:
        """Facts beside the answer: of each, the last word. ``None`` says nothing."""
        known = self._metadata if choice is None else self._choice(choice).metadata
        news = {
            name: value
            for name, value in data.items()
            if value is not None and (name not in known or known[name] != value)
        }
        if news:
            self._remember(known, news)
            self._events.append(Metadata(news, choice, self.raw))

    def once(self, data: dict[str, Any]) -> None:
        """Facts of which the first word counts."""
        self.metadata({name: value for name, value in data.items() if name not in self._metadata})

    def place(self, index: Any, id: str | None) -> Any:
        """Where the output item is kept that an event names so; ``None`` if it does not."""
        place = self._placed(self._items.find(index, id))
        if id:
            self._add(self._items.call(place, id))
        return place

    def new_place(self, index: Any, id: str = "", type: Any = None) -> Any:
        """Where an output item is kept that is announced now."""
        return self._placed(self._items.begin(index, id, type))

    def whole_place(self, index: Any, id: str, item: dict[str, Any]) -> Any:
        """Where an output item is kept that is told whole now."""
        return self._placed(self._items.told(index, id, item))

    def _placed(self, found: tuple[Any, str]) -> Any:
        place, quirk = found
        if quirk:
            self.habit(quirk)
        return place

    def announce(self, key: Any) -> None:
        """A part of an output item was announced; its key begins with the place and what it is."""
        self._items.parts.setdefault(key[:2], {})[key] = True

    def announced(self, place: Any, what: str) -> dict[Any, bool]:
        """The keys of an output item's parts that were announced, in the order of first sight. Not
        to be changed."""
        return self._items.parts.get((place, what), {})

    def is_over(self, place: Any) -> bool:
        """Whether the output item at this place was told whole."""
        return place in self._items.over

    def item(self, place: Any, item: dict[str, Any], id: str, *, over: bool = False) -> None:
        """The wire's own output item; the last word on each."""
        known = self._items.known
        if place not in known:
            self._check("max_output_items", len(known) + 1)
        self._remember(known, {place: item})
        self._items.named(place, id, over=over)

    @property
    def items(self) -> Mapping[Any, Any]:
        """The output items, by their place, in the order of first sight. Not to be changed."""
        return self._items.known

    def known_item(self, place: Any) -> dict[str, Any] | None:
        """The output item at this place."""
        item: dict[str, Any] | None = self._items.known.get(place)
        return item

    def fail(self, message: str, code: str = "", type: str = "") -> None:
        """The provider reported an error. The blocks that are open stay incomplete.

        Said twice in the same words, it is one error (X8)."""
        self._end_open(complete=False)
        quiet = not any(state.blocks for state in self._choices.values())
        error = StreamError(message, code, type, quiet, self.raw)
        if self._error is None:
            self._error = unraw(error)
        elif (message, code) == (self._error.message, self._error.code):
            return
        self._events.append(error)

    def keep_alive(self, text: str = "") -> None:
        """A sign of life, and nothing more."""
        self._events.append(KeepAlive(text, self.raw))

    # -- what is said ------------------------------------------------------------------------

    def text(self, choice: int, text: str, key: Any = None) -> None:
        """More of the answer's text; ``""`` is nothing. So with the next two."""
        self._say("text", choice, text, key)

    def refusal(self, choice: int, text: str, key: Any = None) -> None:
        """More of why the model will not answer."""
        self._say("refusal", choice, text, key)

    def reasoning(self, choice: int, text: str, key: Any = None, *, summary: bool = False) -> None:
        """More of the model's reasoning, or of its summary."""
        self._say("reasoning", choice, text, key, summary)

    def open(self, choice: int, key: Any, kind: str, id: str = "", **facts: Any) -> None:
        """The wire announces a block: text, refusal, reasoning, call, result, media or other.

        Facts: ``summary`` of reasoning; ``name`` and ``call_kind`` of a call, and ``given``, the
        arguments it has if none come; ``call_id`` and ``name`` of a result; ``media_type`` of
        media; ``type`` of another.
        """
        state = self._choice(choice)
        if state.ending is not None:
            self._end(state.ending, complete=True)
        block = state.keyed.get(key)
        if block is not None and block.state != ENDED:
            if block.kind == kind and (not block.id or id in ("", block.id)):
                block.id = block.id or id  # it was created on demand (P5), or is told twice
                self._learn(block, facts)
                if facts.get("name"):
                    self._move(block, "named")
                return
            self.anomaly("P6")  # two blocks at one place
            self._end(block, complete=False)
        block = self._appear(state, kind, key, id)
        self._learn(block, facts)
        if kind != "call" or facts.get("name"):
            self._move(block, "named")

    def learn(self, choice: int, key: Any, id: str = "", **facts: Any) -> None:
        """More facts of the block that is at this key, as ``open`` takes them; a late name too.
        Its first id counts. Of one that has ended there is no more to learn."""
        block = self._block(choice, key)
        if block is None or block.state == ENDED:
            return
        block.id = block.id or id
        self._learn(block, facts)
        if block.call is not None and block.call.name:
            self._move(block, "named")

    def detail(self, choice: int, key: Any, data: dict[str, Any]) -> None:
        """What the wire says of a block beside its content, by its own names: last word each."""
        block = self._block(choice, key)
        if block is not None:
            self._remember(block.wire, data)
            block.shown = None

    def call(self, choice: int, index: Any, id: str, name: str, fragment: str, kind: str) -> Any:
        """A delta of a call where nothing announces it: it is found by what the delta names.

        Returns the key of its block.
        """
        state = self._choice(choice)
        block, quirk = state.calls.find(index, id, name, fragment)
        if block is not None and block.state == ENDED:
            block = self._resumed(block, fragment)
            if block is None:
                return None
        if quirk:
            self.habit(quirk)
        if block is None:
            if not (id or name or fragment):
                self.unknown()
                return None
            block = self._appear(state, "call", ("call", self._numbers))
            self._learn(block, {"call_kind": kind, "announced": False})
        call = block.call
        self._add(state.calls.remember(block, index, id))
        if id and (call.id_is_synthetic or not call.id):
            call.id, call.id_is_synthetic = id, False
        if name:
            quirk = call.take_name(name)
            if quirk:
                self.habit(quirk)
            if block.state == HELD:
                if not call.id and index != LEGACY:
                    self.habit("T9")
                self._move(block, "named")
        if fragment:
            self._grow_call(state, block, fragment)
        return block.key

    def call_goes_on(self, choice: int, index: int, fragment: str) -> bool:
        """``call``, for the delta of which there are most: it names a known, open call by its
        index, and brings arguments. Says whether it was that."""
        state = self._choices.get(choice)
        block = None if state is None else state.calls.by_index.get(index)
        if state is None or block is None or block.state != OPEN:
            return False
        state.calls.last = block
        if fragment:
            self._grow_call(state, block, fragment)
        return True

    def goes_on(self, choice: int, key: Any, kind: str, text: str) -> bool:
        """More of the block at this key, if there is more, and it is open and of this kind. Says
        whether it was so."""
        state = self._choices.get(choice)
        block = None if state is None else state.keyed.get(key)
        if state is None or block is None or block.state != OPEN or block.kind != kind or not text:
            return False
        if kind == "call":
            self._grow_call(state, block, text)
        else:
            self._grow(state, block, text)
        return True

    def arguments(self, choice: int, key: Any, fragment: str) -> None:
        """More of the arguments of the call at this key."""
        state = self._choice(choice)
        block = self._found(state, key, "call")
        if fragment:
            self._grow_call(state, block, fragment)

    def argument_at(self, choice: int, key: Any, path: str, value: Any, *, more: bool) -> None:
        """One place within the arguments of the call at this key: a JSON path, and its value.

        Text at the same place is appended as long as there is ``more`` of it.
        """
        state = self._choice(choice)
        block = self._found(state, key, "call")
        call = block.call
        assert call is not None
        if call.writer is None:
            call.writer = PathWriter()
        fragment = call.writer.write(path, value, more)
        if fragment is None:
            self.habit("N2")  # it goes back to a place that was left
            self.unknown()
        elif fragment:
            self._grow_call(state, block, fragment)

    def close_arguments(self, choice: int, key: Any) -> None:
        """There are no more places within the arguments of the call at this key."""
        block = self._block(choice, key)
        if block is not None and block.call is not None and block.call.writer is not None:
            rest, block.call.writer = block.call.writer.finish(), None
            self._grow_call(self._choices[choice], block, rest)

    def result(self, choice: int, key: Any, text: str = "", content: Any = None) -> None:
        """What the tool at this key gave back: more text, or all of it as JSON."""
        state = self._choice(choice)
        block = self._found(state, key, "result")
        if content is not None:
            self._remember(block.facts, {"content": content})
        if text:
            self._grow(state, block, text)

    def media(
        self, choice: int, key: Any, data: bytes = b"", transcript: str = "", uri: str = ""
    ) -> None:
        """More bytes of the medium at this key, more words spoken in it, or where it is."""
        state = self._choice(choice)
        block = self._found(state, key, "media")
        if uri:
            block.facts["uri"] = uri
        if transcript:
            transcript = self._whole_characters(block, transcript)
        if data or transcript:
            self._grown(state)
            self._add(len(data) + len(transcript))
            if data:
                block.pieces.append(data)
            if transcript:
                block.transcript.append(transcript)
            event = (block.choice, block.number, data, transcript, self.raw)
            self._events.append(new(MediaDelta, event))

    def other(self, choice: int, key: Any, data: dict[str, Any]) -> None:
        """A part of the answer that has no name here; of each of its facts the last word."""
        block = self._found(self._choice(choice), key, "other")
        self._remember(block.wire, data)

    def void(self, choice: int, key: Any) -> None:
        """What was shown of the block at this key does not count."""
        block = self._block(choice, key)
        if block is not None and block.state != ENDED:
            self._void(block)

    def citation(
        self,
        choice: int,
        key: Any,
        data: Any,
        *,
        url: Any = "",
        title: Any = "",
        start: Any = None,
        end: Any = None,
    ) -> None:
        """A source, of the block at this key; of the open flow, or of none, if that is ``None``."""
        state = self._choice(choice)
        block = state.flow if key is None else state.keyed.get(key)
        number = None if block is None else block.number
        first, last = (place if type(place) is int else None for place in (start, end))
        event = Citation(choice, number, _text(url), _text(title), first, last, data, self.raw)
        if data is not self._weighed:  # several places may share one
            self._add(weight(data))
            self._weighed = data
        (state if block is None else block).citations.append(unraw(event))
        if block is not None:
            block.shown = None
        self._events.append(event)

    def logprobs(self, choice: int, channel: str, tokens: list[Any]) -> None:
        """Log probabilities of the next tokens, in the wire's own form."""
        if tokens:
            self._add(weight(tokens))
            self._choice(choice).logprobs.setdefault(channel, []).extend(tokens)
            self._events.append(Logprobs(choice, channel, tuple(tokens), self.raw))

    def opaque(self, choice: int, key: Any, kind: str, data: str) -> None:
        """What is to be handed back byte for byte. Of each kind the last word counts.

        ``key`` as with ``citation``."""
        state = self._choice(choice)
        block = state.flow if key is None else state.keyed.get(key)
        number = None if block is None else block.number
        kept = (state if block is None else block).opaque
        event = Opaque(choice, number, kind, data, self.raw)
        if any(known.kind == kind and known.data == data for known in kept):
            return
        kept[:] = [known for known in kept if known.kind != kind]
        kept.append(unraw(event))
        if block is not None:
            block.shown = None
        self._add(len(data))
        self._events.append(event)

    def role(self, choice: int, role: str) -> None:
        """Who speaks; the first word counts."""
        state = self._choice(choice)
        state.role = state.role or role

    # -- ends --------------------------------------------------------------------------------

    def end(self, choice: int, key: Any, value: str | None = None, *, cut: bool = False) -> None:
        """The wire ends the block at this key; ``value`` is all of it, if it says so once more.

        That value is the truth: what was not shown of it is shown now (P4). ``cut``: the provider
        says that it was cut.
        """
        block = self._block(choice, key)
        if block is None or block.state == ENDED:
            return
        if value is not None:
            self._agree(block, value)
        self._end(block, complete=True, cut=cut)

    def end_unless_cut(self, choice: int, key: Any) -> None:
        """The wire ends the open block at this key, also if it was cut: what follows will tell."""
        state = self._choice(choice)
        state.ending = state.keyed.get(key)

    def agree(self, choice: int, key: Any, value: str) -> None:
        """The wire says the whole value of the block at this key, which goes on."""
        block = self._block(choice, key)
        if block is not None and block.state != ENDED:
            self._agree(block, value)

    def finish(
        self,
        choice: int,
        reason: str,
        raw: str,
        *,
        derived: bool = False,
        provisional: bool = False,
    ) -> None:
        """The provider said why this choice ends. ``provisional``: if nothing follows."""
        state = self._choice(choice)
        finish = Finish(choice, reason, raw, derived, self.raw)
        if provisional:
            state.pending = finish
        else:
            self._finish(state, finish)

    def done(self) -> None:
        """The closing sentinel came."""
        self.sentinel = True
        for state in self._choices.values():
            if state.pending is not None:
                self._finish(state, state.pending)
        self._end_open(complete=True)

    # -- the verbs of the stream -------------------------------------------------------------

    def came(self, raw: Any, offset: int) -> None:
        """A wire event came, which is now being read."""
        self.raw, self.offset = raw, offset
        self.wire_events += 1

    def close(self, offset: int) -> None:
        """The input is over."""
        self.raw, self.offset = None, offset
        for state in self._choices.values():
            if state.pending is not None:
                self._finish(state, state.pending)
        for state in self._choices.values():
            for block in tuple(state.open.values()):
                self._end(block, complete=self.sentinel)
        self._events.append(
            ResponseEnd(self.outcome, self._finished, self.sentinel, offset, self._error)
        )

    def take(self) -> list[StreamEvent]:
        """The events made since the last call."""
        events, self._events, self.raw = self._events, [], None
        return events

    # -- what can be asked -------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The response's id."""
        return self._id

    @property
    def begun(self) -> bool:
        """Whether anything of this dialect came."""
        return self._begun

    @property
    def over(self) -> bool:
        """Whether the response has said that it ends: nothing but facts beside it may follow."""
        return self.sentinel or self._error is not None or self._finished

    @property
    def outcome(self) -> Outcome:
        """The verdict if the input ended here."""
        states = self._choices.values()
        reasons = {finish.reason for state in states if (finish := state.finish or state.pending)}
        evidence = {
            "other format": self.not_sse,
            "error": self._error is not None or "error" in reasons,
            "no event": self.wire_events == 0,
            "no chunk": not self._begun and not self.sentinel,
            "cut short": bool(reasons & INCOMPLETE_REASONS),
            "cut call": self._finished and self._has_cut_call(),
            "finished": self._finished,
            "sentinel": self.sentinel,
            "end of input": True,
        }
        return next(outcome for sign, outcome in OUTCOMES if evidence[sign])

    @property
    def _finished(self) -> bool:
        """Whether every choice that was begun has its reason, and there is one. A choice that
        spoke again after its reason has it only if the sentinel says that this was all."""
        states = self._choices.values()
        return bool(states) and all(
            state.pending or state.state == FINISHED or (state.finish and self.sentinel)
            for state in states
        )

    def _has_cut_call(self) -> bool:
        return any(
            block.kind == "call" and block.state == ENDED and block.problem == "cut"
            for state in self._choices.values()
            for block in state.blocks
        )

    def response(self) -> Response:
        """All that was said, up to here."""
        choices = tuple(shown_choice(self._choices[index]) for index in sorted(self._choices))
        usage = self._usage
        if usage is None:
            by_choice = [choice.usage for choice in choices if choice.usage is not None]
            usage = by_choice[0] if len(by_choice) == 1 else None
        return Response(
            self._id,
            self._model,
            choices,
            usage,
            self.outcome,
            self._error,
            dict(self._metadata),
            dict(self._items.known),
        )


# -- small things --------------------------------------------------------------------------------


def _replaced(old: Any, data: dict[str, Any], depth: int = 8) -> dict[str, Any]:
    """The old facts with the new ones put in key by key, so deep; null says nothing."""
    merged = dict(old) if isinstance(old, dict) else {}
    for name, value in data.items():
        if isinstance(value, dict) and depth:
            merged[name] = _replaced(merged.get(name), value, depth - 1)
        elif value is not None or name not in merged:
            merged[name] = value
    return merged


def _count(data: dict[str, Any], path: tuple[str, ...]) -> int | None:
    """The number at one of the places ``"a.b"``, the first that is there."""
    for place in path:
        value: Any = data
        for name in place.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and value.isdecimal() and len(value) < 20:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is int:
            return value
    return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def other_format(head: bytes | bytearray) -> str | None:
    """What a body that held no event is, by its first byte: ``"JSON"``, ``"HTML"`` or neither."""
    return {b"{": "JSON", b"[": "JSON", b"<": "HTML"}.get(bytes(head.lstrip()[:1]))


#: What a merger's state is made of, for ``states.from_plain``.
STATE_CLASSES = (Merger, BlockState, ChoiceState, Call, Calls, Items, PathWriter, *KEPT)
