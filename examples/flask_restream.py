"""Re-stream a provider's answer, with heartbeats: Flask, urllib3.

UPSTREAM=http://127.0.0.1:8000/v1/chat/completions python examples/flask_restream.py

Then ask it instead of the provider: http://127.0.0.1:8002/chat. PORT and HEARTBEAT (seconds) can
be set, too.
"""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import urllib3
from flask import Flask, Response, request

from sse_core import SSE_HEADERS, SSEDecoder, encode_comment, is_event_stream

UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:8000/v1/chat/completions")
HEARTBEAT = float(os.environ.get("HEARTBEAT", "15"))
app = Flask(__name__)


def restream(upstream: urllib3.BaseHTTPResponse, heartbeat: float) -> Iterator[bytes]:
    """The same bytes, and a comment whenever nothing comes for a while and no event is open."""
    decoder = SSEDecoder()
    with contextlib.closing(upstream), ThreadPoolExecutor(1) as thread:
        try:
            while True:
                reading = thread.submit(upstream.read1)
                while not wait([reading], heartbeat).done:
                    if decoder.at_boundary:
                        yield encode_comment("heartbeat")
                data = reading.result()
                if not data:
                    return
                yield data
                decoder.feed(data)
        except GeneratorExit:  # the client has gone away: the thread is not to wait any longer
            with contextlib.suppress(RuntimeError):  # it has just come to the end
                upstream.shutdown()
            raise


@app.post("/chat")
def chat() -> Response:
    upstream = urllib3.request(
        "POST",
        UPSTREAM,
        json=request.get_json(),
        preload_content=False,
        timeout=urllib3.Timeout(connect=10, read=300),
    )
    content_type = upstream.headers.get("Content-Type")
    if upstream.status != 200 or not is_event_stream(content_type):
        return Response(upstream.data, upstream.status, content_type=content_type)
    return Response(restream(upstream, HEARTBEAT), headers=dict(SSE_HEADERS))


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8002")))
