"""Print an answer's text as it comes: urllib3.

python examples/urllib3_client.py [URL DIALECT]
"""

import contextlib
import sys

import urllib3

import sse_core

url, dialect = sys.argv[1:] or ["http://127.0.0.1:8000/v1/chat/completions", "openai-chat"]
question = {"stream": True, "messages": [{"role": "user", "content": "What is SSE?"}]}

response = urllib3.request("POST", url, json=question, preload_content=False, timeout=60)
with contextlib.closing(response):
    if response.status != 200:
        sys.exit(f"status {response.status}")
    # Not stream(): it waits for the end of a body that is not sent in HTTP chunks.
    for text in sse_core.iter_text(iter(response.read1, b""), dialect):
        print(text, end="", flush=True)
print()
