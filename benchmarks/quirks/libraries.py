"""The libraries. An adapter drives one by the loop its users write, and gives its final result.

A stream goes as raw bytes through the library's own client, over a transport that is not a network.
Adapters import what they need when they are called: no environment has all of the libraries.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from functools import reduce
from importlib import import_module
from operator import add
from typing import Any, NamedTuple

from benchmarks.quirks.judge import judge
from benchmarks.quirks.streams import ALWAYS, CHAT, CLAUDE, ERROR, STREAMS, Call, Choice, Result

OURS = "sse_core"
ABSENT = "not installed"

#: One word for what has several, by dialect and library.
FINISHES = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "tool_call": "tool_calls",
    "max_tokens": "length",
}


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
