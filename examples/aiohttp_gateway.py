"""A gateway: bytes go through untouched, usage and tool calls are noted beside them. aiohttp.

UPSTREAM=http://127.0.0.1:8000 python examples/aiohttp_gateway.py

Then ask it instead of the provider: any path, any dialect. For each answer it prints one line of
JSON. PORT can be set, too.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from multidict import CIMultiDict, CIMultiDictProxy

from sse_core import LimitExceeded, StreamDecoder

UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:8000")
SESSION = web.AppKey("SESSION", ClientSession)


def passed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """All but those that are about one connection."""
    kept = headers.copy()
    for name in ("Connection", "Host", "Keep-Alive", "TE", "Transfer-Encoding", "Upgrade"):
        kept.popall(name, None)
    return kept


async def relay(request: web.Request) -> web.StreamResponse:
    headers = passed_on(request.headers)
    headers["Accept-Encoding"] = "identity"  # what is compressed cannot be read beside
    url, body = UPSTREAM + request.path_qs, request.content if request.can_read_body else None
    try:
        upstream = await request.app[SESSION].request(
            request.method, url, headers=headers, data=body
        )
    except ClientError as error:
        raise web.HTTPBadGateway(text=type(error).__name__) from error
    stream, client_gone = StreamDecoder("auto"), False
    try:
        async with upstream:
            response = web.StreamResponse(
                status=upstream.status, headers=passed_on(upstream.headers)
            )
            await response.prepare(request)
            async for data in upstream.content.iter_any():
                if not client_gone:
                    try:
                        await response.write(data)  # before anybody looks at it
                    except ConnectionError:
                        client_gone = True  # usage comes last: read on
                with suppress(LimitExceeded):  # too much for us: the bytes go on all the same
                    stream.feed(data)
        return response
    finally:
        with suppress(LimitExceeded):
            stream.close()
        print(json.dumps({**facts(stream), "client_gone": client_gone}), flush=True)


def facts(stream: StreamDecoder) -> dict[str, object]:
    response = stream.response
    return {
        "dialect": stream.dialect,
        "outcome": response.outcome.value,
        "usage": response.as_dict()["usage"],
        "tool_calls": [[call.name, call.complete] for call in response.all_tool_calls],
    }


async def session(app: web.Application) -> AsyncIterator[None]:
    timeout = ClientTimeout(total=3600, sock_connect=10, sock_read=300)
    async with ClientSession(timeout=timeout, auto_decompress=False) as app[SESSION]:
        yield


app = web.Application()
app.cleanup_ctx.append(session)
app.router.add_route("*", "/{path:.*}", relay)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8003")))
