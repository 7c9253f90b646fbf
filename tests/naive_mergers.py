"""Mergers as people write them by hand, and the shortcuts they take.

Each is right about a clean stream and repairs nothing: ``text += delta``, arguments by index, stop
at ``[DONE]``. A fault is one shortcut more, by a name of ``FAULTS``. The vectors of the dialects
are worth something if these fail them; see ``test_dialect_vectors.py``.

::

    outcome, response = read("anthropic", stream, faults={"usage-added"})

``response`` has the keys of the vectors. What a stream says that a merger was not written for
raises whatever Python raises: that is a failure like another.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Container, Iterator
from itertools import pairwise
from typing import Any, ClassVar

__all__ = ["FAULTS", "read"]

Object = dict[str, Any]


#: The shortcuts, and what each does.
FAULTS: dict[str, str] = {
    # -- the wire
    "needs-space": "looks for 'data: ' with its space",
    "lf-only": "knows LF, and no other line end",
    "unicode-lines": "str.splitlines: U+2028 ends a line",
    "keeps-bom": "leaves the byte order mark on the first field's name",
    "line-is-payload": "each data line is a payload",
    "comment-is-payload": "a comment is a payload",
    "empty-is-payload": "parses empty data",
    "field-is-event": "any block that has a field is an event",
    "latin-1": "decodes the stream as Latin-1",
    "strict-utf-8": "raises at what is no UTF-8",
    "sentinel-anywhere": "looks for [DONE] within the data",
    "tail-is-event": "dispatches what stands behind the last blank line",
    # -- how it ended
    "end-is-success": "the end of input is the end of the answer",
    "needs-sentinel": "only a sentinel ends an answer",
    "sentinel-is-success": "a sentinel is a finish reason",
    "body-is-empty": "what is no stream is an empty answer",
    "nothing-is-success": "no event is an answer without a word",
    "any-reason-is-success": "a finish reason is a success, whichever it is",
    "error-is-nothing": "an error is a chunk without choices",
    "error-is-late": "never says that nothing came before an error",
    "over-is-close": "only the end of input says that it is over",
    # -- texts
    "trims": "strips each piece of text",
    "drops-equal": "a piece that equals the last one is a repetition",
    "reasoning-is-text": "shows reasoning as text",
    "reasoning-is-dropped": "knows no reasoning",
    "refusal-is-text": "shows a refusal as text",
    "opaque-is-dropped": "knows no signatures",
    "citations-are-dropped": "knows no sources",
    "last-block-of-text": "the text is that of one block",
    # -- calls
    "cut-is-whole": "a call is whole if its arguments parse",
    "repairs-arguments": "arguments that are no JSON are {}",
    "one-call-at-a-time": "a delta is of the last call",
    "parsed-is-over": "arguments end where they parse",
    "one-call": "there is one call",
    "calls-by-name": "one call of each tool",
    "numbers-are-floats": "writes the arguments anew, with floats",
    "custom-is-dropped": "knows functions only",
    "custom-is-json": "a custom tool's input is JSON",
    "kind-is-function": "every call is the caller's to run",
    # -- usage
    "usage-added": "adds up all usages",
    "usage-last": "a usage replaces all of the one before it, null and all",
    "usage-details-dropped": "knows no cached and no reasoning tokens",
    "usage-is-zero": "no usage is a usage of 0",
    # -- OpenAI Chat and Completions
    "first-choice": "there is one choice",
    "choice-by-place": "a choice is named by its place in the list",
    "usage-alone": "usage stands in a chunk without choices",
    "stops-at-reason": "reads nothing after a finish reason",
    "reason-before-text": "what stands beside the reason is no text",
    "null-content-is-nothing": "skips a delta whose content is null",
    "null-reason-counts": "the last finish_reason counts, null too",
    "needs-reason-key": "asks for finish_reason in each chunk",
    "needs-content-key": "asks for content in each delta",
    "id-added": "ids are added up",
    "head-from-first": "id and model stand in the first chunk",
    "role-added": "roles are added up",
    "extras-added": "whatever is unknown is added up",
    "extras-dropped": "keeps no fact beside the answer",
    "logprobs-last": "log probabilities are replaced",
    "base64-joined": "joins base64 before it decodes",
    "media-dropped": "knows text only",
    # -- OpenAI Responses
    "done-is-delta": "done values are appended, too",
    "by-item-id": "an item is named by its id",
    "item-id-is-call-id": "a call's id is its item's",
    "output-at-the-end": "the last event has the output",
    "done-is-ignored": "the item is what was announced and streamed",
    "errors-twice": "an error is the last one told",
    # -- Anthropic, and what else has names of events
    "needs-event-line": "the type stands in the event line",
    "needs-data-type": "the type stands in the data",
    "index-is-place": "an index is a position in a list",
    "signatures-joined": "signatures are added up",
    "start-is-empty": "a block's start says nothing",
    "null-reason-erases": "each message_delta has the reason",
    "needs-stop": "only message_stop ends a message",
    "results-are-dropped": "knows no tool results",
    "unknown-raises": "raises at what it does not know",
    "empty-json-is-parsed": "parses the arguments whatever they are",
    # -- Gemini
    "first-part": "there is one part",
    "needs-args": "asks for args in each call",
    "stop-is-stop": "STOP is stop, calls or not",
    "needs-candidates": "asks for candidates in each chunk",
    "no-feedback": "knows no blocked prompts",
    # -- home-made streams
    "lines-glued": "joins data lines with nothing",
    "ends-are-text": "every event is text",
    "json-is-unpacked": "data that looks like JSON is JSON",
    "falsy-is-nothing": "0 and false are no text",
    "key-is-flag": "done and error are true if they are there",
    "no-paths": "fields stand at the top",
}

PROVISIONAL = {"length", "content_filter", "refusal", "pause"}


def read(
    dialect: str, stream: bytes, faults: Container[str] = (), options: Object | None = None
) -> tuple[str, Object]:
    """The outcome and the neutral response of a stream. A merger asks whether a fault is among
    those given only where it would take it."""
    return MERGERS[dialect](faults, options or {}).read(stream)


# -- the wire --------------------------------------------------------------------------------------


def payloads(stream: bytes, faults: Container[str]) -> Iterator[tuple[str, str]]:
    """Event type and data, by hand; as the standard says, but for the faults."""
    errors = "strict" if "strict-utf-8" in faults else "replace"
    text = stream.decode("latin-1" if "latin-1" in faults else "utf-8", errors)
    if "keeps-bom" not in faults:
        text = text.removeprefix("\ufeff")
    if "lf-only" not in faults:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.splitlines() if "unicode-lines" in faults else text.split("\n")[:-1]
    if "tail-is-event" in faults:
        lines = [*text.split("\n"), ""]
    name, seen = "", False
    data: list[str] = []
    for line in lines:
        if not line:
            if data or (seen and "field-is-event" in faults):
                glue = "" if "lines-glued" in faults else "\n"
                yield name or "message", glue.join(data)
            name, data, seen = "", [], False
            continue
        field, _, value = line.partition(":")
        if "needs-space" in faults and not value.startswith(" "):
            continue
        value = value.removeprefix(" ")
        seen = True
        if field == "event":
            name = value
        elif field == "data" or (field == "" and "comment-is-payload" in faults):
            data.append(value)
            if "line-is-payload" in faults:
                yield name or "message", value
                data = []


# -- what all mergers share ------------------------------------------------------------------------


class Call:
    """A tool call while it grows."""

    def __init__(self, id: str | None = None, name: str = "", kind: str = "function") -> None:
        self.id, self.name, self.kind = id, name, kind
        self.text = ""
        self.given: Any = None  # arguments that came as JSON values
        self.over = False  # nothing more is taken


class Choice:
    """One answer while it grows."""

    def __init__(self) -> None:
        self.text = self.reasoning = self.refusal = ""
        self.role = ""
        self.calls: dict[Any, Call] = {}
        self.finish: str | None = None
        self.lists: dict[str, list[Any]] = {"citations": [], "tool_results": [], "opaque": []}
        self.media: dict[Any, Object] = {}
        self.logprobs: dict[str, list[Any]] = {}
        self.usage: Object | None = None


class Merger:
    """The frame: payloads in, the neutral response out."""

    REASONS: ClassVar[dict[str, str]] = {}
    #: Name of a number, and where it stands.
    USAGE: ClassVar[dict[str, str]] = {}
    #: Whether an event without data says something.
    TAKES_EMPTY = False

    def __init__(self, faults: Container[str], options: Object) -> None:
        self.faults, self.options = faults, options
        self.choices: dict[Any, Choice] = {}
        self.id = self.model = ""
        self.usage: Object | None = None
        self.error: Object | None = None
        self.extras: Object = {}
        self.sentinel = self.stopped = self.over = self.begun = False
        self.last = ""

    def has(self, fault: str) -> bool:
        return fault in self.faults

    def read(self, stream: bytes) -> tuple[str, Object]:
        count = 0
        for event, data in payloads(stream, self.faults):
            count += 1
            done = "[DONE]" in data if self.has("sentinel-anywhere") else data == "[DONE]"
            if done:
                self.sentinel = True
                break
            eager = self.has("empty-is-payload") or self.has("field-is-event")
            if data or eager or self.TAKES_EMPTY:
                self.payload(data, event)
            if self.stopped:
                break
        return (self.outcome(count, stream), self.response())

    def payload(self, data: str, event: str) -> None:
        chunk = json.loads(data)
        if chunk.get("error") or event == "error":
            if not self.has("error-is-nothing"):
                self.fail(chunk.get("error") or chunk)
        else:
            self.chunk(chunk, event)

    def chunk(self, chunk: Object, event: str) -> None:
        raise NotImplementedError

    # -- verbs

    def choice(self, index: Any = 0) -> Choice:
        if self.has("first-choice"):
            index = 0
        return self.choices.setdefault(index, Choice())

    def say(self, choice: Choice, text: str, channel: str = "text") -> None:
        if not text:
            return
        if channel == "reasoning" and self.has("reasoning-is-dropped"):
            return
        if channel != "text" and self.has(f"{channel}-is-text"):
            channel = "text"
        if self.has("trims"):
            text = text.strip()
        if self.has("drops-equal") and text == self.last:
            return
        self.last = text
        setattr(choice, channel, getattr(choice, channel) + text)

    def grow(self, call: Call, fragment: str) -> None:
        if call.over or (self.has("drops-equal") and fragment == self.last):
            return
        self.last = fragment
        call.text += fragment
        if self.has("parsed-is-over"):
            call.over = parsed(call.text) is not None

    def new_call(self, choice: Choice, key: Any, call: Call) -> None:
        if self.has("one-call"):
            key = "the call"
        if self.has("calls-by-name"):
            key = call.name
        choice.calls[key] = call

    def at(self, choice: Choice, key: Any) -> Call:
        """The call that a delta at this key goes on with."""
        if self.has("one-call-at-a-time") or self.has("one-call") or self.has("calls-by-name"):
            return list(choice.calls.values())[-1]
        return choice.calls[key]

    def sign(self, choice: Choice, kind: str, data: str, on: str) -> None:
        if not self.has("opaque-is-dropped"):
            choice.lists["opaque"].append({"kind": kind, "data": data, "on": on})

    def cite(self, choice: Choice, **place: Any) -> None:
        if not self.has("citations-are-dropped"):
            found = {name: value for name, value in place.items() if value not in (None, "")}
            choice.lists["citations"].append(found)

    def count(self, usage: Object | None) -> None:
        if self.has("usage-last"):
            self.usage = usage
        elif usage is not None:
            before = self.usage or {}
            for name, value in usage.items():
                if value is not None:
                    add = self.has("usage-added") and isinstance(value, int)
                    before[name] = before.get(name, 0) + value if add else value
            self.usage = before

    def fail(self, error: Any) -> None:
        self.over = True
        if self.error is not None and not self.has("errors-twice"):
            return
        self.error = {"message": error["message"]}
        code = error.get("code")
        kind = error.get("type") or error.get("status")
        if code is not None:
            self.error["code"] = str(code)
        if kind and kind != "error":
            self.error["type"] = kind
        if not self.has("error-is-late") and not any(map(said, self.choices.values())):
            self.error["before_output"] = True

    def facts(self, chunk: Object, known: str) -> None:
        """Whatever else is in the chunk."""
        if self.has("extras-dropped"):
            return
        for name, value in chunk.items():
            if name in known.split() or value is None:
                continue
            if self.has("extras-added") and name in self.extras:
                value = self.extras[name] + value
            self.extras[name] = value

    # -- the end

    def reason(self, choice: Choice) -> str:
        assert choice.finish is not None
        return self.REASONS.get(choice.finish, "other")

    def outcome(self, count: int, stream: bytes) -> str:
        finished = [choice.finish is not None for choice in self.choices.values()]
        reasons = {self.reason(one) for one in self.choices.values() if one.finish is not None}
        if self.error or "error" in reasons:
            return "failed"
        if not count:
            other = stream.lstrip()[:1] in (b"{", b"[", b"<") and not self.has("body-is-empty")
            return "not_sse" if other else "complete" if self.has("nothing-is-success") else "empty"
        if self.has("end-is-success"):
            return "complete"
        if finished and all(finished) and (self.sentinel or not self.has("needs-sentinel")):
            early = reasons & PROVISIONAL and not self.has("any-reason-is-success")
            return "incomplete" if early else "complete"
        if self.sentinel:
            return "complete" if self.has("sentinel-is-success") else "unknown"
        return "truncated"

    def response(self) -> Object:
        shown: Object = {"id": self.id, "model": self.model, "metadata": self.extras}
        ended = (self.over or self.sentinel) and not self.has("over-is-close")
        finished = all(choice.finish is not None for choice in self.choices.values())
        shown["over"] = ended or (finished and not self.has("over-is-close"))
        if list(self.choices) in ([], [0]):
            shown.update(self.show(self.choices.get(0, Choice())))
        else:
            shown["choices"] = {str(index): self.show(one) for index, one in self.choices.items()}
        if self.usage is not None or self.has("usage-is-zero"):
            counted = self.numbers(self.usage or {})
            if counted:
                shown["usage"] = counted
        if self.error:
            shown["error"] = self.error
        return shown

    def numbers(self, usage: Object) -> Object:
        found: Object = {}
        for name, path in self.USAGE.items():
            if "." in path and self.has("usage-details-dropped"):
                continue
            value: Any = usage
            for step in path.split("."):
                value = value.get(step) if value else None
            if value is not None or self.has("usage-is-zero"):
                found[name] = value or 0
        return found

    def show(self, choice: Choice) -> Object:
        shown: Object = {"role": choice.role}
        for name in ("text", "reasoning", "refusal"):
            if getattr(choice, name):
                shown[name] = getattr(choice, name)
        if choice.finish is not None:
            shown["finish"] = {"reason": self.reason(choice), "raw": choice.finish}
        if choice.calls:
            shown["tool_calls"] = [self.show_call(one, choice) for one in choice.calls.values()]
        if choice.media and not self.has("media-dropped"):
            shown["media"] = [show_media(one) for one in choice.media.values()]
        if choice.logprobs:
            shown["logprobs"] = {name: len(found) for name, found in choice.logprobs.items()}
        if choice.usage is not None:
            shown["usage"] = self.numbers(choice.usage)
        shown.update({name: found for name, found in choice.lists.items() if found})
        return shown

    def show_call(self, call: Call, choice: Choice) -> Object:
        value = call.given if call.given is not None else parsed(call.text)
        ended = choice.finish is not None and not self.error
        problem = ""
        if call.kind == "custom" and not self.has("custom-is-json"):
            problem = "" if ended else "cut"
        elif value is None and call.text != "null":
            problem = "invalid" if ended and self.reason(choice) != "length" else "cut"
        elif not ended or self.reason(choice) == "length":
            problem = "" if self.has("cut-is-whole") else "cut"
        elif not isinstance(value, dict):
            problem = "not an object"
        arguments = call.given if call.given is not None else call.text
        if self.has("repairs-arguments") and value is None:
            arguments, problem = "{}", ""
        if self.has("numbers-are-floats") and isinstance(arguments, str) and value is not None:
            arguments = json.dumps(json.loads(arguments, parse_int=float), separators=(",", ":"))
        shown = {"id": call.id, "name": call.name, "arguments": arguments, "problem": problem}
        if call.kind != "function" and not self.has("kind-is-function"):
            shown["kind"] = call.kind
        return shown


def said(choice: Choice) -> bool:
    return bool(choice.text or choice.reasoning or choice.refusal or choice.calls)


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def show_media(media: Object) -> Object:
    shown = {**media, "base64": base64.b64encode(media["base64"]).decode()}
    return {name: value for name, value in shown.items() if value}


def extend(logprobs: dict[str, list[Any]], channel: str, tokens: list[Any], last: bool) -> None:
    logprobs[channel] = tokens if last else logprobs.get(channel, []) + tokens


# -- OpenAI Chat Completions and Completions -------------------------------------------------------


class Chat(Merger):
    """``chat.completion.chunk``"""

    REASONS: ClassVar[dict[str, str]] = {
        "stop": "stop", "length": "length", "tool_calls": "tool_calls",
        "function_call": "tool_calls", "content_filter": "content_filter",
    }  # fmt: skip
    USAGE: ClassVar[dict[str, str]] = {
        "input_tokens": "prompt_tokens",
        "output_tokens": "completion_tokens",
        "total_tokens": "total_tokens",
        "cached_tokens": "prompt_tokens_details.cached_tokens",
        "reasoning_tokens": "completion_tokens_details.reasoning_tokens",
    }

    def chunk(self, chunk: Object, event: str) -> None:
        if not self.id and not (self.has("head-from-first") and self.begun):
            self.id, self.model, self.begun = chunk["id"], chunk["model"], True
        if "usage" in chunk and not (self.has("usage-alone") and chunk["choices"]):
            self.count(chunk["usage"])
        elif self.has("usage-last"):
            self.usage = None
        self.facts(chunk, "id model object choices usage")
        for place, choice in enumerate(chunk["choices"]):
            index = place if self.has("choice-by-place") else choice["index"]
            self.one(self.choice(index), choice)

    def one(self, state: Choice, choice: Object) -> None:
        needed = self.has("needs-reason-key")
        reason = choice["finish_reason"] if needed else choice.get("finish_reason")
        if not (reason and self.has("reason-before-text")):
            self.delta(state, choice)
        if choice.get("logprobs"):
            for channel, tokens in choice["logprobs"].items():
                if tokens:
                    extend(state.logprobs, channel, tokens, self.has("logprobs-last"))
        if reason is not None or self.has("null-reason-counts"):
            state.finish = reason
        self.stopped = reason is not None and self.has("stops-at-reason")

    def delta(self, state: Choice, choice: Object) -> None:
        delta = choice["delta"]
        if self.has("needs-content-key"):
            delta["content"]
        if self.has("null-content-is-nothing") and delta.get("content", "") is None:
            return
        if delta.get("role"):
            state.role = state.role + delta["role"] if self.has("role-added") else delta["role"]
        self.say(state, delta.get("reasoning_content") or "", "reasoning")
        self.say(state, delta.get("content") or "")
        self.say(state, delta.get("refusal") or "", "refusal")
        for call in delta.get("tool_calls") or ():
            self.call(state, call)
        for note in delta.get("annotations") or ():
            found = note["url_citation"]
            place = {"start": found["start_index"], "end": found["end_index"]}
            self.cite(state, url=found["url"], title=found["title"], **place)
        if delta.get("audio"):
            self.audio(state, delta["audio"])
        self.facts(delta, "role content refusal reasoning_content tool_calls annotations audio")

    def call(self, state: Choice, piece: Object) -> None:
        kind = "custom" if "custom" in piece else "function"
        if kind == "custom" and self.has("custom-is-dropped"):
            return
        index, inner = piece["index"], piece[kind]
        if self.has("index-is-place"):
            assert 0 <= index <= len(state.calls)
        if index not in state.calls and piece.get("id"):
            self.new_call(state, index, Call(piece["id"], inner["name"], kind))
        elif self.has("id-added"):
            self.at(state, index).id += piece.get("id") or ""  # type: ignore[operator]
        elif piece.get("id"):
            self.at(state, index).id = piece["id"]
        self.grow(self.at(state, index), inner.get("input" if kind == "custom" else "arguments"))

    def audio(self, state: Choice, audio: Object) -> None:
        media = state.media.setdefault(0, {"type": "audio", "base64": b"", "transcript": ""})
        media["transcript"] += audio.get("transcript", "")
        if self.has("base64-joined"):
            media["joined"] = media.get("joined", "") + audio.get("data", "")
            media["base64"] = base64.b64decode(media["joined"])
        else:
            media["base64"] += base64.b64decode(audio.get("data", ""))


class Completions(Chat):
    """``text_completion``"""

    def delta(self, state: Choice, choice: Object) -> None:
        self.say(state, choice["text"])


# -- OpenAI Responses ------------------------------------------------------------------------------


class Responses(Merger):
    """Items with parts, told by deltas and told again whole."""

    REASONS: ClassVar[dict[str, str]] = {
        "completed": "stop", "tool_calls": "tool_calls", "max_output_tokens": "length",
        "content_filter": "content_filter",
    }  # fmt: skip
    USAGE: ClassVar[dict[str, str]] = {
        "input_tokens": "input_tokens",
        "output_tokens": "output_tokens",
        "total_tokens": "total_tokens",
        "cached_tokens": "input_tokens_details.cached_tokens",
        "reasoning_tokens": "output_tokens_details.reasoning_tokens",
    }
    #: What follows the names of deltas and done events: the channel, and the done value's name.
    CHANNELS: ClassVar[dict[str, tuple[str, str]]] = {
        "output_text": ("text", "text"),
        "refusal": ("refusal", "refusal"),
        "reasoning_text": ("reasoning", "text"),
        "reasoning_summary_text": ("reasoning", "text"),
    }
    KINDS: ClassVar[dict[str, tuple[str, str]]] = {
        "function_call": ("function", "arguments"),
        "custom_tool_call": ("custom", "input"),
        "mcp_call": ("mcp", "arguments"),
        "web_search_call": ("server", "action"),
        "code_interpreter_call": ("server", ""),
        "image_generation_call": ("server", ""),
        "shell_call": ("builtin", "action"),
        "apply_patch_call": ("builtin", "operation"),
    }

    def chunk(self, chunk: Object, event: str) -> None:
        kind = event if self.has("needs-event-line") else chunk.get("type", event)
        if self.has("needs-data-type"):
            kind = chunk["type"]
        _, _, name = kind.partition(".")
        what, _, step = name.rpartition(".")
        state = self.choice() if name != "created" else Choice()
        if name in ("created", "in_progress", "completed", "incomplete", "failed"):
            self.life(name, chunk["response"])
        elif what in self.CHANNELS and step in ("delta", "done"):
            self.part(state, what, step, chunk)
        elif name == "output_text.annotation.added":
            note = chunk["annotation"]
            place = {"start": note["start_index"], "end": note["end_index"]}
            self.cite(state, url=note["url"], title=note["title"], **place)
        elif name == "output_item.added":
            self.item(state, chunk)
        elif name == "output_item.done":
            self.whole(state, chunk)
        elif name == "image_generation_call.partial_image":
            image = base64.b64decode(chunk["partial_image_b64"])
            state.media[self.key(chunk)] = {"type": "image", "base64": image}
        elif step == "delta":
            self.grow(self.at(state, self.key(chunk)), chunk["delta"])
        elif step == "done" and "part" not in what and not self.has("done-is-ignored"):
            call = self.at(state, self.key(chunk))
            value = next(iter(chunk[k] for k in ("arguments", "input") if k in chunk), call.text)
            call.text = call.text + value if self.has("done-is-delta") else value
        elif self.has("unknown-raises") and "_part." not in name:
            raise ValueError(kind)

    def key(self, chunk: Object) -> Any:
        if self.has("by-item-id"):
            return chunk["item"]["id"] if "item" in chunk else chunk["item_id"]
        return chunk["output_index"]

    def life(self, name: str, response: Object) -> None:
        self.id, self.model = response["id"], response["model"]
        if name in ("created", "in_progress"):
            return
        state = self.choice()
        self.over = True
        self.count(response.get("usage"))
        if name == "failed":
            if not self.has("error-is-nothing"):
                self.fail(response["error"])
        elif name == "incomplete":
            state.finish = response["incomplete_details"]["reason"]
        else:
            state.finish = "completed"
        if self.has("output-at-the-end"):
            state.text = "".join(
                part["text"]
                for item in response["output"] or ()
                for part in item.get("content") or ()
            )

    def reason(self, choice: Choice) -> str:
        calls = any(
            call.kind in ("function", "custom", "builtin") for call in choice.calls.values()
        )
        return "tool_calls" if calls and choice.finish == "completed" else super().reason(choice)

    def part(self, state: Choice, what: str, step: str, chunk: Object) -> None:
        channel, field = self.CHANNELS[what]
        if step == "delta":
            self.say(state, chunk["delta"], channel)
            if chunk.get("logprobs"):
                extend(state.logprobs, "content", chunk["logprobs"], self.has("logprobs-last"))
        elif self.has("done-is-delta"):
            self.say(state, chunk[field], channel)
        elif self.has("last-block-of-text"):
            setattr(state, channel, chunk[field])

    def item(self, state: Choice, chunk: Object) -> None:
        item = chunk["item"]
        if item["type"] in self.KINDS:
            kind, _ = self.KINDS[item["type"]]
            if kind != "function" and self.has("custom-is-dropped"):
                kind = "function"
            id = item["id"] if self.has("item-id-is-call-id") else item.get("call_id") or item["id"]
            self.new_call(state, self.key(chunk), Call(id, item.get("name") or item["type"], kind))

    def whole(self, state: Choice, chunk: Object) -> None:
        item = chunk["item"]
        if item.get("encrypted_content"):
            self.sign(state, "encrypted_content", item["encrypted_content"], "reasoning")
        if item.get("result"):
            image = base64.b64decode(item["result"])
            state.media[self.key(chunk)] = {"type": "image", "base64": image}
        if item.get("output") and not self.has("results-are-dropped"):
            state.lists["tool_results"].append({"call_id": item["id"], "content": item["output"]})
        if item["type"] in self.KINDS and not self.has("done-is-ignored"):
            kind, field = self.KINDS[item["type"]]
            call = self.at(state, self.key(chunk))
            if kind in ("server", "builtin"):
                code = {"code": item["code"]} if "code" in item else {}
                call.given = item[field] if field else code


# -- Anthropic Messages ----------------------------------------------------------------------------


class Anthropic(Merger):
    """Blocks that are announced, grow and end, at their index."""

    REASONS: ClassVar[dict[str, str]] = {
        "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length",
        "model_context_window_exceeded": "length", "tool_use": "tool_calls",
        "pause_turn": "pause", "refusal": "refusal",
    }  # fmt: skip
    USAGE: ClassVar[dict[str, str]] = {
        "input_tokens": "input_tokens",
        "output_tokens": "output_tokens",
        "cached_tokens": "cache_read_input_tokens",
        "cache_write_tokens": "cache_creation_input_tokens",
    }
    KINDS: ClassVar[dict[str, str]] = {
        "tool_use": "function",
        "server_tool_use": "server",
        "mcp_tool_use": "mcp",
    }

    def __init__(self, faults: Container[str], options: Object) -> None:
        super().__init__(faults, options)
        self.blocks = 0

    def payload(self, data: str, event: str) -> None:
        chunk = json.loads(data)
        kind = chunk["type"] if self.has("needs-data-type") else chunk.get("type", event)
        self.chunk(chunk, event if self.has("needs-event-line") else kind)

    def chunk(self, chunk: Object, event: str) -> None:
        state = self.choice() if event not in ("error", "ping") else Choice()
        match event:
            case "message_start":
                message = chunk["message"]
                self.id, self.model, state.role = message["id"], message["model"], message["role"]
                self.count(message["usage"])
            case "content_block_start":
                self.start(state, chunk["index"], chunk["content_block"])
            case "content_block_delta":
                self.delta(state, chunk["index"], chunk["delta"])
            case "content_block_stop":
                self.stop(state, chunk["index"])
            case "message_delta":
                reason = chunk["delta"]["stop_reason"]
                state.finish = reason if reason or self.has("null-reason-erases") else state.finish
                self.count(chunk["usage"])
                self.facts(chunk["delta"], "stop_reason")
            case "message_stop":
                self.stopped = self.sentinel = True
                self.facts(chunk, "type")
            case "error":
                if not self.has("error-is-nothing"):
                    self.fail(chunk["error"])
            case "ping":
                pass
            case _ if self.has("unknown-raises"):
                raise ValueError(event)

    def outcome(self, count: int, stream: bytes) -> str:
        if self.has("needs-stop") and not self.sentinel and not self.error and count:
            return "truncated"
        return super().outcome(count, stream)

    def start(self, state: Choice, index: Any, block: Object) -> None:
        if self.has("index-is-place"):
            assert index == self.blocks
        self.blocks += 1
        kind = block["type"]
        if kind in self.KINDS:
            call = Call(block["id"], block["name"], self.KINDS[kind])
            if block["input"] and not self.has("start-is-empty"):
                call.given = block["input"]
            self.new_call(state, index, call)
        elif kind == "text":
            if self.has("last-block-of-text"):
                state.text = ""
            if not self.has("start-is-empty"):
                self.say(state, block["text"])
        elif kind == "redacted_thinking":
            self.sign(state, "data", block["data"], "reasoning")
        elif kind.endswith("_tool_result") and not self.has("results-are-dropped"):
            result = {"call_id": block["tool_use_id"], "content": block["content"]}
            state.lists["tool_results"].append(result)
        elif self.has("unknown-raises") and kind != "thinking":
            raise ValueError(kind)

    def delta(self, state: Choice, index: Any, delta: Object) -> None:
        match delta["type"]:
            case "text_delta":
                self.say(state, delta["text"])
            case "thinking_delta":
                self.say(state, delta["thinking"], "reasoning")
            case "input_json_delta":
                self.grow(self.at(state, index), delta["partial_json"])
            case "signature_delta":
                found = state.lists["opaque"]
                data = delta["signature"]
                if found and self.has("signatures-joined"):
                    data = found[-1]["data"] + data
                found[:] = [one for one in found if one["kind"] != "signature"]
                self.sign(state, "signature", data, "reasoning")
            case "citations_delta":
                note = delta["citation"]
                self.cite(
                    state, url=note.get("url"), title=note.get("title") or note["document_title"],
                    start=note.get("start_char_index"), end=note.get("end_char_index"),
                )  # fmt: skip
            case _ if self.has("unknown-raises"):
                raise ValueError(delta["type"])

    def stop(self, state: Choice, index: Any) -> None:
        if index in state.calls:
            call = self.at(state, index)
            if call.text:
                call.given = None
            elif self.has("empty-json-is-parsed"):
                call.given = json.loads(call.text)
            elif call.given is None:
                call.given = {}


# -- Gemini ----------------------------------------------------------------------------------------


class Gemini(Merger):
    """Chunks that are whole answers, with parts that have no key."""

    REASONS: ClassVar[dict[str, str]] = {
        "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter",
        "RECITATION": "content_filter",
    }  # fmt: skip
    USAGE: ClassVar[dict[str, str]] = {
        "input_tokens": "promptTokenCount",
        "output_tokens": "candidatesTokenCount",
        "total_tokens": "totalTokenCount",
        "cached_tokens": "cachedContentTokenCount",
        "reasoning_tokens": "thoughtsTokenCount",
    }

    def chunk(self, chunk: Object, event: str) -> None:
        self.id = chunk.get("responseId", self.id)
        self.model = chunk.get("modelVersion", self.model)
        feedback = chunk.get("promptFeedback")
        if feedback and not self.has("no-feedback"):
            self.choice().finish = feedback["blockReason"]
        self.count(chunk.get("usageMetadata"))
        needed = self.has("needs-candidates")
        for candidate in (chunk["candidates"] if needed else chunk.get("candidates")) or ():
            self.candidate(self.choice(candidate.get("index", 0)), candidate)

    def candidate(self, state: Choice, candidate: Object) -> None:
        content = candidate.get("content", {})
        state.role = content.get("role", state.role)
        parts = content.get("parts", [])
        reason = candidate.get("finishReason")
        if not (reason and self.has("reason-before-text")):
            for part in parts[:1] if self.has("first-part") else parts:
                self.part(state, part)
        for note in candidate.get("citationMetadata", {}).get("citations", ()):
            place = {"start": note["startIndex"], "end": note["endIndex"]}
            self.cite(state, url=note["uri"], title=note["title"], **place)
        grounding = candidate.get("groundingMetadata")
        if grounding is not None:
            state.lists["citations"] = []
            self.facts({"groundingMetadata": grounding}, "")
            for support in grounding.get("groundingSupports", ()):
                source = grounding["groundingChunks"][support["groundingChunkIndices"][0]]["web"]
                place = support["segment"]
                self.cite(state, url=source["uri"], title=source["title"],
                          start=place["startIndex"], end=place["endIndex"])  # fmt: skip
        tokens = candidate.get("logprobsResult", {}).get("chosenCandidates")
        if tokens:
            extend(state.logprobs, "content", tokens, self.has("logprobs-last"))
        state.finish = reason or state.finish
        self.stopped = reason is not None and self.has("stops-at-reason")

    def part(self, state: Choice, part: Object) -> None:
        on = "text"
        if "text" in part:
            channel = "reasoning" if part.get("thought") else "text"
            if self.has("last-block-of-text"):
                setattr(state, channel, "")
            self.say(state, part["text"], channel)
        elif "functionCall" in part:
            on = "tool_call"
            self.call(state, part["functionCall"])
        elif "inlineData" in part or "fileData" in part:
            data = part.get("inlineData") or part["fileData"]
            media = {"type": data["mimeType"], "base64": base64.b64decode(data.get("data", ""))}
            state.media[len(state.media)] = {**media, "uri": data.get("fileUri")}
        elif "executableCode" in part:
            code = dict(part["executableCode"])
            call = Call(code.pop("id"), "code_execution", "server")
            call.given = code
            self.new_call(state, len(state.calls), call)
        elif "codeExecutionResult" in part:
            result = part["codeExecutionResult"]
            if not self.has("results-are-dropped"):
                state.lists["tool_results"].append({"call_id": result["id"], "content": result})
        elif self.has("unknown-raises"):
            raise ValueError(part)
        if "thoughtSignature" in part:
            self.sign(state, "thoughtSignature", part["thoughtSignature"], on)

    def call(self, state: Choice, piece: Object) -> None:
        if "name" in piece:
            call = Call(piece.get("id"), piece["name"])
            call.given = piece["args"] if self.has("needs-args") else piece.get("args")
            self.new_call(state, len(state.calls), call)
        call = list(state.calls.values())[-1]
        for argument in piece.get("partialArgs", ()):
            call.given = put(call.given or {}, argument)

    def reason(self, choice: Choice) -> str:
        calls = any(call.kind == "function" for call in choice.calls.values())
        if calls and choice.finish == "STOP" and not self.has("stop-is-stop"):
            return "tool_calls"
        return super().reason(choice)


def put(arguments: Object, piece: Object) -> Object:
    """The value at its path: ``$.a[0]`` is key ``a``, then index 0."""
    steps = [int(i) if i else key for key, i in re.findall(r"\.(\w+)|\[(\d+)\]", piece["jsonPath"])]
    holder: Any = arguments
    for step, following in pairwise(steps):
        holder = member(holder, step, [] if isinstance(following, int) else {})
    if "stringValue" in piece:
        holder[steps[-1]] = member(holder, steps[-1], "") + piece["stringValue"]
    else:
        member(holder, steps[-1], piece.get("numberValue", piece.get("boolValue")))
    return arguments


def member(holder: Any, step: str | int, default: Any) -> Any:
    if isinstance(holder, list):
        if step == len(holder):
            holder.append(default)
        return holder[int(step)]
    return holder.setdefault(step, default)


# -- home-made streams -----------------------------------------------------------------------------


class Text(Merger):
    """The data is the text."""

    TAKES_EMPTY = True
    REASONS: ClassVar[dict[str, str]] = {"done": "stop", "end": "stop"}

    def payload(self, data: str, event: str) -> None:
        state = self.choice() if event != "error" else Choice()
        if event == "error":
            if not self.has("error-is-nothing"):
                self.fail({"message": data})
        elif event in ("done", "end") and not self.has("ends-are-text"):
            state.finish = event
        elif self.has("json-is-unpacked") and data.startswith("{"):
            self.say(state, json.loads(data)["content"])
        else:
            self.say(state, data)


class Json(Merger):
    """Fields that somebody named."""

    REASONS: ClassVar[dict[str, str]] = {"true": "stop", "length": "length"}

    def payload(self, data: str, event: str) -> None:
        chunk = json.loads(data)
        paths = {"text": "content", "done": "done", "error": "error", **self.options}
        text = chunk if paths["text"] == "" else self.field(chunk, paths["text"])
        done, error, thought = (
            self.field(chunk, paths.get(name)) for name in ("done", "error", "reasoning")
        )
        if event == "error" or error or (self.has("key-is-flag") and paths["error"] in chunk):
            if not self.has("error-is-nothing"):
                self.fail(chunk if event == "error" else {"message": error})
            return
        state = self.choice()
        self.say(state, thought or "", "reasoning")
        if text is not None and (text or not self.has("falsy-is-nothing")):
            self.say(
                state, text if isinstance(text, str) else json.dumps(text, separators=(",", ":"))
            )
        if done or (self.has("key-is-flag") and paths["done"] in chunk):
            state.finish = done if isinstance(done, str) else json.dumps(done)

    def field(self, chunk: Any, path: str | None) -> Any:
        if not path:
            return None
        for name in [path] if self.has("no-paths") else path.split("."):
            if isinstance(chunk, list):
                chunk = chunk[int(name)]
            elif isinstance(chunk, dict):
                chunk = chunk.get(name)
        return chunk


MERGERS: dict[str, type[Merger]] = {
    "openai-chat": Chat,
    "openai-completions": Completions,
    "openai-responses": Responses,
    "anthropic": Anthropic,
    "gemini": Gemini,
    "text": Text,
    "json": Json,
}
