"""Re-stream a provider's answer to browsers, with heartbeats: FastAPI, httpx.

    UPSTREAM=http://127.0.0.1:8000/v1/chat/completions python examples/fastapi_restream.py

Then open http://127.0.0.1:8001/, which is page.html. PORT and HEARTBEAT (seconds) can be set, too.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, StreamingResponse

from sse_core import SSE_HEADERS, SSEDecoder, encode_comment, encode_json, is_event_stream

UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:8000/v1/chat/completions")
HEARTBEAT = float(os.environ.get("HEARTBEAT", "15"))
app = FastAPI()


async def ask(question: object) -> AsyncGenerator[bytes, None]:
    """What the provider sends, as it comes; or one event that says why it sends nothing."""
    timeout = httpx.Timeout(10, read=300)
    async with (
        httpx.AsyncClient(timeout=timeout) as client,
        client.stream("POST", UPSTREAM, json=question) as response,
    ):
        if response.status_code == 200 and is_event_stream(response.headers.get("content-type")):
            async for data in response.aiter_bytes():
                yield data
        else:
            yield encode_json({"error": {"code": response.status_code, "message": "no stream"}})


async def restream(chunks: AsyncGenerator[bytes, None], heartbeat: float) -> AsyncIterator[bytes]:
    """The same bytes, and a comment whenever nothing comes for a while and no event is open."""
    decoder = SSEDecoder()
    try:
        while True:
            reading = asyncio.ensure_future(anext(chunks, None))
            while not (await asyncio.wait([reading], timeout=heartbeat))[0]:
                if decoder.at_boundary:
                    yield encode_comment("heartbeat")
            data = reading.result()
            if data is None:
                return
            yield data
            decoder.feed(data)
    finally:
        if reading.done():
            await chunks.aclose()
        else:  # the client has gone away while we waited for the provider
            reading.cancel()  # which closes the chunks, too


def answer(question: object) -> StreamingResponse:
    return StreamingResponse(restream(ask(question), HEARTBEAT), headers=SSE_HEADERS)


@app.post("/chat")
async def chat(request: Request) -> StreamingResponse:
    return answer(await request.json())


@app.get("/chat")  # for EventSource, which can do nothing but GET
async def chat_about(q: str) -> StreamingResponse:
    return answer({"stream": True, "messages": [{"role": "user", "content": q}]})


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("page.html"))


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8001")))
