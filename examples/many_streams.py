"""Several answers at once: one connection and one decoder each, and one that fails is only one.

python examples/many_streams.py [URL ...]
"""

import asyncio
import sys

import httpx

import sse_core

URLS = ["http://127.0.0.1:8000/v1/chat/completions", "http://127.0.0.1:8000/v1/messages"]


async def ask(client: httpx.AsyncClient, number: int, url: str) -> sse_core.Response:
    stream = sse_core.StreamDecoder("auto")
    question = {"stream": True, "messages": [{"role": "user", "content": "What is SSE?"}]}
    async with client.stream("POST", url, json=question) as response:
        response.raise_for_status()
        async for event in sse_core.aiter_stream(response.aiter_bytes(), stream):
            if isinstance(event, sse_core.TextDelta):
                print(f"{number}: {event.text}")
    return stream.response


async def main(urls: list[str]) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        asked = [ask(client, number, url) for number, url in enumerate(urls)]
        for number, result in enumerate(await asyncio.gather(*asked, return_exceptions=True)):
            match result:
                case sse_core.Response(outcome=outcome, text=text):
                    print(f"{number} is {outcome.value}: {text}")
                case error:
                    print(f"{number} failed: {type(error).__name__}")


asyncio.run(main(sys.argv[1:] or URLS))
