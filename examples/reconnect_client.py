"""Follow a feed over lost connections, until it is over: httpx.

python examples/reconnect_client.py URL
"""

import random
import sys
import time

import httpx

import sse_core

url = sys.argv[1]
policy = sse_core.Reconnect(repeat="always", max_attempts=None)  # a feed, not an answer
decoder = sse_core.SSEDecoder()
timeout = httpx.Timeout(10, read=60)  # of a feed that sends heartbeats

while True:
    try:
        with httpx.stream("GET", url, headers=policy.headers(), timeout=timeout) as response:
            content_type = response.headers.get("content-type")
            action = policy.opened(response.status_code, content_type, jitter=random.random())
            if action.what == "go on":
                for data in response.iter_bytes():
                    events = decoder.feed(data)
                    policy.progress(decoder, events)  # the last id, and how long to wait
                    for event in events:
                        print(event.id, event.data, flush=True)
                action = policy.lost(jitter=random.random())
    except httpx.TransportError:
        action = policy.lost(jitter=random.random())
    if action.what in ("stop", "fail"):
        sys.exit(0 if action.what == "stop" else f"no more: {action.why}")
    time.sleep(action.delay)
    decoder.reset()  # which keeps the id
