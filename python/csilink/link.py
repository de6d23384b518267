"""The running link: starts `csilink run`, changes it, follows it, stops it."""
from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator

from ._library import Error, InputError, InvalidError, StateError

# A line a second, from the program that has no terminal; docs/control.md.
_LINE = re.compile(
    r"\s*(?P<time_s>\d+) s  (?P<sent>\d+) sent, (?P<acknowledged>\d+) acknowledged, "
    r"(?P<lost>\d+) lost, (?P<timed_out>\d+) timed out, (?P<refused>\d+) refused, "
    r"(?P<not_decoded>\d+) not decoded  (?P<what>NMSE|SGCS) (?P<quality>\S+)(?: dB)?  "
    r"SNR (?P<snr_db>\S+)(?: dB)?  latency p50 (?P<p50>\S+)(?: [µu]s)?, "
    r"p99 (?P<p99>\S+)(?: [µu]s)?\s*$")
_LINES_KEPT = 1000


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:  # "-": not known yet
        return float("nan")


def _telemetry(line: str) -> dict[str, float] | None:
    m = _LINE.match(line)
    if not m:
        return None
    t: dict[str, float] = {name: int(m[name]) for name in (
        "time_s", "sent", "acknowledged", "lost", "timed_out", "refused", "not_decoded")}
    t["nmse_db"] = _number(m["quality"]) if m["what"] == "NMSE" else float("nan")
    t["sgcs"] = _number(m["quality"]) if m["what"] == "SGCS" else float("nan")
    t["snr_db"] = _number(m["snr_db"])
    t["latency_p50_us"], t["latency_p99_us"] = _number(m["p50"]), _number(m["p99"])
    return t


def program_path() -> str:
    """Where `csilink` is: $CSILINK_PROGRAM, the build tree or the prefix that this package is in, or
    in the PATH."""
    here = os.path.dirname(os.path.abspath(__file__))
    asked = os.environ.get("CSILINK_PROGRAM")
    places = [asked] if asked else [os.path.join(here, "../../build/bin/csilink"),
                                    os.path.join(here, "../../../../bin/csilink"),
                                    shutil.which("csilink")]
    for place in places:
        if place and os.access(place, os.X_OK):
            return os.path.normpath(place)
    raise InputError("the program csilink was not found: build it, install it, or name it in "
                     "CSILINK_PROGRAM")


def _options(options: dict) -> list[str]:
    """ues=8 as --ues 8, dl_snr=inf as --dl-snr inf, no_genie=True as --no-genie."""
    words = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        elif isinstance(value, (list, tuple)):
            words += [option, ",".join(str(v) for v in value)]
        elif value is not None and value is not False:
            words += [option, str(value)]
    return words


class Link:
    """A running cell; see csilink.run(). Ends with stop(), with its duration, or with its `with`."""

    def __init__(self, scenario: str | None, runs: str | None, record: str, options: dict) -> None:
        self._program, self._process = program_path(), None
        self._own = tempfile.TemporaryDirectory(prefix="csilink-run-") if runs is None else None
        self.runs = self._own.name if self._own else os.fspath(runs)
        command = [self._program, "run", "--json", "--runs", self.runs, "--record", record,
                   *_options(options)]
        self._before = self._latest()
        self._process = subprocess.Popen(command + ([scenario] if scenario else []),
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, encoding="utf-8", errors="replace")
        self._lines: queue.Queue = queue.Queue(_LINES_KEPT)
        self._said: list[str] = []
        self._printed: list[str] = []
        self._readers = [threading.Thread(target=f, daemon=True)
                         for f in (self._read_lines, self._read_summary)]
        for reader in self._readers:
            reader.start()
        self._wait_for_link()

    def _latest(self) -> str | None:
        link = os.path.join(self.runs, "latest")
        return os.path.realpath(link) if os.path.islink(link) else None

    def _read_lines(self) -> None:
        for line in self._process.stderr:
            t = _telemetry(line)
            if t is None:
                self._said = (self._said + [line.rstrip()])[-20:]
                continue
            if self._lines.full():  # nobody reads: the newest are what counts
                self._lines.get()
            self._lines.put(t)
        self._lines.put(None)

    def _read_summary(self) -> None:
        self._printed.append(self._process.stdout.read())

    def _wait_for_link(self) -> None:
        """Until the run's folder says where its processes listen."""
        while self._process.poll() is None:
            folder = self._latest()
            if folder and folder != self._before and \
                    os.path.exists(os.path.join(folder, "link.json")):
                self.folder = folder
                return
            time.sleep(0.01)
        self._finish()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def set(self, name: str, value: float | str, ue: int | None = None, group: str | None = None
            ) -> None:
        """Sets snr (dB, or inf), loss (0 to 1), delay or jitter ("2ms") from the next report on, for
        all UEs, one, or a group."""
        if not self.running:
            raise StateError("the run has ended")
        command = [self._program, "ctl", "--run", self.folder]
        command += ["--ue", str(ue)] if ue is not None else []
        command += ["--group", group] if group is not None else []
        done = subprocess.run([*command, "set", name, str(value)], stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", errors="replace")
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["csilink ctl failed"]
            raise InvalidError(lines[-1].split("error: ", 1)[-1])

    def set_snr(self, snr: float, ue: int | None = None, group: str | None = None) -> None:
        """The uplink SNR in dB; inf: no noise."""
        self.set("snr", snr, ue, group)

    def __iter__(self) -> Iterator[dict[str, float]]:
        """Once a second until the end: time_s, sent, acknowledged, lost, timed_out, refused,
        not_decoded (counts since the start), nmse_db (of the last second) or sgcs, snr_db in force,
        latency_p50_us, latency_p99_us. What is not known is NaN."""
        while True:
            t = self._lines.get()
            if t is None:
                self._lines.put(None)  # for whoever asks again
                return
            yield t

    def _finish(self) -> dict:
        status = self._process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self._process.stdout, self._process.stderr):
            pipe.close()
        try:
            summary = json.loads(self._printed[0])
        except (ValueError, IndexError):
            summary = None
        if self._own:
            self._own.cleanup()
            self._own = None
        if status != 0 or summary is None:
            said = [s.split("error: ", 1)[-1] for s in self._said if s.strip()]
            error = Error(said[-1] if said else f"csilink run ended with status {status}")
            error.summary = summary
            raise error
        return summary

    def wait(self) -> dict:
        """Until the end of its duration: the summary (docs/records.md)."""
        if not hasattr(self, "_summary"):
            self._summary = self._finish()
        return self._summary

    def stop(self) -> dict:
        """No new reports; those under way are answered. The summary: reports, quality, latency, ..."""
        if self.running:
            self._process.send_signal(signal.SIGINT)
        return self.wait()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, kind, *rest) -> None:
        if self.running:
            self._process.terminate()
        try:
            self.wait()
        except Error:
            if kind is None:
                raise

    def __del__(self) -> None:
        process = getattr(self, "_process", None)
        if process and process.poll() is None:
            process.terminate()
            process.wait()


def run(scenario: str | None = None, *, runs: str | None = None, record: str = "none",
        duration: float | str = 3600, **options) -> Link:
    """Starts a cell as `csilink run` does, in processes of its own, and gives a live object:

        with csilink.run(ues=8, snr=10) as link:
            for t in link:
                if t["time_s"] == 5: link.set_snr(0)
                if t["time_s"] == 10: break
            summary = link.stop()

    Keywords are the program's options with _ for -: channel="uma-nlos", codec="klt:klt-indoor,cr=8",
    dl_snr=20. `record` is what is kept in `runs` (a temporary folder by itself): "none", "summary" or
    "full". csilink.Error with the program's message where it does not start."""
    return Link(scenario, runs, record, dict(options, duration=duration))
