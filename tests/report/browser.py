"""What a page does when Chromium opens it: scripts, dialogs, loads, and what its policy had to stop."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LIMIT_S = 60.0
AS_3_AND_4 = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]]
for fd, number in zip(ours, (3, 4)):
    os.dup2(fd, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
LISTEN = """
document.addEventListener('securitypolicyviolation', e =>
  console.warn('CSP', e.violatedDirective, e.blockedURI));
window.addEventListener('error', e => console.warn('ERROR', e.message));
"""
POINT = """
for (const e of document.querySelectorAll('*')) e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))
"""


@dataclass
class Seen:
    """What happened; all empty for a page that only shows something."""

    dialogs: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """On the console and in the log: violations of the policy among them."""
    loads: list[str] = field(default_factory=list)
    """Addresses other than the page's own and pictures that are in it."""
    text: str = ""


class Chromium:
    """A browser spoken to over a pipe (Chrome DevTools Protocol); a context manager."""

    def __init__(self) -> None:
        assert CHROMIUM is not None
        self._folder = tempfile.mkdtemp(prefix="dlgrade-chromium-")
        to_it, self._to = os.pipe()
        self._from, from_it = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", AS_3_AND_4, str(to_it), str(from_it), CHROMIUM, *options,
             f"--user-data-dir={self._folder}", "about:blank"],
            pass_fds=(to_it, from_it),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_it)
        os.close(from_it)
        self._left = b""
        self._number = 0
        self._session = ""
        self._seen = Seen()
        self._loaded = False

    def __enter__(self) -> Self:
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, AssertionError):
            self._session = ""
            self._call("Browser.close")
        self._process.wait(LIMIT_S)
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._folder, ignore_errors=True)

    def open(self, path: Path) -> Seen:
        """Show the page, move the mouse over all of it, and tell what came of that."""
        self._seen, self._loaded = Seen(), False
        self._call("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._hear()
        self._call("Runtime.evaluate", expression=POINT)
        text = self._call("Runtime.evaluate", expression="document.body.innerText")
        own = path.as_uri()
        self._seen.text = text["result"]["value"]
        self._seen.loads = [u for u in self._seen.loads if u != own and not u.startswith("data:image/")]
        return self._seen

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            answer = self._hear()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])
        raise AssertionError(f"no answer to {method}")

    def _hear(self) -> dict[str, Any]:
        """One message; what it tells of the page is noted."""
        while b"\0" not in self._left:
            data = os.read(self._from, 2**16)
            assert data, "the browser has ended"
            self._left += data
        raw, _, self._left = self._left.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        told = message.get("params", {})
        match message.get("method"):
            case "Page.javascriptDialogOpening":
                self._seen.dialogs.append(told["message"])
                self._number += 1
                answer = {
                    "id": self._number, "method": "Page.handleJavaScriptDialog", "params": {"accept": True},
                    "sessionId": self._session,
                }  # fmt: skip
                os.write(self._to, json.dumps(answer).encode() + b"\0")
            case "Runtime.consoleAPICalled":
                self._seen.said.append(" ".join(str(one.get("value", "")) for one in told["args"]))
            case "Log.entryAdded":
                self._seen.said.append(told["entry"]["text"])
            case "Network.requestWillBeSent":
                self._seen.loads.append(told["request"]["url"])
            case "Page.loadEventFired":
                self._loaded = True
        return message
