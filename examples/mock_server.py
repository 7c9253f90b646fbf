"""A provider to try things on: one answer, word by word, as openai-chat and as anthropic.

python examples/mock_server.py [PORT]

If a request names tools, the answer ends with a call of the first one.
"""

import contextlib
import json
import re
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sse_core import SSE_HEADERS, encode_event, encode_json

TEXT = "Server-sent events are plain text, and so are models' answers: café, 日本語, 🙂."
WORDS = re.findall(" ?[^ ]+", TEXT)
ARGUMENTS = ['{"city"', ': "Os', 'lo"}']
SECONDS_A_WORD = 0.1


def openai_chat(tools: list[Any]) -> Iterator[bytes]:
    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return encode_json({**head, "choices": [choice]})

    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "mock"}
    yield chunk({"role": "assistant", "content": ""})
    for word in WORDS:
        yield chunk({"content": word})
    for tool in tools[:1]:
        function = {"name": tool["function"]["name"], "arguments": ""}
        yield chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": function}]})
        for piece in ARGUMENTS:
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield chunk({}, "tool_calls" if tools else "stop")
    usage = {"prompt_tokens": 9, "completion_tokens": 21, "total_tokens": 30}
    yield encode_json({**head, "choices": [], "usage": usage}) + encode_event("[DONE]")


def anthropic(tools: list[Any]) -> Iterator[bytes]:
    def event(type: str, **fields: Any) -> bytes:
        return encode_json({"type": type, **fields}, event=type)

    message = {"id": "msg_1", "role": "assistant", "model": "mock", "usage": {"input_tokens": 9}}
    yield event("message_start", message=message)
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for word in WORDS:
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
    yield event("content_block_stop", index=0)
    for tool in tools[:1]:
        call = {"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": {}}
        yield event("content_block_start", index=1, content_block=call)
        for piece in ARGUMENTS:
            delta = {"type": "input_json_delta", "partial_json": piece}
            yield event("content_block_delta", index=1, delta=delta)
        yield event("content_block_stop", index=1)
    reason = {"stop_reason": "tool_use" if tools else "end_turn"}
    yield event("message_delta", delta=reason, usage={"output_tokens": 21}) + event("message_stop")


ANSWERS = {"/v1/chat/completions": openai_chat, "/v1/messages": anthropic}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path not in ANSWERS:
            return self.send_error(404)
        self.send_response(200)
        for name, value in {**SSE_HEADERS, "Transfer-Encoding": "chunked"}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the client went away
            for data in ANSWERS[self.path](question.get("tools") or []):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                time.sleep(SECONDS_A_WORD)
            self.wfile.write(b"0\r\n\r\n")


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int((sys.argv[1:] or ["8000"])[0])), Handler) as server:
        for path in ANSWERS:
            print(f"http://127.0.0.1:{server.server_port}{path}", flush=True)
        server.serve_forever()
