"""``python -m benchmarks.quirks``: what every library makes of streams that deviate.

Each stream is a few events written by hand, in a shape that real servers send, with what a human
reads in it unambiguously next to it. It goes as raw bytes through each library's own client (over a
transport that is not a network) and merger. What comes out is brought into one neutral shape and
compared: a cell is "OK", or says in a few words what is wrong; a class name is what it raised.

What a library has no place for, it loses. Where the stream holds an error, raising one with the
provider's message is as right as it gets: what came before was handed out already. Where the input
just stops, it is not enough to leave the finish reason out ("silent"): many servers never send one.

Every library runs in a process of its own, in the first of the ``--pythons`` that has it: not all
of them agree on one version of openai and anthropic. Nothing here may open a connection.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from importlib import import_module, metadata
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

OURS = "sse_core"
ABSENT = "not installed"
ROOT = Path(__file__).resolve().parent.parent

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


#: One word for what has several, by dialect and library.
FINISHES = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "tool_call": "tool_calls",
    "max_tokens": "length",
}

ERROR = "Overloaded, try later"  # the message of every error in a stream


#: The outcome of a library that calls every response complete, whatever its finish reason.
ALWAYS = "always complete"


class Stream(NamedTuple):
    dialect: str
    data: bytes
    want: Result


STREAMS: dict[str, Stream] = {}

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
    STREAMS[name] = Stream("openai-chat", written(chunks) + end, want)


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
    STREAMS[name] = Stream("anthropic", data, want)


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

# -- the judge -------------------------------------------------------------------------------


def judge(want: Result, got: Result) -> list[str]:
    """What is wrong, most telling first; nothing if it is what a human reads."""
    faults = []
    if len(got.choices) != len(want.choices):
        faults.append(f"{len(got.choices)} of {len(want.choices)} choices")
    for index, choice in want.choices.items():
        faults += judge_choice(choice, got.choices.get(index, Choice()))
    if got.usage != want.usage:
        faults.append(differs("usage", want.usage, got.usage and "{}/{}".format(*got.usage)))
    if got.error != want.error:
        faults.append("error lost" if want.error else "error invented")
    return faults + judge_outcome(want, got)


def judge_choice(want: Choice, got: Choice) -> list[str]:
    faults = [
        differs(name, getattr(want, name), short(getattr(got, name)))
        for name in ("text", "reasoning", "refusal")
        if getattr(want, name) != getattr(got, name)
    ]
    if len(got.tool_calls) != len(want.tool_calls):
        faults.append(f"{len(got.tool_calls)} of {len(want.tool_calls)} calls")
    for one, other in zip(want.tool_calls, got.tool_calls):
        faults += judge_call(one, other)
    # Some give a refusal a reason of its own.
    if want.finish != got.finish and not (want.refusal and got.refusal and got.finish):
        faults.append(differs("finish", want.finish, short(got.finish)))
    if got.role not in ("", "assistant"):
        faults.append(f"role {short(got.role)}")
    if want.logprobs != got.logprobs:
        faults.append(differs("logprobs", want.logprobs, short(" ".join(got.logprobs))))
    return faults


def judge_call(want: Call, got: Call) -> list[str]:
    faults = [
        differs(name, getattr(want, name), short(getattr(got, name)))
        for name in ("id", "name")
        if getattr(want, name) != getattr(got, name)
    ]
    if parsed(want.arguments) != parsed(got.arguments):
        cut = not want.complete and type(parsed(got.arguments)) is dict
        shown = "repaired" if cut else short(got.arguments)
        faults.append(differs("arguments", want.arguments, shown))
    if got.complete not in (None, want.complete):
        faults.append("call said to be complete" if got.complete else "call said to be cut")
    return faults


def judge_outcome(want: Result, got: Result) -> list[str]:
    if got.outcome == want.outcome:
        return []
    if got.outcome in ("", ALWAYS):  # then the finish reason tells, but not that there is none
        silence = 'says "complete"' if got.outcome else "silent"
        return [silence] if want.outcome == "truncated" else []
    return [f'says "{got.outcome}"']


def parsed(arguments: str) -> Any:
    """JSON as values, so that its layout does not matter; what is not JSON as it is."""
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def differs(name: str, want: Any, got: str | None) -> str:
    if got in (None, '""'):
        return f"{name} lost"
    return f"{name} {got}" if want else f"{name} {got} invented"


def short(text: str | None) -> str | None:
    if text is None:
        return None
    return f'"{text[:12]} … {text[-12:]}"' if len(text) > 28 else f'"{text}"'


# -- the libraries ---------------------------------------------------------------------------
#
# An adapter drives a library by the loop its users write, and gives its final result.


class Library(NamedTuple):
    distributions: tuple[str, ...]  # what is measured; none is in this repository
    adapters: dict[str, Callable[[bytes], Result]]  # by dialect


ASK: Any = [{"role": "user", "content": "Hi"}]
CLIENT: Any = {"api_key": "none", "base_url": "http://localhost", "max_retries": 0}


def web(data: bytes, sdk: str = "", *, wait: bool = False) -> Any:
    """An httpx client, of the kind that the SDK takes, whose server is these bytes."""
    base = import_module(f"{sdk}._base_client") if sdk else None
    httpx = getattr(base, "httpx2", None) or import_module("httpx")
    headers = {"content-type": "text/event-stream"}

    def answer(request: Any) -> Any:
        return httpx.Response(200, headers=headers, content=data, request=request)

    transport = httpx.MockTransport(answer)
    return httpx.AsyncClient(transport=transport) if wait else httpx.Client(transport=transport)


def in_a_loop(
    adapter: Callable[[bytes], Coroutine[Any, Any, Result]],
) -> Callable[[bytes], Result]:
    return lambda data: asyncio.run(adapter(data))


def finish_word(word: Any) -> str | None:
    return FINISHES.get(word, word) if isinstance(word, str) else None


def sse_core(dialect: str) -> Callable[[bytes], Result]:
    def run(data: bytes) -> Result:
        import sse_core

        stream = sse_core.StreamDecoder(dialect)
        stream.feed(data)
        stream.close()
        response: Any = stream.response
        usage = response.usage
        return Result(
            {choice.index: our_choice(choice) for choice in response.choices},
            None if usage is None else (usage.input_tokens, usage.output_tokens),
            error=response.error is not None,
            outcome=response.outcome.value,
        )

    return run


def our_choice(choice: Any) -> Choice:
    return Choice(
        choice.text,
        choice.reasoning,
        choice.refusal,
        tuple(
            Call(None if one.id_is_synthetic else one.id, one.name, one.arguments, one.complete)
            for one in choice.tool_calls
        ),
        choice.finish and finish_word(choice.finish.reason),
        choice.role,
        tuple(token["token"] for token in choice.logprobs.get("content", ())),
    )


def completion(got: Any) -> Result:
    """A chat completion, as openai, litellm and any-llm have it."""
    return Result(
        {choice.index: completion_choice(choice) for choice in got.choices},
        used(getattr(got, "usage", None), "prompt_tokens", "completion_tokens"),
    )


def completion_choice(choice: Any) -> Choice:
    message = choice.message
    reasoning = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    logprobs = getattr(choice, "logprobs", None)
    return Choice(
        message.content or "",
        getattr(reasoning, "content", reasoning) or "",
        getattr(message, "refusal", None) or "",
        tuple(
            Call(one.id, one.function.name, one.function.arguments, None)
            for one in message.tool_calls or ()
        ),
        finish_word(choice.finish_reason),
        message.role or "",
        tuple(token.token for token in getattr(logprobs, "content", None) or ()),
    )


def used(usage: Any, read: str, written: str) -> tuple[int, int] | None:
    return None if usage is None else (getattr(usage, read), getattr(usage, written))


def openai(data: bytes) -> Result:
    from openai import OpenAI

    client = OpenAI(http_client=web(data, "openai"), **CLIENT)
    with client.chat.completions.stream(model="gpt-4o", messages=ASK) as stream:
        return completion(stream.get_final_completion())


def anthropic(data: bytes) -> Result:
    from anthropic import Anthropic

    client = Anthropic(http_client=web(data, "anthropic"), **CLIENT)
    with client.messages.stream(model="claude", max_tokens=9, messages=ASK) as stream:
        return message(stream.get_final_message())


def message(got: Any) -> Result:
    def joined(kind: str) -> str:
        return "".join(getattr(block, kind) for block in got.content if block.type == kind)

    calls = tuple(
        Call(block.id, block.name, json.dumps(block.input), None)
        for block in got.content
        if block.type.endswith("tool_use")
    )
    choice = Choice(joined("text"), joined("thinking"), "", calls, finish_word(got.stop_reason))
    return Result({0: choice}, used(got.usage, "input_tokens", "output_tokens"))


def litellm(model: str, dialect: str) -> Callable[[bytes], Result]:
    def run(data: bytes) -> Result:
        import litellm

        litellm.suppress_debug_info = True
        client: Any
        if dialect == "anthropic":
            from litellm.llms.custom_httpx.http_handler import HTTPHandler

            client = HTTPHandler(client=web(data))
        else:
            from openai import OpenAI

            client = OpenAI(http_client=web(data, "openai"), **CLIENT)
        asked = {"messages": ASK, "stream_options": {"include_usage": True}, "client": client}
        chunks = litellm.completion(model=model, api_key="none", stream=True, **asked)
        return completion(litellm.stream_chunk_builder(list(chunks), messages=ASK))

    return run


def langchain(data: bytes) -> Result:
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="gpt-4o", http_client=web(data, "openai"), stream_usage=True, **CLIENT)
    return ai_message(model.stream("Hi"))


def langchain_anthropic(data: bytes) -> Result:
    from anthropic import Anthropic
    from langchain_anthropic import ChatAnthropic

    model = ChatAnthropic(model="claude", api_key="none")
    # It has no way to take a client; this is where it keeps the one it makes.
    model.__dict__["_client"] = Anthropic(http_client=web(data, "anthropic"), **CLIENT)
    return ai_message(model.stream("Hi"))


def ai_message(chunks: Iterator[Any]) -> Result:
    """The sum of the chunks. A call in ``tool_calls`` is one that its users run."""
    got = reduce(add, chunks)
    blocks, facts, usage = got.content_blocks, got.response_metadata, got.usage_metadata
    calls = [
        Call(one["id"], one["name"] or "", json.dumps(one["args"]), True) for one in got.tool_calls
    ] + [
        Call(one["id"], one["name"] or "", one["args"] or "", False)
        for one in got.invalid_tool_calls
    ]
    probs = facts.get("logprobs") or {}
    choice = Choice(
        str(got.text),
        "".join(block.get("reasoning", "") for block in blocks if block["type"] == "reasoning"),
        got.additional_kwargs.get("refusal") or "",
        tuple(calls),
        finish_word(facts.get("finish_reason") or facts.get("stop_reason")),
        logprobs=tuple(token["token"] for token in probs.get("content") or ()),
    )
    return Result({0: choice}, usage and (usage["input_tokens"], usage["output_tokens"]))


async def pydantic_ai(data: bytes) -> Result:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = AsyncOpenAI(http_client=web(data, "openai", wait=True), **CLIENT)
    model = OpenAIChatModel("gpt-4o", provider=OpenAIProvider(openai_client=client))
    return await model_response(model)


async def pydantic_ai_anthropic(data: bytes) -> Result:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(http_client=web(data, "anthropic", wait=True), **CLIENT)
    provider = AnthropicProvider(anthropic_client=client)
    return await model_response(AnthropicModel("claude-sonnet-4-5", provider=provider))


async def model_response(model: Any) -> Result:
    from pydantic_ai import ModelRequest
    from pydantic_ai.direct import model_request_stream

    async with model_request_stream(model, [ModelRequest.user_text_prompt("Hi")]) as stream:
        async for _ in stream:
            pass
        return response_parts(stream.get())


def response_parts(got: Any) -> Result:
    """What it knows is in its parts, its finish reason, and the provider's details."""

    def joined(kind: str) -> str:
        return "".join(part.content or "" for part in got.parts if part.part_kind == kind)

    details = got.provider_details or {}
    choice = Choice(
        joined("text"),
        joined("thinking"),
        details.get("refusal", ""),
        tuple(part_call(part) for part in got.parts if part.part_kind.endswith("tool-call")),
        finish_word(got.finish_reason),
        logprobs=tuple(token["token"] for token in details.get("logprobs", ())),
    )
    words = {"complete": ALWAYS, "interrupted": "truncated"}
    usage = used(got.usage, "input_tokens", "output_tokens") if got.usage.has_values() else None
    return Result({0: choice}, usage, outcome=words.get(got.state, ""))


def part_call(part: Any) -> Call:
    name, arguments = part.tool_name, part.args or ""
    if name.startswith("mcp_server:"):  # it wraps these into a shape of its own
        given = part.args_as_dict()
        name, arguments = given.get("tool_name", ""), given.get("tool_args", "")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Call(part.tool_call_id, name, text, None)


def any_llm(provider: str, model: str) -> Callable[[bytes], Coroutine[Any, Any, Result]]:
    async def run(data: bytes) -> Result:
        from any_llm.any_llm import AnyLLM
        from any_llm.utils.streaming import ChatCompletionAccumulator

        web_client = web(data, provider, wait=True)
        asked = {"api_base": CLIENT["base_url"], "http_client": web_client, "max_retries": 0}
        client = AnyLLM.create(provider, api_key="none", **asked)
        accumulator = ChatCompletionAccumulator()
        chunks: Any = await client.acompletion(model=model, messages=ASK, stream=True)
        async for one in chunks:
            accumulator.add(one)
        return completion(accumulator.completion)

    return run


async def agents(data: bytes) -> Result:
    from agents import ModelSettings, ModelTracing, OpenAIChatCompletionsModel
    from openai import AsyncOpenAI

    client = AsyncOpenAI(http_client=web(data, "openai", wait=True), **CLIENT)
    model = OpenAIChatCompletionsModel("gpt-4o", client)
    settings = ModelSettings(include_usage=True)
    events = model.stream_response(None, "Hi", settings, [], None, [], ModelTracing.DISABLED)
    return response_items([event async for event in events][-1])


def response_items(event: Any) -> Result:
    """It makes a Responses stream, which has no finish reason: its terminal event says as much."""
    got = event.response
    contents = [part for item in got.output if item.type == "message" for part in item.content]
    thoughts = [part for item in got.output if item.type == "reasoning" for part in item.summary]
    calls = tuple(
        Call(item.call_id, item.name, item.arguments, None)
        for item in got.output
        if item.type == "function_call"
    )
    whole = event.type == "response.completed"
    choice = Choice(
        "".join(part.text for part in contents if part.type == "output_text"),
        "".join(part.text for part in thoughts),
        "".join(part.refusal for part in contents if part.type == "refusal"),
        calls,
        ("tool_calls" if calls else "stop") if whole else "length",
        logprobs=tuple(
            token.token for part in contents for token in getattr(part, "logprobs", None) or ()
        ),
    )
    usage = used(got.usage, "input_tokens", "output_tokens")
    return Result({0: choice}, usage, outcome=ALWAYS if whole else "")


CHAT, CLAUDE = "openai-chat", "anthropic"
SDKS = ("openai", "anthropic")  # what the others stand on
LIBRARIES = {
    OURS: Library((), {CHAT: sse_core(CHAT), CLAUDE: sse_core(CLAUDE)}),
    "openai": Library(("openai",), {CHAT: openai}),
    "anthropic": Library(("anthropic",), {CLAUDE: anthropic}),
    "litellm": Library(
        ("litellm",),
        {CHAT: litellm("openai/gpt-4o", CHAT), CLAUDE: litellm("anthropic/claude", CLAUDE)},
    ),
    "langchain": Library(
        ("langchain-core", "langchain-openai", "langchain-anthropic"),
        {CHAT: langchain, CLAUDE: langchain_anthropic},
    ),
    "pydantic-ai": Library(
        ("pydantic-ai-slim",),
        {CHAT: in_a_loop(pydantic_ai), CLAUDE: in_a_loop(pydantic_ai_anthropic)},
    ),
    "any-llm": Library(
        ("any-llm-sdk",),
        {
            CHAT: in_a_loop(any_llm("openai", "gpt-4o")),
            CLAUDE: in_a_loop(any_llm("anthropic", "claude")),
        },
    ),
    "agents": Library(("openai-agents",), {CHAT: in_a_loop(agents)}),
}


def faults(library: str, name: str) -> list[str]:
    """What is wrong with what the library makes of the stream of this name."""
    dialect, data, want = STREAMS[name]
    try:
        return judge(want, LIBRARIES[library].adapters[dialect](data))
    except Exception as error:  # whatever a library raises is its result
        if isinstance(error, ModuleNotFoundError) and library != OURS:
            return [ABSENT]
        told = want.error and ERROR in str(error) and library != OURS  # ours has no reason to raise
        return [] if told else [type(error).__name__]


# -- the table -------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quirks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="all that is wrong, not the table")
    parser.add_argument("--smoke", action="store_true", help="one line for each library")
    parser.add_argument("--peers", type=listed, default=list(LIBRARIES), help="with commas")
    parser.add_argument("--pythons", nargs="+", default=[sys.executable], help="where they are")
    parser.add_argument("--column", choices=LIBRARIES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.column:
        print(json.dumps(column(options.column)))
        return 0
    names = list(dict.fromkeys([OURS, *options.peers]))
    columns = {name: found(name, options.pythons) for name in names}
    if options.json:
        print(json.dumps(columns, indent=1))
    elif options.smoke:
        for name, done in columns.items():
            print(f"{name:12}{done.get('error') or summary(done['cells'])}")
    else:
        for name, done in columns.items():
            print(f"{name:12}{done.get('error') or versions_of(done) or '(this)'}")
        for dialect in (CHAT, CLAUDE):
            print_table(dialect, columns)
    return "error" in columns[OURS] or any(columns[OURS]["cells"].values())


def listed(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in LIBRARIES:
            raise argparse.ArgumentTypeError(f"no {name!r}; there are: {', '.join(LIBRARIES)}")
    return names


def column(name: str) -> dict[str, Any]:
    """All the streams of one library, in this process."""
    library = LIBRARIES[name]
    versions = {wanted: version(wanted) for wanted in (*library.distributions, *SDKS)}
    if not all(versions[wanted] for wanted in library.distributions[:1]):
        return {"error": ABSENT}
    sys.addaudithook(no_network)
    warnings.simplefilter("ignore")
    streams = [name for name, one in STREAMS.items() if one.dialect in library.adapters]
    return {
        "versions": {key: value for key, value in versions.items() if value and name != OURS},
        "cells": {stream: faults(name, stream) for stream in streams},
    }


def version(distribution: str) -> str:
    """``""`` if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def no_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise PermissionError("the matrix opens no connection")


def found(name: str, pythons: list[str]) -> dict[str, Any]:
    """The column of this library, from a process of the first interpreter that has it."""
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    environment = {**os.environ, **quiet, "PYTHONPATH": str(ROOT)}
    done: dict[str, Any] = {"error": ABSENT}
    for python in pythons:
        command = [python, "-m", "benchmarks.quirks", "--column", name]
        run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        try:
            done = json.loads(run.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            done = {"error": f"failed: {run.stderr.strip().splitlines()[-1:]}"}
        if done.get("error") != ABSENT:
            break
    return done


def summary(cells: dict[str, list[str]]) -> str:
    return f"{sum(not wrong for wrong in cells.values())} of {len(cells)} OK"


def versions_of(done: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in done["versions"].items())


def print_table(dialect: str, columns: dict[str, dict[str, Any]]) -> None:
    names = [name for name in columns if dialect in LIBRARIES[name].adapters]
    rows = [["stream", *names]]
    for stream in (name for name, one in STREAMS.items() if one.dialect == dialect):
        rows.append([stream, *(cell(columns[name], stream) for name in names)])
    ok = [
        sum(row[at] == "OK" for row in rows) if "cells" in columns[name] else "-"
        for at, name in enumerate(names, start=1)
    ]
    rows.append([f"OK, of {len(rows) - 1}", *map(str, ok)])
    widths = [max(map(len, texts)) for texts in zip(*rows)]
    print()
    for row in rows:
        print(" | ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def cell(done: dict[str, Any], stream: str) -> str:
    if "error" in done:
        return str(done["error"])
    first, more = done["cells"][stream][:2], done["cells"][stream][2:]
    return "; ".join(first) + (" …" if more else "") or "OK"


if __name__ == "__main__":
    sys.exit(main())
