"""Bytes, or chunks that are parsed already, → one response: what a delta of 10 characters costs.

Everybody goes from the same input to the final result, which is compared with what was sent. From
bytes, that is the SDK's own stream helper over a transport that is not a network. From ``chunks``,
it is the accumulator alone, with objects of the library's own types made beforehand: that omits
most of what its users pay for. In ``live`` the arguments' value is read after every delta.

A library that starts from bytes is a function of the answer and its pushes. One that starts from
chunks is an ``Accumulator``. Both import what they need when they are called.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import islice
from time import process_time
from typing import Any, Protocol

from benchmarks.harness import FLOOR, OURS, NotApplicable, Row, check_equal, cpu_time
from benchmarks.shapes import CHAT, CLAUDE, CONTENTS, DIALECTS, GEMINI, RESPONSES, Answer, cut

UNIT, PER = "second", "delta"

CHUNKS = "chunks"  # in the place of a cutting: the input is parsed already

# dialect / content / cutting, or chunks / deltas. Small sizes come first where some are quadratic:
# they tell who would take too long with the next.
CASES = [
    *(f"{dialect}/{content}/64k/8192" for dialect in DIALECTS for content in ("text", "call")),
    *(f"{dialect}/calls/64k/8192" for dialect in DIALECTS),
    *(f"{dialect}/text/{cutting}/8192" for cutting in ("event", CHUNKS) for dialect in DIALECTS),
    *(f"{CHAT}/call/chunks/{deltas}" for deltas in (1024, 2048, 8192)),
    *(f"{CLAUDE}/call/chunks/{deltas}" for deltas in (1024, 2048, 8192)),
    *(f"{dialect}/live/64k/{deltas}" for dialect in (CHAT, CLAUDE) for deltas in (1024, 4096)),
    *(f"{dialect}/live/64k/4096" for dialect in (RESPONSES, GEMINI)),
]
QUICK = [
    *(f"{dialect}/{content}/64k/8192" for dialect in DIALECTS for content in ("text", "call")),
    *(f"{dialect}/text/event/8192" for dialect in DIALECTS),
    *(f"{dialect}/text/chunks/8192" for dialect in (CHAT, CLAUDE)),
    *(f"{dialect}/live/64k/{deltas}" for dialect in (CHAT, CLAUDE) for deltas in (1024, 4096)),
]
SMOKE = [
    f"{dialect}/{content}/{cutting}/128"
    for dialect in DIALECTS
    for content in CONTENTS
    for cutting in ("event", "tiny", "64k", CHUNKS)
]


def per(case: str) -> int:
    return int(case.rpartition("/")[2])


def parsed(case: str) -> tuple[Answer, str]:
    dialect, content, cutting, deltas = case.split("/")
    return Answer(dialect, content, int(deltas)), cutting


# -- from bytes ----------------------------------------------------------------------------------

FromBytes = Callable[[Answer, list[bytes]], Any]  # gives what ``Answer.want`` is
Loads = Callable[[Any], Any]


def parser(distribution: str) -> Loads:
    """The JSON parser of this name; "" is the standard library's."""
    if distribution == "msgspec":
        from msgspec.json import decode

        return decode
    return import_module(distribution or "json").loads  # type: ignore[no-any-return]


def floor(distribution: str, answer: Answer, pushes: list[bytes]) -> list[Any]:
    """The least that anybody has to do before anything can be added up."""
    loads, blank = parser(distribution), b"\r\n\r\n" if answer.dialect == GEMINI else b"\n\n"
    rest, count = b"", 0
    for push in pushes:
        *blocks, rest = (rest + push).split(blank)
        for block in blocks:
            data = block[block.index(b"data: ") + 6 :]
            if data != b"[DONE]":
                loads(data)
                count += 1
    assert count >= len(answer.wholes)
    return answer.want


def sse_core(distribution: str, answer: Answer, pushes: list[bytes]) -> list[Any]:
    from sse_core import StreamDecoder

    faster: Any = {"loads": parser(distribution)} if distribution else {}
    stream = StreamDecoder(answer.dialect, **faster)
    feed_ours(stream, stream.feed, pushes, answer.content == "live")
    stream.close()
    return our_result(stream.response, answer)


def feed_ours(stream: Any, feed: Callable[[Any], Any], inputs: list[Any], live: bool) -> None:
    from sse_core import ToolCallDelta

    if not live:
        for one in inputs:
            for _event in feed(one):
                pass
        return
    for one in inputs:
        for event in feed(one):
            if type(event) is ToolCallDelta:
                stream.live(event.block).value  # noqa: B018


def our_result(response: Any, answer: Answer) -> list[Any]:
    if answer.is_text:
        return [response.text]
    return [call.parsed for call in response.tool_calls]


TOOL: Any = {"name": "f", "strict": True, "parameters": {"type": "object"}}
ASK: Any = [{"role": "user", "content": "Hi"}]
CLIENT: Any = {"api_key": "none", "base_url": "http://localhost", "max_retries": 0}


def web(sdk: str, pushes: list[bytes]) -> Any:
    """An httpx client, of the kind that the SDK takes, whose server sends these."""
    base = import_module(f"{sdk}._base_client")
    httpx = getattr(base, "httpx2", None) or import_module("httpx")
    headers = {"content-type": "text/event-stream"}

    def answer(request: Any) -> Any:
        return httpx.Response(200, headers=headers, content=iter(pushes), request=request)

    return httpx.Client(transport=httpx.MockTransport(answer))


def openai(answer: Answer, pushes: list[bytes]) -> list[Any]:
    from openai import OpenAI

    client = OpenAI(http_client=web("openai", pushes), **CLIENT)
    live = answer.content == "live"
    if answer.dialect == CHAT:
        asked: Any = {"tools": [{"type": "function", "function": TOOL}]} if live else {}
        with client.chat.completions.stream(model="m", messages=ASK, **asked) as stream:
            for event in stream:
                if event.type == "tool_calls.function.arguments.delta":
                    event.parsed_arguments  # noqa: B018
            return completion_result(stream.get_final_completion(), answer)
    if answer.dialect != RESPONSES or live:  # of Responses it shows no value before the end
        raise NotApplicable
    with client.responses.stream(model="m", input="Hi") as stream:
        for _event in stream:
            pass
        output: Any = stream.get_final_response().output
    if answer.is_text:
        return [item.content[0].text for item in output]
    return [json.loads(item.arguments) for item in output]


def completion_result(completion: Any, answer: Answer) -> list[Any]:
    said = completion.choices[0].message
    if answer.is_text:
        return [said.content]
    return [json.loads(call.function.arguments) for call in said.tool_calls]


def anthropic(answer: Answer, pushes: list[bytes]) -> list[Any]:
    if answer.dialect != CLAUDE:
        raise NotApplicable
    from anthropic import Anthropic

    client = Anthropic(http_client=web("anthropic", pushes), **CLIENT)
    with client.messages.stream(model="m", max_tokens=9, messages=ASK) as stream:
        for event in stream:
            if event.type == "input_json":
                event.snapshot  # noqa: B018
        return message_result(stream.get_final_message(), answer)


def message_result(message: Any, answer: Answer) -> list[Any]:
    return [block.text if answer.is_text else block.input for block in message.content]


def llmstream(answer: Answer, pushes: list[bytes]) -> list[Any]:
    if answer.dialect == RESPONSES:
        raise NotApplicable
    from llmstream import iter_events, partial_json

    provider = {CHAT: "openai"}.get(answer.dialect, answer.dialect)
    texts, arguments, calls = [], "", []
    for event in iter_events(pushes, provider=provider):
        if event.type == "delta":
            texts.append(event.text)
        elif event.type == "tool_call_complete":
            calls.append(event.arguments)
        elif event.type == "tool_call_delta" and answer.content == "live":
            arguments += event.arguments_delta
            partial_json(arguments)
    return ["".join(texts)] if answer.is_text else calls


FROM_BYTES: dict[str, tuple[str, FromBytes]] = {
    OURS: ("", partial(sse_core, "")),
    f"{OURS} with msgspec": ("msgspec", partial(sse_core, "msgspec")),
    f"{OURS} with orjson": ("orjson", partial(sse_core, "orjson")),
    FLOOR: ("", partial(floor, "")),
    f"{FLOOR} with msgspec": ("msgspec", partial(floor, "msgspec")),
    f"{FLOOR} with orjson": ("orjson", partial(floor, "orjson")),
    "openai": ("openai", openai),
    "anthropic": ("anthropic", anthropic),
    "llmstream": ("llmstream", llmstream),
}

# -- from chunks ---------------------------------------------------------------------------------


class Accumulator(Protocol):
    """It is made with the answer: then it raises ``NotApplicable`` if it does not take it."""

    def made(self, name: str, chunk: Any) -> Any:
        """What is added: an object of the library's own types. This is not timed."""

    def add(self, made: Any) -> Any: ...

    def result(self) -> list[Any]:
        """What ``Answer.want`` is."""


def only(answer: Answer, *dialects: str, live: bool = False) -> Answer:
    if answer.dialect not in dialects or (answer.content == "live" and not live):
        raise NotApplicable
    return answer


class SSECore:
    def __init__(self, answer: Answer) -> None:
        from sse_core import StreamDecoder

        self.answer, self.live = answer, answer.content == "live"
        self.stream = StreamDecoder(answer.dialect)

    def made(self, name: str, chunk: Any) -> Any:
        return name or "message", chunk

    def add(self, made: Any) -> None:
        name, chunk = made
        feed_ours(self.stream, partial(self.stream.feed_chunk, event=name), [chunk], self.live)

    def result(self) -> list[Any]:
        self.stream.close()
        return our_result(self.stream.response, self.answer)


class OpenAI:
    def __init__(self, answer: Answer) -> None:
        from openai._models import construct_type
        from openai.lib.streaming.chat import ChatCompletionStreamState
        from openai.types.chat import ChatCompletionChunk

        self.answer = only(answer, CHAT, live=True)
        asked: Any = {"input_tools": [{"type": "function", "function": TOOL}]}
        self.state: Any = ChatCompletionStreamState(**(asked if answer.content == "live" else {}))
        self.typed = partial(construct_type, type_=ChatCompletionChunk)

    def made(self, name: str, chunk: Any) -> Any:
        return self.typed(value=chunk)

    def add(self, made: Any) -> None:
        for _event in self.state.handle_chunk(made):
            pass

    def result(self) -> list[Any]:
        return completion_result(self.state.get_final_completion(), self.answer)


class Anthropic:
    def __init__(self, answer: Answer) -> None:
        from anthropic._models import construct_type
        from anthropic.lib.streaming._messages import accumulate_event
        from anthropic.types import RawMessageStreamEvent

        self.answer = only(answer, CLAUDE, live=True)
        self.typed = partial(construct_type, type_=RawMessageStreamEvent)
        self.accumulate, self.snapshot, self.buffers = accumulate_event, None, dict[Any, Any]()

    def made(self, name: str, chunk: Any) -> Any:
        return self.typed(value=chunk)

    def add(self, made: Any) -> None:
        self.snapshot = self.accumulate(
            event=made, current_snapshot=self.snapshot, json_bufs=self.buffers
        )

    def result(self) -> list[Any]:
        return message_result(self.snapshot, self.answer)


class LangChain:
    """It parses the arguments at every addition, asked or not."""

    def __init__(self, answer: Answer) -> None:
        from langchain_core.messages import AIMessageChunk

        self.answer = only(answer, CHAT, live=True)
        self.type, self.sum = AIMessageChunk, AIMessageChunk(content="")

    def made(self, name: str, chunk: Any) -> Any:
        said, pieces = parts(chunk)
        calls = [
            {"name": one.get("name"), "args": one["arguments"], "id": id, "index": index}
            for index, id, one in pieces
        ]
        return self.type(content=said, tool_call_chunks=calls)

    def add(self, made: Any) -> None:
        self.sum = self.sum + made

    def result(self) -> list[Any]:
        if self.answer.is_text:
            return [self.sum.content]
        return [call["args"] for call in self.sum.tool_calls]


class PydanticAI:
    def __init__(self, answer: Answer) -> None:
        from pydantic_ai._parts_manager import ModelResponsePartsManager
        from pydantic_ai.models import ModelRequestParameters

        self.answer = only(answer, CHAT)
        self.manager = ModelResponsePartsManager(model_request_parameters=ModelRequestParameters())

    def made(self, name: str, chunk: Any) -> Any:
        return parts(chunk)

    def add(self, made: Any) -> None:
        said, pieces = made
        if said:
            for _event in self.manager.handle_text_delta(vendor_part_id="content", content=said):
                pass
        for index, id, one in pieces:
            self.manager.handle_tool_call_delta(
                vendor_part_id=index,
                tool_name=one.get("name"),
                args=one["arguments"],
                tool_call_id=id,
            )

    def result(self) -> list[Any]:
        got: Any = self.manager.get_parts()
        return [part.content if self.answer.is_text else part.args_as_dict() for part in got]


def parts(chunk: Any) -> tuple[str, list[tuple[int, str | None, Any]]]:
    """Of a chunk of openai-chat: the text, and of each call the index, the id, what is new."""
    delta = chunk["choices"][0]["delta"]
    calls = delta.get("tool_calls", ())
    return delta.get("content") or "", [(c["index"], c.get("id"), c["function"]) for c in calls]


class AnyLLM:
    def __init__(self, answer: Answer) -> None:
        from any_llm.types.completion import ChatCompletionChunk
        from any_llm.utils.streaming import ChatCompletionAccumulator

        self.answer = only(answer, CHAT)
        self.accumulator, self.type = ChatCompletionAccumulator(), ChatCompletionChunk

    def made(self, name: str, chunk: Any) -> Any:
        return self.type.model_validate(chunk)

    def add(self, made: Any) -> None:
        self.accumulator.add(made)

    def result(self) -> list[Any]:
        return completion_result(self.accumulator.completion, self.answer)


class LiteLLM:
    """It keeps the chunks, and adds them up at the end."""

    def __init__(self, answer: Answer) -> None:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would fetch a newer one
        from litellm import stream_chunk_builder
        from litellm.types.utils import ModelResponseStream

        self.answer = only(answer, CHAT)
        self.build, self.type, self.kept = stream_chunk_builder, ModelResponseStream, list[Any]()

    def made(self, name: str, chunk: Any) -> Any:
        return self.type(**chunk)

    def add(self, made: Any) -> None:
        self.kept.append(made)

    def result(self) -> list[Any]:
        return completion_result(self.build(self.kept, messages=ASK), self.answer)


FROM_CHUNKS: dict[str, tuple[str, Callable[[Answer], Accumulator]]] = {
    OURS: ("", SSECore),
    "openai": ("openai", OpenAI),
    "anthropic": ("anthropic", Anthropic),
    "langchain": ("langchain-core", LangChain),
    "pydantic-ai": ("pydantic-ai-slim", PydanticAI),
    "any-llm": ("any-llm-sdk", AnyLLM),
    "litellm": ("litellm", LiteLLM),
}

# -- the measurement -----------------------------------------------------------------------------


def prepare(name: str) -> Callable[[str], Callable[[], float]]:
    def prepared(case: str) -> Callable[[], float]:
        answer, cutting = parsed(case)
        if name not in (FROM_CHUNKS if cutting == CHUNKS else FROM_BYTES):
            raise NotApplicable
        if cutting == CHUNKS:
            _, made = FROM_CHUNKS[name]
            made(answer)  # takes it, or not
            return lambda: accumulate(answer, made)
        _, run = FROM_BYTES[name]
        run(answer._replace(deltas=64), answer._replace(deltas=64).blocks())
        pushes = cut(answer.blocks(), cutting)
        return cpu_time(lambda: run(answer, pushes), check_equal(answer.want))

    return prepared


BATCH = 1024  # objects that are made beforehand, but not all at once: they are large


def accumulate(answer: Answer, made: Callable[[Answer], Accumulator]) -> float:
    """Seconds of CPU time, without those in which the objects were made."""
    accumulator, chunks, seconds = made(answer), answer.chunks(), 0.0
    for batch in batches(accumulator, chunks):
        begin = process_time()
        for one in batch:
            accumulator.add(one)
        seconds += process_time() - begin
    begin = process_time()
    result = accumulator.result()
    seconds += process_time() - begin
    check_equal(answer.want)(result)
    return seconds


def batches(accumulator: Accumulator, chunks: Iterator[tuple[str, Any]]) -> Iterator[list[Any]]:
    def fresh() -> list[Any]:  # as a parser makes them: nothing in one is shared with another
        some = json.loads(json.dumps(list(islice(chunks, BATCH))))
        return [accumulator.made(name, chunk) for name, chunk in some]

    while batch := fresh():
        yield batch


ROWS = {
    name: Row((FROM_BYTES.get(name) or FROM_CHUNKS[name])[0], prepare(name))
    for name in (*FROM_BYTES, *FROM_CHUNKS)
}
