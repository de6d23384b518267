"""The cell under test: base station, channel-sim, monitor and agents as real processes over tcp.

A Program may be killed and started again; the cell keeps what each life reported. Ports are chosen
once, so that a program that comes back is found where it was."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
from ports import free_ports  # noqa: E402: tests/ports.py


FLOOD_UES = 10  # that the hostile agent's certificate names


class Program:
    """One program of the cell: how it is started, and what became of each of its lives."""

    def __init__(self, name, command, folder):
        self.name, self.command, self.folder = name, command, folder
        self.lives = 0
        self.process = None
        self.stopped = False  # by SIGSTOP
        self.killed = False  # by us: its end is expected
        self.peak_bytes = 0  # largest resident size of any life
        self.unexpected = []  # ends that nobody asked for

    def start(self):
        self.lives += 1
        self.killed = False
        log = open(os.path.join(self.folder, self.name + ".log"), "ab")
        with log:
            self.process = subprocess.Popen(self.command(self.lives), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9, also of a program that is stopped."""
        self.killed = True
        self.process.kill()
        self.process.wait()
        self.stopped = False

    def pause(self):
        self.stopped = True
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.stopped and self.alive():
            self.process.send_signal(signal.SIGCONT)
        self.stopped = False

    def finish(self, seconds):
        """Asks it to stop; returns its status, or None where it did not within `seconds`."""
        self.killed = True
        self.resume()
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def look(self):
        """Notes its size; a program that ended by itself is noted and started again."""
        if self.alive():
            self.peak_bytes = max(self.peak_bytes, peak_bytes(self.process.pid))
        elif not self.killed:
            self.unexpected.append(f"{self.name}, life {self.lives}: {self.process.returncode}")
            self.start()


def peak_bytes(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


class Cell:
    """`steady` agents live through the whole test; the others are killed and come back. Agents end
    by themselves after `seconds`; 0: never."""

    def __init__(self, binaries, folder, agents, ues, period_ms, timeout_s, steady, seconds=0):
        self.seconds = seconds
        self.binaries, self.folder = binaries, folder
        self.agents, self.ues, self.steady = agents, ues, steady
        self.period_ms, self.timeout_s = period_ms, timeout_s
        ports = free_ports(6 + agents)
        self.page = ports[5]
        self.address = {name: f"tcp://127.0.0.1:{port}"
                        for name, port in zip(("bs", "sim", "control", "bs-t", "sim-t"), ports)}
        self.agent_telemetry = [f"tcp://127.0.0.1:{p}" for p in ports[6:]]
        self.disk = os.path.join(folder, "disk")  # agent 1's records; a small file system
        os.mkdir(self.disk)
        self.keys = os.path.join(folder, "keys")
        self.make_keys()
        self.base_station = Program("bs-server", self.base_station_command, folder)
        self.channel_sim = Program("channel-sim", self.channel_sim_command, folder)
        self.monitor = Program("monitor", self.monitor_command, folder)
        self.ue_agents = [Program(f"ue-agent-{i}", lambda life, i=i: self.agent_command(i, life),
                                  folder) for i in range(agents)]

    def make_keys(self):
        """A certificate for each agent, which names its UEs, and one for the agent that floods."""
        def new(*arguments):
            subprocess.run([self.program("csilink"), "keys", "new", "--keys", self.keys, *arguments],
                           check=True, stdout=subprocess.DEVNULL)
        new("station", "controller", "watcher")
        for i in range(self.agents):
            new(f"agent-{i}", "--ues", f"{i * self.ues}-{(i + 1) * self.ues - 1}")
        first = self.agents * self.ues
        new("agent-hostile", "--ues", f"{first}-{first + FLOOD_UES - 1}")

    def tool(self, name):
        return os.path.join(self.binaries, "..", "test-tools", name)

    def program(self, name):
        return os.path.join(self.binaries, name)

    def base_station_command(self, _life):
        return [self.program("bs-server"), "--keys", self.keys, "--listen", self.address["bs"],
                "--telemetry", self.address["bs-t"], "--ue-memory", "64"]

    def channel_sim_command(self, _life):
        return [self.program("channel-sim"), "--keys", self.keys, "--listen", self.address["sim"],
                "--connect", self.address["bs"], "--control", self.address["control"],
                "--telemetry", self.address["sim-t"], "--snr", "20",
                "--events", os.path.join(self.disk, "events.jsonl")]

    def monitor_command(self, _life):
        telemetry = [self.address["bs-t"], self.address["sim-t"],
                     *(f"agent-{i}@{at}" for i, at in enumerate(self.agent_telemetry))]
        return [self.program("csilink"), "monitor", "--keys", self.keys, "--certificate", "watcher",
                "--port", str(self.page), "--telemetry", ",".join(telemetry)]

    def record_path(self, agent, life):
        folder = self.disk if agent == 1 else self.folder
        return os.path.join(folder, f"record-{agent}-{life}.json")

    def agent_command(self, agent, life):
        return [self.program("ue-agent"), "--keys", self.keys, "--certificate", f"agent-{agent}",
                "--connect", self.address["sim"],
                "--telemetry", self.agent_telemetry[agent],
                "--ues", str(self.ues), "--first-ue", str(agent * self.ues),
                "--cell-ues", str(self.agents * self.ues), "--period", f"{self.period_ms}ms",
                "--duration", f"{self.seconds}s", "--timeout", f"{self.timeout_s}s", "--record", self.record_path(agent, life)]

    def programs(self):
        return [self.base_station, self.channel_sim, self.monitor, *self.ue_agents]

    def mortal(self):
        """Programs that chaos may kill."""
        return [self.base_station, self.channel_sim, self.monitor, *self.ue_agents[self.steady:]]

    def start(self):
        for program in self.programs():
            program.start()

    def metrics(self):
        """{(name, process): value} from the monitor's page, None where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.page}/metrics", timeout=2) as r:
                text = r.read().decode()
        except (OSError, http.client.HTTPException):  # the latter: killed in mid-answer
            return None
        found = {}
        for line in text.splitlines():
            if line.startswith("#") or "process=" not in line or "," in line.split("}")[0]:
                continue
            name, rest = line.split("{", 1)
            process = rest.split('"')[1]
            found[name, process] = float(rest.rsplit(" ", 1)[1])
        return found

    def control(self, setting, value):
        """True where channel-sim acknowledged the change."""
        return subprocess.run([self.program("csilink"), "ctl", "set", setting, str(value),
                               "--keys", self.keys, "--certificate", "controller", "--endpoint", self.address["control"]], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def keys_command(self, verb, name):
        subprocess.run([self.program("csilink"), "keys", verb, "--keys", self.keys, name],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def control_patiently(self, setting, value, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.control(setting, value):
                return True
            time.sleep(0.5)
        return False

    def copy_report(self):
        """A report of an honest agent, for the flood to copy: the path of its bytes."""
        path, tap = os.path.join(self.folder, "report.bin"), "ipc://" + os.path.join(self.folder, "tap")
        saving = subprocess.Popen([self.tool("flood"), "save", tap, path])
        agent = subprocess.Popen([self.program("ue-agent"), "--connect", tap, "--ues", "1",
                                  "--duration", "10ms", "--period", "20ms", "--timeout", "100ms",
                                  "--telemetry", "ipc://" + os.path.join(self.folder, "tap-t")],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        saved = saving.wait()
        agent.wait()
        if saved != 0:
            raise SystemExit("chaos: no report to copy")
        return path

    def flood_command(self, template, seconds, seed, reads):
        """An agent of this cell whose UE numbers come after those of the honest ones."""
        return [self.tool("flood"), "send", self.address["sim"], template,
                str(self.agents * self.ues), str(FLOOD_UES), f"{seconds:.3f}", str(seed), str(reads),
                self.keys, "agent-hostile"]

    def limit_bytes(self, program):
        """What the program may take at most, resident: the limits of deploy/, which follow from the
        budgets (docs/reliability.md)."""
        return (128 if program is self.monitor else 256) << 20

    def record(self, agent, life):
        try:
            with open(self.record_path(agent, life)) as f:
                return json.load(f)
        except (OSError, ValueError):
            return None

    def acknowledged(self):
        """Reports acknowledged so far at all agents, as the page has it; None: it is not there."""
        m = self.metrics()
        return None if m is None else sum(v for (name, _), v in m.items()
                                          if name == "csilink_ue_reports_acked_total")

    def all_acknowledged(self, seconds):
        """Waits for a time of three periods in which every agent's reports are acknowledged, and
        nothing else becomes of them."""
        def troubled(m):
            return sum(v for (name, _), v in m.items()
                       if re.match(r"csilink_ue_reports_(lost|timed_out|refused|not_decoded)_total",
                                   name))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            first = self.metrics()
            time.sleep(3 * self.period_ms / 1000)
            last = self.metrics()
            if first and last and troubled(first) == troubled(last):
                name = "csilink_ue_reports_acked_total"
                return all(last[key] > first.get(key, 0) for key in last if key[0] == name)
        return False

    def wait_for_reports(self, seconds):
        """Waits until reports are acknowledged: one more second's worth than now."""
        end, first = time.monotonic() + seconds, None
        while time.monotonic() < end:
            now = self.acknowledged()
            if first is None:
                first = now
            elif now is not None and now > first + 1000 * self.ues / self.period_ms:
                return True
            time.sleep(0.2)
        return False
