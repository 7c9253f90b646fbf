"""What a program waits for before its first event: CPU time of the import, over a bare interpreter.

Every value is that of a fresh process, which takes the time itself: starting Python is not part of
it, and what others import too (``httpx`` for the SDKs) is. In ``ready``, the decoder that a
program would use is made, too, and is given a first event where that needs no connection: sse_core
imports much of what it has only then.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from benchmarks.harness import OURS, NotApplicable, Row, Wrong

UNIT, PER = "second", "process"

CASES = ["import", "ready"]


def per(case: str) -> int:
    return 1


# What the process runs before it, between the two looks at the clock, and the answer.
SCRIPT = """
from time import process_time
begin = process_time()
{statements}
print(process_time() - begin)
"""

# Where Python may not keep what it compiled, what is imported from a checkout would be compiled
# each time, and what pip installed would not.
ENVIRONMENT = {name: os.environ[name] for name in os.environ if name != "PYTHONDONTWRITEBYTECODE"}

CHUNK = rb'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'

# By row: what to install, and what its users write first.
IMPORTS = {
    OURS: ("", "import sse_core"),
    f"{OURS}, StreamDecoder": ("", "from sse_core import StreamDecoder"),
    "openai": ("openai", "import openai"),
    "anthropic": ("anthropic", "import anthropic"),
    "httpx-sse": ("httpx-sse", "import httpx_sse"),
    "httpx2": ("httpx2", "import httpx2"),
    "launchdarkly-eventsource": ("launchdarkly-eventsource", "import ld_eventsource"),
    "sseclient-py": ("sseclient-py", "import sseclient"),
    "axio-sse": ("axio-sse", "import axio_sse"),
}
READY = {
    OURS: "sse_core.SSEDecoder().feed(b'data: Hi\\n\\n')",
    f"{OURS}, StreamDecoder": f"StreamDecoder('openai-chat').feed(b'{CHUNK.decode()}')",
    "openai": "openai.OpenAI(api_key='none').chat.completions",
    "anthropic": "anthropic.Anthropic(api_key='none').messages",
    "httpx2": "httpx2.Client()",
    "sseclient-py": "next(sseclient.SSEClient([b'data: Hi\\n\\n']).events())",
}


def seconds(script: str) -> float:
    """Of a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT
    )
    if done.returncode:
        raise Wrong(f"dies: {done.stderr.strip().splitlines()[-1:]}")
    return float(done.stdout)


def prepare(name: str, case: str) -> Callable[[], float]:
    statements = [IMPORTS[name][1]]
    if case == "ready":
        if name not in READY:
            raise NotApplicable
        statements.append(READY[name])
    work = partial(seconds, SCRIPT.format(statements="\n".join(statements)))
    work()  # whatever is compiled is compiled now
    return work


ROWS = {
    name: Row(distribution, partial(prepare, name)) for name, (distribution, _) in IMPORTS.items()
}
