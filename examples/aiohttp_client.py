"""Print an answer's text as it comes: aiohttp.

python examples/aiohttp_client.py [URL DIALECT]
"""

import asyncio
import sys

import aiohttp

import sse_core


async def main(url: str, dialect: str) -> None:
    question = {"stream": True, "messages": [{"role": "user", "content": "What is SSE?"}]}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
    async with (
        aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
        session.post(url, json=question) as response,
    ):
        async for text in sse_core.aiter_text(response.content.iter_any(), dialect):
            print(text, end="", flush=True)
    print()


url, dialect = sys.argv[1:] or ["http://127.0.0.1:8000/v1/chat/completions", "openai-chat"]
asyncio.run(main(url, dialect))
