"""Opens the monitor's page in a headless Chromium and tells what it does, as JSON.

    browser.py URL RESULT.json [--screenshot FILE.png] [--stay SECONDS] [--token TOKEN]

Speaks the DevTools protocol through Chromium's own pipe (two file descriptors, messages end with a
NUL), so that it needs nothing but Python. --stay looks at the memory for so long at the end.
--token: changes need it; the page is first steered without it, then given it in its field, and last
by a link.
"""
import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time


class Browser:
    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="csilink-browser-")
        to_read, self.out = os.pipe()
        self.inp, to_write = os.pipe()

        def wire():  # Chromium reads descriptor 3 and writes descriptor 4
            low, high = os.dup(to_read), os.dup(to_write)
            os.dup2(low, 3)
            os.dup2(high, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--remote-debugging-pipe", "--user-data-dir=" + self.folder,
             "--window-size=1280,1500", "about:blank"],
            preexec_fn=wire, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.rest, self.number, self.session, self.events = b"", 0, None, []

    def receive(self):
        while b"\0" not in self.rest:
            more = os.read(self.inp, 1 << 20)
            if not more:
                raise SystemExit("the browser has gone")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Performance"):
            self.call(domain + ".enable")
        self.call("Page.navigate", url=url)

    def eval(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    def wait(self, expression, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.eval(expression):
                return True
            time.sleep(0.1)
        return False

    def key(self, name, code, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code, text=text if kind == "keyDown" else "")

    def complaints(self):
        return [json.dumps(e["params"])[:300] for e in self.events
                if e.get("method") == "Runtime.exceptionThrown" or
                (e.get("method") == "Log.entryAdded" and e["params"]["entry"]["level"] == "error" and
                 " 401 " not in e["params"]["entry"]["text"])]  # a change without the token

    def picture(self, path):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))

    def heap_mb(self):
        metrics = {m["name"]: m["value"] for m in self.call("Performance.getMetrics")["metrics"]}
        return metrics["JSHeapUsedSize"] / 1e6

    def renderer_mb(self):
        """Memory of the page's process that it shares with no other."""
        largest = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline") as f:
                    line = f.read()
                if "--type=renderer" not in line or self.folder not in line:
                    continue
                with open(f"/proc/{pid}/smaps_rollup") as f:
                    kb = sum(int(x.split()[1]) for x in f if x.startswith("Private_"))
            except OSError:
                continue
            largest = max(largest, kb * 1024 / 1e6)
        return largest

    def close(self):
        self.session = None
        try:
            self.call("Browser.close")
        except SystemExit:
            pass
        self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)


def figure(browser, name):
    text = browser.eval(f"document.getElementById('{name}').textContent")
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def stay(browser, seconds):
    """The most memory that the page took meanwhile: its script's, its process's own."""
    heap, renderer, end = 0, 0, time.monotonic() + seconds
    while True:
        heap = max(heap, browser.heap_mb())
        renderer = max(renderer, browser.renderer_mb())
        left = end - time.monotonic()
        if left <= 0:
            return heap, renderer
        time.sleep(min(5, left))


def look(browser, url, patience):
    r = {}
    browser.open(url)
    r["loads"] = browser.wait("Number(document.getElementById('tile-nmse').textContent) < 0",
                              patience)
    curve = "document.querySelector('#nmse-chart canvas').toDataURL()"
    before, points, start = browser.eval(curve), browser.eval("times.length"), time.monotonic()
    time.sleep(3)
    r["updates_per_s"] = (browser.eval("times.length") - points) / (time.monotonic() - start)
    r["curve_moves"] = browser.eval(curve) != before
    r["rows"] = browser.eval("document.getElementById('ues').rows.length")
    r["picture"] = browser.wait("document.getElementById('csi-text').textContent.includes('NMSE')",
                                patience)
    r["pictures_differ"] = browser.eval(
        "document.getElementById('truth').toDataURL() !== "
        "document.getElementById('reconstruction').toDataURL()")
    return r


def steer(browser, patience):
    """Home and End on the focused SNR slider, as a user without a mouse would."""
    r = {}
    browser.eval("document.getElementById('snr').focus()")
    browser.key("End", 35)
    browser.wait("Number(document.getElementById('tile-snr').textContent) > 39", patience)
    time.sleep(2)
    r["snr_high"], r["nmse_high"] = figure(browser, "tile-snr"), figure(browser, "tile-nmse")
    browser.key("Home", 36)
    browser.wait("Number(document.getElementById('tile-snr').textContent) < -9", patience)
    time.sleep(2)
    r["snr_low"], r["nmse_low"] = figure(browser, "tile-snr"), figure(browser, "tile-nmse")
    r["answer"] = browser.eval("document.getElementById('answer').textContent")
    return r


def prove(browser, token, patience):
    """Without the token a change asks for it; the field and a link give it."""
    r = {}
    hidden = "document.getElementById('token-form').hidden"
    bad = "document.getElementById('answer').className.includes('bad')"
    good = f"{hidden} && !{bad} && document.getElementById('answer').textContent.includes('in force')"
    browser.eval("change({ snr_db: 9 })")
    r["asks"] = browser.wait(f"!{hidden} && {bad}", patience)
    browser.eval("document.getElementById('token').focus()")
    browser.call("Input.insertText", text="no-token-of-this-monitor")
    browser.key("Enter", 13, "\r")
    time.sleep(1)
    r["asks_again"] = browser.wait(f"!{hidden} && {bad}", patience)
    browser.eval("document.getElementById('token').focus()")
    browser.call("Input.insertText", text=token)
    browser.key("Enter", 13, "\r")
    r["field"] = browser.wait(good, patience)
    r["kept"] = browser.eval("sessionStorage.getItem('csilink-token')") == token
    browser.eval("sessionStorage.clear(); token = ''; change({ snr_db: 10 })")
    browser.wait(f"!{hidden}", patience)
    browser.eval(f"location.hash = '#token={token}'")
    browser.wait("location.hash === ''", patience)
    browser.eval("change({ snr_db: 11 })")
    r["link"] = browser.wait(good, patience)
    r["address_is_clean"] = token not in browser.eval("location.href")
    return r


def shrink(browser):
    """On a screen as narrow as a phone's nothing sticks out."""
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2,
                 mobile=True)
    time.sleep(1)
    width = browser.eval("document.documentElement.scrollWidth")
    browser.call("Emulation.clearDeviceMetricsOverride")
    time.sleep(0.5)
    return width


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("result")
    parser.add_argument("--screenshot")
    parser.add_argument("--token")
    parser.add_argument("--stay", type=float, default=0)
    parser.add_argument("--patience", type=float, default=20)
    options = parser.parse_args()
    program = shutil.which("chromium")
    if not program:
        sys.exit("there is no chromium")
    browser = Browser(program)
    try:
        result = look(browser, options.url, options.patience)
        if options.token:
            result.update(prove(browser, options.token, options.patience))
        result["warning"] = browser.eval("document.getElementById('warning').checkVisibility() && "
                                         "document.getElementById('warning').textContent")
        result.update(steer(browser, options.patience))
        result["narrow_width"] = shrink(browser)
        result["heap_mb"], result["renderer_mb"] = stay(browser, options.stay)
        result["complaints"] = browser.complaints()
        if options.screenshot:
            browser.eval("document.activeElement.blur(); change({ snr_db: 10 })")
            time.sleep(8)
            browser.picture(options.screenshot)
    finally:
        browser.close()
    with open(options.result, "w") as f:
        json.dump(result, f, indent=1)


main()
