"""For any bytes, dialect, limits and cutting, the whole pipeline gives the documented events: their
grammar holds, the response is what they say, every cutting gives the same, and a state that was
dumped between two pushes goes on alike.

Allowed outcomes of a push: a list of stream events, ``LimitExceeded``. Allowed at the end: one of
``Outcome``. All else is a bug.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from sse_core import LimitExceeded, Limits, Outcome, StreamDecoder, StreamEvent
from sse_core.dialects import DIALECTS
from sse_core.testing import chunkings
from tests.grammar import check_against_response, check_grammar

MAX_BYTES = 2048

NAMES = ["auto", *DIALECTS]
LIMITS = [
    Limits(),
    Limits.strict(),
    Limits(max_json_depth=3, max_choices=2, max_tool_calls=2, max_output_items=3),
    Limits(max_tool_argument_bytes=9, max_accumulated_bytes=30),
    Limits.unlimited(),
]
ASSUMED = [(), ("C16", "R3"), ("F21",), ("A16",)]
HEADER = 4

#: The grains of every dialect's streams: what the fuzzer cuts up and puts together.
SEEDS = {
    "openai-chat": [
        '{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":'
        '{"role":"assistant","content":""}}]}',
        '{"choices":[{"index":0,"delta":{"reasoning_content":"hm","content":"Hi \\ud83d"}}]}',
        '{"choices":[{"index":0,"delta":{"content":"\\ude00","tool_calls":[{"index":0,"id":"a",'
        '"type":"function","function":{"name":"f","arguments":"{\\"x\\":"}}]}}]}',
        '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":'
        '{"arguments":"1}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1}}',
        '{"choices":[{"index":1,"message":{"content":[{"type":"text","text":"a"}]},'
        '"finish_reason":"length"}],"error":{"message":"e","code":5}}',
        "[DONE]",
    ],
    "anthropic": [
        '{"type":"message_start","message":{"id":"a","usage":{"input_tokens":1}}}',
        '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t",'
        '"name":"f","input":{}}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta",'
        '"partial_json":"{\\"a\\": [1"}}',
        '{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}}',
        '{"type":"content_block_delta","index":2,"delta":{"type":"thinking_delta","thinking":"c"}}',
        '{"type":"content_block_delta","index":2,"delta":{"type":"signature_delta",'
        '"signature":"s"}}',
        '{"type":"content_block_stop","index":0}',
        '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}',
        '{"type":"message_stop"}',
        '{"type":"error","error":{"type":"overloaded_error","message":"o"}}',
    ],
    "openai-responses": [
        '{"type":"response.created","response":{"id":"r","model":"m","output":[]}}',
        '{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call",'
        '"id":"i","call_id":"c","name":"f","arguments":""}}',
        '{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"}',
        '{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"t"}',
        '{"type":"response.output_text.done","output_index":1,"content_index":0,"text":"tu"}',
        '{"type":"response.code_interpreter_call_code.delta","output_index":2,"delta":"x=1"}',
        '{"type":"response.output_item.done","output_index":1,"item":{"type":"message",'
        '"content":[{"type":"output_text","text":"tu"}]}}',
        '{"type":"response.completed","response":{"id":"r","output":[],"usage":'
        '{"input_tokens":1}}}',
    ],
    "gemini": [
        '{"candidates":[{"content":{"parts":[{"text":"a","thought":true},{"text":"b",'
        '"thoughtSignature":"cw=="}]}}],"usageMetadata":{"promptTokenCount":1}}',
        '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}',
        '{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":'
        '"$.a[0].b","stringValue":"x","willContinue":true}],"willContinue":true}}]}}]}',
        '{"candidates":[{"content":{"parts":[{"functionCall":{}}]},"finishReason":"STOP"}]}',
        '{"promptFeedback":{"blockReason":"SAFETY"}}',
    ],
    "openai-completions": [
        '{"object":"text_completion","choices":[{"index":0,"text":"a","finish_reason":null}]}',
        '{"object":"text_completion","choices":[{"index":0,"text":"","finish_reason":"stop"}]}',
    ],
    "json": ['{"content":"a","done":false}', '{"content":"","done":true}', '{"error":"x"}'],
    "text": ["plain", "", "[DONE]"],
}


def seeds() -> Iterator[bytes]:
    """Each dialect's grains in order, whole and cut, under every kind of limits."""
    for name, grains in SEEDS.items():
        data = "".join(f"data: {grain}\n\n" for grain in grains).encode()
        for limits in range(len(LIMITS)):
            yield bytes([NAMES.index(name), limits, 0, 0]) + data
        for assumed in range(len(ASSUMED)):
            yield bytes([0, 0, assumed, 7]) + data[:MAX_BYTES]
    yield bytes([1, 0, 0, 3]) + b'error: {"detail":"x"}\n\n{"error":\n {"code":1}\n}\n\n<html>'


def check(given: bytes) -> None:
    """One run; raises if the invariant is broken."""
    header, data = given[:HEADER], given[HEADER:]
    if len(header) < HEADER:
        return
    dialect = NAMES[header[0] % len(NAMES)]
    limits = LIMITS[header[1] % len(LIMITS)]
    assume = ASSUMED[header[2] % len(ASSUMED)]
    step = header[3] % 16
    whole, error = run(StreamDecoder(dialect, limits=limits, assume=assume), [data])
    stream = StreamDecoder(dialect, limits=limits, assume=assume)
    again, other = run(stream, chunkings.sized(data, step) if step else chunkings.bytewise(data))
    assert again == whole
    assert (error is None) == (other is None)
    assert error is None or str(error) == str(other)
    assert isinstance(stream.outcome, Outcome)
    check_grammar(whole, whole=error is None)
    if error is None:
        check_against_response(whole, stream.response)
    json.dumps(stream.response.as_dict())
    if stream.dialect != "auto":
        json.dumps(stream.native())


def run(
    stream: StreamDecoder, chunks: list[bytes]
) -> tuple[list[StreamEvent], LimitExceeded | None]:
    """All events, and the error that ended them; the state is dumped and loaded on the way."""
    events: list[StreamEvent] = []
    middle = len(chunks) // 2
    try:
        for number, chunk in enumerate(chunks):
            if number == middle:
                loaded = StreamDecoder.load(json.loads(json.dumps(stream.dump())))
                assert loaded.response == stream.response
                vars(stream).update(vars(loaded))
            events += stream.feed(chunk)
        events += stream.close()
        events += stream.close()  # where the end itself passed a limit, this one says so
    except LimitExceeded as error:
        return events, error
    return events, None
