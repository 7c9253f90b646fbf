"""Print an answer's text as it comes: httpx2.

python examples/httpx2_client.py [URL DIALECT]
"""

import sys

import httpx2

import sse_core

url, dialect = sys.argv[1:] or ["http://127.0.0.1:8000/v1/chat/completions", "openai-chat"]
question = {"stream": True, "messages": [{"role": "user", "content": "What is SSE?"}]}

with httpx2.stream("POST", url, json=question, timeout=60) as response:
    response.raise_for_status()
    for text in sse_core.iter_text(response.iter_bytes(), dialect):
        print(text, end="", flush=True)
print()
