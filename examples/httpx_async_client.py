"""Print an answer's text as it comes: httpx, async.

python examples/httpx_async_client.py [URL DIALECT]
"""

import asyncio
import sys

import httpx

import sse_core


async def main(url: str, dialect: str) -> None:
    question = {"stream": True, "messages": [{"role": "user", "content": "What is SSE?"}]}
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("POST", url, json=question) as response,
    ):
        response.raise_for_status()
        async for text in sse_core.aiter_text(response.aiter_bytes(), dialect):
            print(text, end="", flush=True)
    print()


url, dialect = sys.argv[1:] or ["http://127.0.0.1:8000/v1/chat/completions", "openai-chat"]
asyncio.run(main(url, dialect))
