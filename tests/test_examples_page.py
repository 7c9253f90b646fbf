"""The page of examples/ in a real browser: ``python -m pytest -m browser``.

Needs Chromium or Chrome on the machine, and the packages of the FastAPI example. The browser is
driven over a pipe, as its DevTools protocol says; it leaves a picture of the page as ``page.png``
in the test's temporary folder.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sse_core.testing import chunkings

from .example_programs import TIME_FOR_ONE, load, needs, providing, running
from .test_browser import BROWSERS, FLAGS, LOG

pytestmark = pytest.mark.browser


class Browser:
    """One page of a browser. Messages are JSON, ended by NUL."""

    def __init__(self, to_it: int, from_it: int) -> None:
        self.to_it, self.from_it = to_it, from_it
        self.numbers = itertools.count(1)
        self.rest = b""
        self.page: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.page = {"sessionId": attached["sessionId"]}

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params, **self.page}
        os.write(self.to_it, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + TIME_FOR_ONE
        while True:
            while b"\0" not in self.rest:
                left = end - time.monotonic()
                if left < 0 or not select.select([self.from_it], [], [], left)[0]:
                    pytest.fail(f"the browser does not answer {method}")
                self.rest += os.read(self.from_it, 1 << 16)
            text, _, self.rest = self.rest.partition(b"\0")
            answer = json.loads(text)
            if answer.get("id") == number:  # the others are events
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def value(self, expression: str) -> Any:
        """Of some JavaScript on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        end = time.monotonic() + TIME_FOR_ONE
        while not self.value(expression):
            assert time.monotonic() < end, (expression, self.value("document.body.innerText"))
            time.sleep(0.05)


@contextlib.contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"none of these browsers is on the PATH: {', '.join(BROWSERS)}")
    (read_by_it, to_it), (from_it, written_by_it) = os.pipe(), os.pipe()
    # It reads from descriptor 3 and writes to descriptor 4.
    joined = f'exec "$@" 3<&{read_by_it} 4>&{written_by_it}'
    flags = [*FLAGS, f"--user-data-dir={folder / 'profile'}", "--remote-debugging-pipe"]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", joined, "browser", program, *flags, "--window-size=1100,640"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(read_by_it, written_by_it),
            start_new_session=True,
        )
    os.close(read_by_it)
    os.close(written_by_it)
    try:
        yield Browser(to_it, from_it)
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(process.pid, signal.SIGKILL)  # the session is its own, and so is the group
        process.wait(TIME_FOR_ONE)
        os.close(to_it)
        os.close(from_it)


PANELS = ("get", "post")
SHOWN = "[...document.querySelectorAll('#{0} span, #{0} output, #{0} small')].map(e => e.innerText)"


def ask(page: Browser, question: str) -> None:
    page.value(f"document.querySelector('input').value = {json.dumps(question)}")
    page.value("document.querySelector('button').click()")


def test_page(tmp_path: Path) -> None:
    needs("fastapi", "httpx", "uvicorn")
    module = load("mock_server")
    blocks = [block.replace(b"\n", b"\r\n") for block in module.openai_chat([])]
    pieces = [chunkings.sized(block, 7) for block in blocks]  # cut in characters and line ends, too
    ends = {*itertools.accumulate(map(len, pieces))}
    with (
        providing(*itertools.chain(*pieces)) as provider,
        running("fastapi_restream", UPSTREAM=provider.url, HEARTBEAT=0.02) as (url, _),
        browsing(tmp_path) as page,
    ):
        provider.before = lambda n: time.sleep(0.1 if n in ends else 0.002)
        page.call("Page.navigate", url=url)
        page.wait_for("document.querySelector('button') !== null")
        ask(page, "What is this?")
        page.wait_for("document.querySelector('#post output').innerText.length > 20")
        assert [page.value(SHOWN.format(panel))[0] for panel in PANELS] == ["streaming"] * 2
        for panel in PANELS:
            page.wait_for(f"document.querySelector('#{panel} span').innerText === 'complete'")
        picture = page.call("Page.captureScreenshot", format="png")["data"]
        (tmp_path / "page.png").write_bytes(base64.b64decode(picture))

        seen = {panel: page.value(SHOWN.format(panel)) for panel in PANELS}
        assert [text for _, text, _ in seen.values()] == [module.TEXT, module.TEXT]
        events = f"{b''.join(blocks).count(b'data:')} events · "
        assert seen["get"][2].startswith(
            events + "first after"
        )  # an EventSource tells of no comment
        assert re.match(events + r"\d\d heartbeats · first after", seen["post"][2])
        questions = [json.loads(body)["messages"][0]["content"] for *_, body in provider.asked]
        assert questions == ["What is this?"] * 2

        provider.pieces = [*provider.pieces[:200]]  # the next answer is cut
        ask(page, "Again?")
        for panel in PANELS:
            page.wait_for(f"document.querySelector('#{panel} span').innerText === 'cut'")
        provider.status = 500
        ask(page, "And now?")
        for panel in PANELS:
            page.wait_for(f"document.querySelector('#{panel} span').innerText.includes('failed')")
        time.sleep(4)  # an EventSource that was not closed would ask again after 3 s
        assert len(provider.asked) == 6
