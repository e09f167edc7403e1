"""Drives Chromium without a screen by the DevTools protocol, over the pipe that it reads commands from; Python's own
library alone."""
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# The browser reads descriptor 3 and writes descriptor 4.
START = "import os,sys; os.dup2(int(sys.argv[1]),3); os.dup2(int(sys.argv[2]),4); os.execv(sys.argv[3],sys.argv[3:])"


class Browser:
    """One page of a browser of its own, with its events."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="millrace-chromium-")
        reads, self.sink = os.pipe()
        self.source, writes = os.pipe()
        high = [fcntl.fcntl(each, fcntl.F_DUPFD, 20) for each in (reads, writes)]
        options = ["--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.folder}", "--disable-gpu",
                   "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-sync",
                   "--disable-component-update", "--no-proxy-server", "--hide-scrollbars"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        self.process = subprocess.Popen([sys.executable, "-c", START, *map(str, high), BROWSER, *options, "about:blank"],
                                        pass_fds=high, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for each in (reads, writes, *high):
            os.close(each)
        self.bytes, self.number, self.events, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for each in ("Page", "Runtime", "Network", "Log", "Accessibility", "DOM"):
            self.call(each + ".enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def _receive(self, until):
        """One message, or None if none comes in time."""
        while b"\0" not in self.bytes:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.source], [], [], left)[0]:
                return None
            got = os.read(self.source, 1 << 20)
            if not got:
                raise RuntimeError("the browser has ended")
            self.bytes += got
        text, self.bytes = self.bytes.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, limit=120, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.sink, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + limit
        while True:
            got = self._receive(until)
            if got is None:
                raise RuntimeError(f"the browser does not answer {method}")
            if got.get("id") == self.number:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']}")
                return got["result"]
            self.events.append(got)

    def run(self, script):
        """The value of an expression in the page, awaited."""
        got = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"].get("exception", {}).get("description", str(got)))
        return got["result"].get("value")

    def wait(self, script, what, limit=60):
        """Waits until an expression holds."""
        until = time.monotonic() + limit
        while not self.run(script):
            if time.monotonic() > until:
                raise RuntimeError(f"it is not seen that {what}")
            time.sleep(0.1)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'", f"{url} is there")

    def size(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, **features):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-" + name.replace("_", "-"), "value": value}
                                                           for name, value in features.items()])

    def press(self, key, code=None, text=None):
        code = code or {"Tab": 9, "Enter": 13, "ArrowRight": 39}[key]
        more = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self, path):
        import base64
        height = self.run("document.documentElement.scrollHeight")
        width = self.run("innerWidth")
        got = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(got["data"]))

    def close(self):
        try:
            self.session = None
            self.call("Browser.close", limit=10)
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.sink)
        os.close(self.source)
        shutil.rmtree(self.folder, ignore_errors=True)
