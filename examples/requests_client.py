"""Print an answer's text as it comes: requests.

python examples/requests_client.py [URL DIALECT]
"""

import sys
from functools import partial
from typing import Any

import requests

import sse_core

url, dialect = sys.argv[1:] or ["http://127.0.0.1:8000/v1/chat/completions", "openai-chat"]
question: Any = {
    "stream": True,
    "messages": [{"role": "user", "content": "What is SSE?"}],
}

with requests.post(url, json=question, stream=True, timeout=60) as response:
    response.raise_for_status()
    # Not iter_content: it waits for the end of a body that is not sent in HTTP chunks.
    chunks = iter(partial(response.raw.read1, decode_content=True), b"")
    for text in sse_core.iter_text(chunks, dialect):
        print(text, end="", flush=True)
print()
