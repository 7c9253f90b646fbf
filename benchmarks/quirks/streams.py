"""The streams: each a few events written by hand, in a shape that real servers send.

Next to each stands what a human reads in it unambiguously, in a neutral shape. To add one, write it
with ``chat`` or ``claude``; everything else finds it in ``STREAMS``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

# -- the neutral shape -----------------------------------------------------------------------


class Call(NamedTuple):
    id: str | None
    name: str
    arguments: str
    complete: bool | None = True  # None: the library does not say


@dataclass(frozen=True)
class Choice:
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[Call, ...] = ()
    finish: str | None = None
    role: str = ""  # "": the library does not say
    logprobs: tuple[str, ...] = ()  # the tokens


@dataclass(frozen=True)
class Result:
    choices: dict[int, Choice]
    usage: tuple[int, int] | None = None  # input, output
    error: bool = False
    outcome: str = ""  # as sse_core.Outcome; "": the library has no such word; or ALWAYS


#: The outcome of a library that calls every response complete, whatever its finish reason.
ALWAYS = "always complete"


class Stream(NamedTuple):
    dialect: str
    data: bytes
    want: Result


STREAMS: dict[str, Stream] = {}

CHAT, CLAUDE = "openai-chat", "anthropic"
ERROR = "Overloaded, try later"  # the message of every error in a stream

# -- how OpenAI chat streams are written -----------------------------------------------------

DONE = b"data: [DONE]\n\n"
ARGS = '{"a": 1}'
CUT = '{"path": "/etc/hosts", "rows": [1, 2, 3'


def chunk(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": list(choices), **more}


def usage(read: int, written: int) -> dict[str, int]:
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def say(index: int = 0, finish: str | None = None, /, **delta: Any) -> dict[str, Any]:
    return chunk({"index": index, "delta": delta, "finish_reason": finish})


def call(index: int | None, id: str = "", name: str = "", arguments: str = "") -> dict[str, Any]:
    """One entry of ``tool_calls``; what is empty is left out, but for the arguments."""
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    entry = {"index": index, "id": id, "type": "function" if id else "", "function": function}
    return {key: value for key, value in entry.items() if value not in (None, "")}


def calls(*entries: dict[str, Any]) -> dict[str, Any]:
    return say(tool_calls=list(entries))


def whole(index: int | None, one: Call) -> dict[str, Any]:
    return calls(call(index, one.id or "", one.name, one.arguments))


def with_logprob(text: str) -> dict[str, Any]:
    token = {"token": text, "logprob": -0.5, "bytes": None, "top_logprobs": []}
    probs = {"content": [token], "refusal": None}
    delta = {"content": text}
    return chunk({"index": 0, "delta": delta, "finish_reason": None, "logprobs": probs})


FIRST = say(role="assistant", content="")
HEL, LO = say(content="Hel"), say(content="lo")
STOP, TOOLS, LENGTH = say(0, "stop"), say(0, "tool_calls"), say(0, "length")
USAGE = chunk(usage=usage(5, 2))
HELLO = Choice("Hello", finish="stop")


def written(chunks: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(item).encode() for item in chunks)


def chat(name: str, want: Result, *chunks: dict[str, Any], end: bytes = DONE) -> None:
    STREAMS[name] = Stream(CHAT, written(chunks) + end, want)


def complete(*choices: Choice, usage: tuple[int, int] | None = (5, 2)) -> Result:
    return Result(dict(enumerate(choices)), usage, outcome="complete")


def called(*calls: Call) -> Result:
    return complete(Choice(tool_calls=calls, finish="tool_calls"))


F = Call("id1", "f", ARGS)
G = Call("id2", "g", '{"b": 2}')

chat("plain text", complete(HELLO, usage=None), FIRST, HEL, LO, STOP)
chat("usage chunk, then one more chunk", complete(HELLO), FIRST, HEL, LO, STOP, USAGE, chunk())
chat(
    "cumulative usage in each chunk",
    complete(HELLO),
    {**say(role="assistant", content="Hel"), "usage": usage(5, 1)},
    {**LO, "usage": usage(5, 2)},
    {**STOP, "usage": usage(5, 2)},
)
chat(
    "first chunk has no choices (Azure)",
    complete(HELLO),
    {**chunk(prompt_filter_results=[]), "id": "", "model": "", "object": "", "created": 0},
    *(FIRST, HEL, LO, STOP, USAGE),
)
chat(
    "role in every chunk",
    complete(HELLO),
    say(role="assistant", content="Hel"),
    say(role="assistant", content="lo"),
    say(0, "stop", role="assistant"),
    USAGE,
)
chat(
    "n=2, choice 1 first",
    complete(Choice("A", finish="stop"), Choice("B", finish="stop")),
    say(1, role="assistant", content="B"),
    say(0, role="assistant", content="A"),
    say(1, "stop"),
    *(STOP, USAGE),
)
chat(
    "id, name, type on each fragment",
    called(F),
    FIRST,
    calls(call(0, "id1", "f", '{"a":')),
    calls(call(0, "id1", "f", " 1}")),
    *(TOOLS, USAGE),
)
chat(
    "index missing, two whole calls",
    called(F, G),
    FIRST,
    whole(None, F),
    whole(None, G),
    *(TOOLS, USAGE),
)
chat(
    "both calls index 0, different ids",
    called(F, G),
    FIRST,
    whole(0, F),
    whole(0, G),
    *(TOOLS, USAGE),
)
chat(
    "index starts at 1",
    called(F),
    FIRST,
    calls(call(1, "id1", "f")),
    calls(call(1, arguments='{"a":')),
    calls(call(1, arguments=" 1}")),
    *(TOOLS, USAGE),
)
chat(
    "two calls interleaved",
    called(F, G),
    FIRST,
    calls(call(0, "id1", "f")),
    calls(call(1, "id2", "g")),
    calls(call(0, arguments='{"a":')),
    calls(call(1, arguments='{"b":')),
    calls(call(0, arguments=" 1}")),
    calls(call(1, arguments=" 2}")),
    *(TOOLS, USAGE),
)
chat(
    "two entries, same index, one chunk (vLLM)",
    called(F),
    say(role="assistant", tool_calls=[call(0, "id1", "f"), call(0, arguments='{"a":')]),
    calls(call(0, arguments=" 1}")),
    *(TOOLS, USAGE),
)
chat(
    "error in mid-stream, then [DONE]",
    Result({0: Choice("Hel")}, error=True, outcome="failed"),
    *(FIRST, HEL, {"error": {"message": ERROR, "type": "server_error", "code": 529}}),
)
chat(
    "no finish_reason, then [DONE]",
    Result({0: Choice("Hello")}, outcome="unknown"),
    *(FIRST, HEL, LO),
)
chat(
    "reasoning_content + logprobs",
    complete(Choice("Hello", reasoning="Let me see", finish="stop", logprobs=("Hel", "lo"))),
    say(role="assistant", content=None, reasoning_content="Let me"),
    say(content=None, reasoning_content=" see"),
    *(with_logprob("Hel"), with_logprob("lo"), STOP, USAGE),
)
chat(
    "refusal",
    complete(Choice(refusal="I won't", finish="stop")),
    say(role="assistant", content=None, refusal="I"),
    say(refusal=" won't"),
    *(STOP, USAGE),
)
chat(
    "delta: null (Azure filter)",
    complete(HELLO),
    *(FIRST, HEL, LO),
    chunk({"index": 0, "delta": None, "finish_reason": "stop", "content_filter_results": {}}),
    USAGE,
)

# What is there when the connection breaks, or the model must stop.
TRUNCATED = Result({0: Choice("Hello")}, outcome="truncated")
CUT_CALL = Choice(tool_calls=(Call("id1", "f", CUT, complete=False),))
CUT_CHUNKS = (FIRST, calls(call(0, "id1", "f")), calls(call(0, "", "", CUT)))

chat("EOF after a whole event", TRUNCATED, FIRST, HEL, LO, end=b"")
chat("EOF inside a data line", TRUNCATED, FIRST, HEL, LO, end=written([LO])[:-20])
chat("EOF inside tool arguments", replace(TRUNCATED, choices={0: CUT_CALL}), *CUT_CHUNKS, end=b"")
chat(
    "finish length inside arguments",
    Result({0: replace(CUT_CALL, finish="length")}, (5, 2), outcome="incomplete"),
    *(*CUT_CHUNKS, LENGTH, USAGE),
)
chat(
    "EOF without the last blank line",
    complete(HELLO, usage=None),
    *(FIRST, HEL, LO),
    end=written([STOP])[:-2],
)

# -- how Anthropic streams are written -------------------------------------------------------

MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": []}
NO_STOP = {"stop_reason": None, "stop_sequence": None}
TEXT, THINKING = {"type": "text", "text": ""}, {"type": "thinking", "thinking": "", "signature": ""}


def message_start(id: str = "msg_1", **usage: Any) -> dict[str, Any]:
    counted = {"usage": {"input_tokens": 5, "output_tokens": 1}, **usage}
    return {"type": "message_start", "message": {**MESSAGE, "id": id, **NO_STOP, **counted}}


def start(index: int, block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def part(index: int, kind: str, text: str) -> dict[str, Any]:
    field = {"input_json": "partial_json"}.get(kind, kind)
    delta = {"type": f"{kind}_delta", field: text}
    return {"type": "content_block_delta", "index": index, "delta": delta}


def block(index: int, first: dict[str, Any], kind: str, *texts: str) -> list[dict[str, Any]]:
    """A whole block."""
    stop = {"type": "content_block_stop", "index": index}
    return [start(index, first), *(part(index, kind, text) for text in texts), stop]


def hello(index: int) -> list[dict[str, Any]]:
    return block(index, TEXT, "text", "Hel", "lo")


def tool(index: int, *pieces: str, **more: Any) -> list[dict[str, Any]]:
    first = {"type": "tool_use", "id": "id1", "name": "f", "input": {}, **more}
    return block(index, first, "input_json", *pieces)


def reason(word: str | None, **usage: Any) -> dict[str, Any]:
    counted = {"usage": {"input_tokens": 5, "output_tokens": 2}, **usage}
    return {"type": "message_delta", "delta": {**NO_STOP, "stop_reason": word}, **counted}


def claude(name: str, want: Result, *events: dict[str, Any], typed: bool = True) -> None:
    data = b"".join(
        (b"event: %s\n" % item["type"].encode() if typed else b"") + written([item])
        for item in events
    )
    STREAMS[name] = Stream(CLAUDE, data, want)


BEGIN, MESSAGE_STOP = message_start(), {"type": "message_stop"}
END = (reason("end_turn"), MESSAGE_STOP)
TOOL_END = (reason("tool_use"), MESSAGE_STOP)
BOTH = Choice("Hello", tool_calls=(F,), finish="tool_calls")
SIGNATURE = "c2lnbmVk"

claude(
    "thinking, text, a call",
    complete(replace(BOTH, reasoning="Let me see")),
    BEGIN,
    {"type": "ping"},
    *block(0, THINKING, "thinking", "Let me", " see")[:-1],
    *block(0, THINKING, "signature", SIGNATURE)[1:],
    *hello(1),
    *tool(2, "", '{"a":', " 1}"),
    *TOOL_END,
)
claude(
    "input tokens in message_start only",
    complete(HELLO),
    *(BEGIN, *hello(0), reason("end_turn", usage={"output_tokens": 2}), MESSAGE_STOP),
)
claude("block indexes 0, 4", complete(BOTH), BEGIN, *hello(0), *tool(4, ARGS), *TOOL_END)
claude("first block index is 1", complete(HELLO), BEGIN, *hello(1), *END)
claude("block 1 before block 0", complete(BOTH), BEGIN, *tool(1, ARGS), *hello(0), *TOOL_END)
claude("delta for an unopened block", complete(HELLO), BEGIN, *hello(0)[1:], *END)
claude("no message_start", complete(HELLO), *hello(0), *END)
claude(
    "usage null, then absent",
    complete(HELLO, usage=None),
    *(message_start(usage=None), *hello(0)),
    {key: value for key, value in reason("end_turn").items() if key != "usage"},
    MESSAGE_STOP,
)
claude(
    "invalid tool JSON",
    called(Call("id1", "f", '{"a": C:\\dir}', complete=False)),
    *(BEGIN, *tool(0, '{"a": C:', "\\dir}"), *TOOL_END),
)
claude(
    "input in the start, no deltas",
    called(F),
    *(BEGIN, *tool(0, input={"a": 1}), *TOOL_END),
)
claude(
    "mcp_tool_use with input deltas",
    complete(replace(HELLO, tool_calls=(F,))),
    *(BEGIN, *tool(0, '{"a":', " 1}", type="mcp_tool_use", server_name="s"), *hello(1), *END),
)
claude(
    "unknown event, block and delta types",
    complete(HELLO),
    *(BEGIN, {"type": "news"}, *block(0, {"type": "hologram"}, "hologram", "?"), *hello(1)),
    *(part(1, "hologram", "?"), *END),
)
claude(
    "a second message_delta, reason null",
    complete(HELLO),
    *(BEGIN, *hello(0), reason("end_turn"), reason(None), MESSAGE_STOP),
)
claude("message_start twice, same id", complete(HELLO), BEGIN, BEGIN, *hello(0), *END)
claude(
    "begun anew in mid-block (relay)",
    complete(HELLO),
    *(BEGIN, start(0, TEXT), part(0, "text", "Hea"), message_start("msg_2"), *hello(0), *END),
)
claude("no event: lines", complete(HELLO), BEGIN, *hello(0), *END, typed=False)
claude("stop_reason, but no message_stop", complete(HELLO), BEGIN, *hello(0), reason("end_turn"))
claude(
    "EOF before the stop_reason",
    Result({0: Choice("Hello")}, (5, 1), outcome="truncated"),
    *(BEGIN, *hello(0)),
)
claude(
    "EOF inside a tool's string",
    Result(
        {0: Choice(tool_calls=(Call("id1", "f", '{"a": 1, "b": "x', complete=False),))},
        usage=(5, 1),
        outcome="truncated",
    ),
    *(BEGIN, *tool(0, '{"a": 1,', ' "b": "x')[:-1]),
)
claude(
    "an error event",
    Result({0: Choice("Hel")}, (5, 1), error=True, outcome="failed"),
    *(BEGIN, *hello(0)[:2]),
    {"type": "error", "error": {"type": "overloaded_error", "message": ERROR}},
)
