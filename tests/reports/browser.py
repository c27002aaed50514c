# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven over its DevTools protocol through a pair of pipes.

Own code: libraries for it bring a browser or a driver of their own to download; here a dozen messages are enough.
"""

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEADLINE_S = 60.0
"""A hang guard of each answer."""
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}


def find() -> str | None:
    """Return Chromium's path; None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Page:
    """A tab: what it asked the network for, and what it wrote to its console, since it was opened."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._buffer = b""
        self._number = 0
        self._session = ""
        self._events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; events that arrive meanwhile are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._number:
                assert "error" not in found, f"{method}: {found['error']}"
                return dict(found["result"])
            self._events.append(found)

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + DEADLINE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reading], [], [], max(end - time.monotonic(), 0))
            assert ready, f"Chromium says nothing for {DEADLINE_S} s"
            read = os.read(self._reading, 1 << 16)
            assert read, "Chromium has ended"
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))

    def open(self, path: Path) -> None:
        """Load a file and wait until it has been loaded."""
        self._events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._events.append(self._next())

    def events(self, method: str) -> list[dict[str, Any]]:
        """Return what was told of a kind since the file was opened."""
        self.run("0")  # whatever was on its way has arrived before the answer
        return [event["params"] for event in self._events if event.get("method") == method]

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression, or of what it promises."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, f"{script}: {found['exceptionDetails']}"
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            fields: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            if key == "Enter":
                fields["text"] = "\r"
            self.call("Input.dispatchKeyEvent", type="keyDown", **fields)
            self.call("Input.dispatchKeyEvent", type="keyUp", **fields)

    def point(self, selector: str, x: float, y: float) -> None:
        """Move the pointer to a place inside an element, as shares of its width and height."""
        box = f"JSON.stringify(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        at = json.loads(self.run(box))
        where = {"x": at["x"] + x * at["width"], "y": at["y"] + y * at["height"]}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **where)

    def media(self, media: str = "", **features: str) -> None:
        """Show the page as on a medium ("print") and under preferences (prefers_color_scheme="dark")."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", media=media, features=named)


@contextmanager
def launched(program: str, profile: Path) -> Iterator[Page]:
    """Start Chromium with an empty profile and yield a tab; it has ended afterwards."""
    pairs = [os.pipe(), os.pipe()]
    (here, to), (back, there) = [[fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in pair] for pair in pairs]
    for end in (*pairs[0], *pairs[1]):
        os.close(end)
    options = (
        "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking "
        f"--window-size=1280,900 --remote-debugging-pipe --user-data-dir={profile}"
    )
    script = f'exec 3<&{here} 4>&{there}; exec "$@"'
    command = ["bash", "-c", script, "bash", program, *options.split()]
    process = subprocess.Popen(command, pass_fds=(here, there), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(here)
    os.close(there)
    try:
        yield Page(back, to)
    finally:
        os.close(to)  # Chromium ends when its commands do
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(back)
