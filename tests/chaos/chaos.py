#!/usr/bin/env python3
"""chaos.py: a cell under everything that may happen to it, for as long as asked.

    tests/chaos/chaos.py --bin build/bin [--seconds 600] [--seed 1] [--agents 4] [--ues 250]

The cell is as docs/keys.md has it, over tcp. Programs are killed (kill -9), stopped and started;
strangers and an agent with a certificate flood them; that certificate is revoked and admitted again;
the disk fills up; loss, delay and SNR change. Then the troubles end, and it prints which laws
held, one a line, and closes with "N passed, N failed, N skipped". --json FILE takes the figures.

The order of the troubles depends on --seed alone; what they meet does not."""

import argparse
import glob
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import strangers
from cell import Cell

PERIOD_MS, TIMEOUT_S, STEADY = 1000, 1, 2

# How much slower programs are under a sanitizer or valgrind, as tests/integration/lib.sh has it. They
# also decode less and take more memory: fewer UEs report then, and no size is judged.
SLOW = int(os.environ.get("CSILINK_TEST_SLOW") or 1)
UES = max(250 // SLOW**2, 2)


class Troubles:
    """Draws one trouble after the other until `seconds` have passed, and undoes all of them."""

    def __init__(self, cell, rng, template, small_disk):
        self.cell, self.rng, self.template, self.small_disk = cell, rng, template, small_disk
        self.counts = {}
        self.helpers = []
        self.kinds = [(self.kill, 4), (self.pause, 4), (self.change_air, 5), (self.stranger, 4),
                      (self.flood, 2), (self.revoke, 1)] + ([(self.fill_disk, 1)] if small_disk else [])
        self.back = []  # (when, program): killed programs that come back, stopped ones that go on

    def count(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by

    def run(self, seconds):
        end = time.monotonic() + seconds
        nothing_until = 0
        while time.monotonic() < end:
            if time.monotonic() >= nothing_until:
                functions, weights = zip(*self.kinds)
                self.rng.choices(functions, weights)[0]()
                nothing_until = time.monotonic() + self.rng.uniform(0.3, 2.5)
            self.bring_back(time.monotonic())
            for program in self.cell.programs():
                program.look()
            time.sleep(0.1)
        self.end()

    def bring_back(self, now):
        due = [b for b in self.back if b[0] <= now]
        self.back = [b for b in self.back if b[0] > now]
        for _, program in due:
            if program.alive():
                program.resume()
            else:
                program.start()

    def idle(self, programs):
        """Those of the programs with which nothing is going on."""
        return [p for p in programs if p.alive() and not p.stopped]

    def kill(self):
        candidates = self.idle(self.cell.mortal())
        if candidates:
            program = self.rng.choice(candidates)
            program.look()
            program.kill()
            self.back.append((time.monotonic() + self.rng.uniform(0.1, 1.5), program))
            self.count("kill " + re.sub(r"-\d+$", "", program.name))

    def pause(self):
        candidates = self.idle(self.cell.programs())
        if candidates:
            program = self.rng.choice(candidates)
            program.pause()
            self.back.append((time.monotonic() + self.rng.uniform(0.1, 2), program))
            self.count("stop " + re.sub(r"-\d+$", "", program.name))

    def change_air(self):
        setting, value = self.rng.choice([
            ("loss", self.rng.choice([0, 0.01, 0.2])), ("delay", self.rng.choice(["0ms", "2ms", "50ms"])),
            ("jitter", self.rng.choice(["0ms", "5ms"])), ("snr", self.rng.choice([-5, 10, 40]))])
        arguments = (setting, value)
        threading.Thread(target=self.cell.control, args=arguments, daemon=True).start()
        self.count("change of " + setting)

    def stranger(self):
        ports = [int(self.cell.address[name].rsplit(":", 1)[1])
                 for name in ("bs", "sim", "control", "bs-t", "sim-t")]
        seconds = self.rng.uniform(0.5, 3)
        rng = random.Random(self.rng.random())
        port = self.rng.choice(ports)
        kind, arguments = self.rng.choice([
            (strangers.send_garbage, (port, seconds, rng)),
            (strangers.stay_silent, (port, seconds)),
            (strangers.come_and_go, (port, seconds)),
            (strangers.speak_zmtp, (port, seconds, rng)),
            (strangers.ask_http, (self.cell.page, seconds, rng))])
        helper = multiprocessing.Process(target=kind, args=arguments, daemon=True)
        helper.start()
        self.helpers.append(helper)
        self.count("stranger: " + kind.__name__)

    def flood(self):
        cell = self.cell
        command = cell.flood_command(self.template, self.rng.uniform(0.5, 3),
                                     self.rng.randrange(1 << 30), self.rng.choice([0, 1]))
        self.helpers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        self.count("flood by a certified agent")

    def revoke(self):
        """The hostile agent's certificate; it is admitted again a little later."""
        self.cell.keys_command("revoke", "agent-hostile")
        own = os.path.join(self.cell.keys, "secret", "agent-hostile")
        timer = threading.Timer(self.rng.uniform(0.5, 2),
                                lambda: self.cell.keys_command("allow", own))
        timer.daemon = True
        timer.start()
        self.count("certificate revoked")

    def fill_disk(self):
        """Until no byte is left; freed some seconds later."""
        path = os.path.join(self.cell.disk, "filler")
        try:
            with open(path, "wb", buffering=0) as f:
                while True:
                    f.write(b"\0" * 4096)
        except OSError:
            pass
        timer = threading.Timer(self.rng.uniform(0.5, 3), lambda: os.path.exists(path) and os.unlink(path))
        timer.daemon = True
        timer.start()
        self.count("full disk")

    def end(self):
        for helper in self.helpers:
            if isinstance(helper, subprocess.Popen):
                helper.wait()
            else:
                helper.join(10)
        self.bring_back(float("inf"))
        filler = os.path.join(self.cell.disk, "filler")
        if os.path.exists(filler):
            os.unlink(filler)


class Watch(threading.Thread):
    """Reads the page twice a second; keeps each agent's newest figures."""

    COUNTS = ("acked", "lost", "timed_out", "refused", "not_decoded")

    def __init__(self, cell):
        super().__init__(daemon=True)
        self.cell, self.ended, self.pages, self.open_accounts = cell, False, 0, []
        self.to_the_end = False  # it read until it was told to stop

    def run(self):
        while not self.ended:
            m = self.cell.metrics()
            if m is not None:
                self.pages += 1
                self.check(m)
            time.sleep(0.5)
        self.to_the_end = True

    def check(self, m):
        """What a steady agent sent is settled or in flight, at any moment."""
        for agent in range(self.cell.steady):
            process = f"ue-agent-{2 + agent}"
            sent = m.get(("csilink_ue_reports_sent_total", process))
            if sent is None:
                continue
            settled = sum(m[f"csilink_ue_reports_{c}_total", process] for c in self.COUNTS)
            flight = m["csilink_ue_reports_in_flight", process]
            if sent != settled + flight:
                self.open_accounts.append((process, sent, settled, flight))


class Laws:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def law(self, text, good, why=""):
        print(f"  {'ok   ' if good else 'FAIL '} {text}")
        if not good and why:
            print(f"     {why}")
        self.passed += bool(good)
        self.failed += not good

    def skip(self, text):
        print(f"  skip  {text}")
        self.skipped += 1

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


def closes(counts):
    return counts["sent"] == sum(counts[k] for k in ("acked", "lost_channel", "timed_out",
                                                     "refused", "not_decoded"))


def record_closes(record):
    return record is not None and all(closes(u.get("counts", u))
                                      for u in [record["counts"], *record["ues"]])


def mount_small_disk(folder):
    """A file system of 2 MiB, which holds an agent's old record and its new one; False where this
    machine does not allow it."""
    return subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder],
                          stderr=subprocess.DEVNULL).returncode == 0


def leftovers():
    """What programs of csilink keep in /tmp; the folders of other tests are theirs."""
    return {path for path in glob.glob("/tmp/csilink-*") if not path.startswith("/tmp/csilink-test-")}


def latencies_us(folder, name):
    """(p50, p99) of each life that ended well, as the agent's log has them."""
    with open(os.path.join(folder, name + ".log"), encoding="utf-8", errors="replace") as f:
        return [(int(a), int(b)) for a, b in
                re.findall(r"latency p50 (\d+) µs, p99 (\d+) µs", f.read())]


def stop_cell(cell, laws):
    """From the UEs' end, so that every report in flight is answered."""
    for program in [*cell.ue_agents, cell.channel_sim, cell.base_station, cell.monitor]:
        status = program.finish(30 * SLOW)
        laws.law(f"{program.name} stops with 0 when asked to", status == 0, f"status {status}")


def judge(cell, troubles, watch, laws, limit_bytes):
    ended = [u for p in cell.programs() for u in p.unexpected]
    laws.law("no program ended by itself", not ended, "; ".join(ended))
    for agent, program in enumerate(cell.ue_agents):
        record = cell.record(agent, program.lives)
        laws.law(f"{program.name}: sent = acknowledged + lost + timed out + refused + not decoded, "
                 "in all and for each UE", record_closes(record), str(record and record["counts"]))
    laws.law("a steady agent's reports were settled or in flight whenever the page was read",
             not watch.open_accounts, str(watch.open_accounts[:3]))
    laws.law("the page was read, to the end", watch.pages > 0 and watch.to_the_end)
    if SLOW > 1:
        laws.skip("how large the programs became: a sanitizer's own memory is more")
        return
    for program in cell.programs():
        peak, most = program.peak_bytes, limit_bytes(program)
        laws.law(f"{program.name} stays below {most >> 20} MiB", 0 < peak <= most,
                 f"{peak / 2**20:.0f} MiB")


def figures(cell, troubles, seconds, laws):
    found = {"seconds": seconds, "troubles": troubles.counts, "agents": {}, "peak_mib": {}}
    for agent, program in enumerate(cell.ue_agents):
        record = cell.record(agent, program.lives)
        lat = latencies_us(cell.folder, program.name)
        found["agents"][program.name] = {
            "lives": program.lives, "counts": record and record["counts"],
            "latency_us": {"p50": lat[-1][0], "p99": lat[-1][1]} if lat else None}
    for program in cell.programs():
        found["peak_mib"][program.name] = round(program.peak_bytes / 2**20, 1)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default="build/bin")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--ues", type=int, default=UES, help=f"of each agent ({UES})")
    parser.add_argument("--json", help="file for the figures")
    o = parser.parse_args()
    before = leftovers()
    folder = tempfile.mkdtemp(prefix="csilink-chaos-", dir="/tmp")
    laws = Laws()
    cell = Cell(os.path.abspath(o.bin), folder, o.agents, o.ues, PERIOD_MS, TIMEOUT_S * SLOW, STEADY)
    small_disk = mount_small_disk(cell.disk)
    if not small_disk:
        laws.skip("a full disk: no file system can be mounted here")
    try:
        template = cell.copy_report()
        cell.start()
        laws.law("reports get through before the troubles", cell.wait_for_reports(30 * SLOW))
        watch = Watch(cell)
        watch.start()
        troubles = Troubles(cell, random.Random(o.seed), template, small_disk)
        troubles.run(o.seconds)
        for setting, value in (("loss", 0), ("delay", "0ms"), ("jitter", "0ms"), ("snr", 20)):
            laws.law(f"channel-sim takes {setting} {value} after the troubles",
                     cell.control_patiently(setting, value, 30 * SLOW))
        laws.law("reports get through after the troubles", cell.wait_for_reports(30 * SLOW))
        laws.law("after the troubles every report is acknowledged", cell.all_acknowledged(30 * SLOW))
        watch.ended = True
        watch.join()
        stop_cell(cell, laws)
        judge(cell, troubles, watch, laws, cell.limit_bytes)
        found = figures(cell, troubles, o.seconds, laws)
        print(json.dumps(found, indent=1))
        if o.json:
            with open(o.json, "w") as f:
                json.dump(found, f, indent=1)
    finally:
        for program in cell.programs():
            if program.alive():
                program.kill()
        if small_disk:
            subprocess.run(["umount", cell.disk])
        if laws.failed:
            kept = folder.replace("/tmp/csilink-", "/tmp/failed-")
            shutil.move(folder, kept)
            print(f"     logs: {kept}")
        else:
            shutil.rmtree(folder)
    left = leftovers() - before
    laws.law("nothing is left in /tmp", not left, " ".join(left))
    return laws.finish()


if __name__ == "__main__":
    sys.exit(main())
