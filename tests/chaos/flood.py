#!/usr/bin/env python3
"""flood.py: what a flood costs honest UEs.

    tests/chaos/flood.py --bin build/bin [--seconds 20] [--rounds 3] [--json FILE]

Honest agents report for some seconds alone, then beside one stranger (a peer without a
certificate, one process that does all that strangers.py knows, as fast as it can), then beside one
hostile agent that has a certificate (flood.c), in turns. For each it prints the share of the honest
reports that were acknowledged and the median and p99 of their latency. Nothing else should run."""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

import strangers
from cell import Cell
from chaos import latencies_us

AGENTS, UES, PERIOD_MS, TIMEOUT_S = 2, 50, 100, 1


def trouble_as_stranger(port, seconds):
    rng = random.Random(1)
    part = seconds / 4
    strangers.send_garbage(port, part, rng)
    strangers.speak_zmtp(port, part, rng)
    strangers.come_and_go(port, part)
    strangers.stay_silent(port, part)


def measure(cell, seconds, trouble):
    """(share acknowledged, [p50 µs], [p99 µs]) of the agents' reports during a trouble."""
    helper = trouble(seconds) if trouble else None
    for agent in cell.ue_agents:
        agent.start()
    for agent in cell.ue_agents:
        agent.killed = True
        agent.process.wait()
    if helper:
        helper.wait() if isinstance(helper, subprocess.Popen) else helper.join()
    sent = acked = 0
    latencies = []
    for number, agent in enumerate(cell.ue_agents):
        counts = cell.record(number, agent.lives)["counts"]
        sent += counts["sent"]
        acked += counts["acked"]
        latencies.append(latencies_us(cell.folder, agent.name)[-1])
    return acked / sent, [p50 for p50, _ in latencies], [p99 for _, p99 in latencies]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default="build/bin")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="file for the figures")
    o = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="csilink-flood-", dir="/tmp")
    cell = Cell(os.path.abspath(o.bin), folder, AGENTS, UES, PERIOD_MS, TIMEOUT_S, AGENTS,
                seconds=o.seconds)
    port = int(cell.address["sim"].rsplit(":", 1)[1])

    def stranger(seconds):
        helper = multiprocessing.Process(target=trouble_as_stranger, args=(port, seconds))
        helper.start()
        return helper

    def hostile(seconds):
        return subprocess.Popen(cell.flood_command(template, seconds, 1, 1),
                                stdout=subprocess.DEVNULL)

    found = {"alone": [], "stranger": [], "hostile agent": []}
    try:
        template = cell.copy_report()
        cell.base_station.start()
        cell.channel_sim.start()
        for _ in range(o.rounds):
            for name, trouble in (("alone", None), ("stranger", stranger),
                                  ("hostile agent", hostile)):
                share, p50, p99 = measure(cell, o.seconds, trouble)
                found[name].append({"acknowledged": share, "p50_us": max(p50), "p99_us": max(p99)})
        for program in (cell.channel_sim, cell.base_station):
            program.finish(10)
    finally:
        for program in cell.programs():
            if program.alive():
                program.kill()
        shutil.rmtree(folder)
    print(f"{AGENTS * UES} UEs, {AGENTS * UES * 1000 // PERIOD_MS} reports/s, median of {o.rounds}")
    for name, rows in found.items():
        median = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        print(f"{name:14} {100 * median['acknowledged']:7.2f} % acknowledged, "
              f"p50 {median['p50_us'] / 1000:8.2f} ms, p99 {median['p99_us'] / 1000:8.2f} ms")
    if o.json:
        with open(o.json, "w") as f:
            json.dump(found, f, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
