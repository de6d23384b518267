#!/usr/bin/env python3
"""The golden digits: measures the points of points.txt and holds them against digits.json.

usage: golden.py names            the points, one a line
       golden.py machine          may the figures be compared to the last digit here?
       golden.py check POINT...   status 1 where a figure is another one; says by how much
       golden.py complete         has each point its digits, and each of the digits a point?
       golden.py diff [POINT...]  old -> new, for a commit message; changes nothing
       golden.py make [POINT...]  measures each point three times and writes digits.json

Variables: CSILINK_BIN (build/bin), CSILINK_MODELS (models), CSILINK_TEST_SLOW, CSILINK_CPU;
GOLDEN_WORK, a folder to keep what the points leave behind.
"""
import csv
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile

# --- where the programs tell each figure ---------------------------------------------------------
# The only place that knows their layout. Each figure has the paths where it may be found; the first
# that exists counts. Where a redesign moves a key, add its new path here and leave digits.json be.

EVAL_ROWS = ["rows"]
EVAL_SNR = ["snr_db"]
EVAL = {
    "nmse_db": ["nmse_db"],
    "rho": ["rho"],
    "sgcs": ["sgcs"],
    "rate": ["se.feedback"],
    "rate_ls": ["se.ls"],
    "rate_perfect": ["se.perfect"],
    "ls_nmse_db": ["ls_nmse_db"],
    "snr_delivered_db": ["snr_delivered_db"],
}
RUN = {
    "nmse_db": ["quality.nmse_db"],
    "rho": ["quality.rho"],
    "sgcs": ["quality.sgcs"],
    "rate": ["quality.se_bps_hz.feedback"],
    "rate_ls": ["quality.se_bps_hz.ls"],
    "rate_perfect": ["quality.se_bps_hz.perfect"],
    "nmse_used_db": ["ageing.nmse_used_db"],
    "sent": ["reports.sent"],
    "acked": ["reports.acked"],
    "lost": ["reports.lost_channel"],
}
REPORT = {  # columns of reports.csv
    "nmse_db": ["nmse_db"],
    "rho": ["rho"],
    "sgcs": ["sgcs"],
    "rate": ["se_feedback"],
    "nmse_used_db": ["nmse_used_db"],
    "snr_estimated_db": ["snr_estimated_db"],
}
MACHINE = {  # versions.json
    "processor": ["machine.processor"],
    "instructions": ["machine.instructions"],
    "compiler": ["program.compiler"],
    "libc": ["libraries.libc"],
    "fftw": ["libraries.fftw"],
    "openblas": ["libraries.openblas"],  # with the core type that it chose
}
SOURCE = ["program.source"]

# --- what counts as equal ------------------------------------------------------------------------
# A summary of a run sums over its reports as they arrive, those of several UEs in any order, and
# that is not the same order each time. The last digits of its means follow. What each report says
# does not, so the means over reports.csv ("reports.*", of the digits printed there, summed without
# rounding) are compared to the last digit, and the summary's own only so far:
SUM_WITHIN = 1e-9  # relative
# On another machine or with other flags the networks round otherwise.
ELSEWHERE_DB = 1e-6
ELSEWHERE = 1e-6  # relative, of what is not in dB
# Float networks without noise. CSILINK_CPU=base was 1.6e-6 dB from avx2 at the first, -O1 with a
# sanitizer 1.5e-6 dB from -O3 at the second, and both within the rest at every other point.
ELSEWHERE_DB_OF = {"eval-cllwcsinet-indoor-known": 1e-5, "run-xl-indoor-known": 1e-5}

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DIGITS = os.path.join(HERE, "digits.json")
BIN = os.path.abspath(os.environ.get("CSILINK_BIN") or os.path.join(ROOT, "build", "bin"))
MODELS = os.path.abspath(os.environ.get("CSILINK_MODELS") or os.path.join(ROOT, "models"))
SLOW = int(os.environ.get("CSILINK_TEST_SLOW") or 1)
REPEATS = 3


class Mistake(Exception):
    """What to say in one line."""


def lookup(tree, paths, what):
    for path in paths:
        node = tree
        for key in path.split("."):
            node = node.get(key) if isinstance(node, dict) else None
        if node is not None:
            return node
    if what is None:
        return None
    raise Mistake(f"{what} is not at {' or '.join(paths)}: add its path to golden.py")


def read_json(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def points():
    """Name to arguments, in the order of the file."""
    all_points = {}
    with open(os.path.join(HERE, "points.txt"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, arguments = line.split(None, 1)
                if name in all_points:
                    raise Mistake(f"points.txt has {name} twice")
                all_points[name] = " ".join(arguments.split())
    return all_points


def csilink(arguments):
    """Its standard output. Variables that are options do not reach it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CSILINK_")}
    kept["CSILINK_MODELS"] = MODELS
    if "CSILINK_CPU" in os.environ:
        kept["CSILINK_CPU"] = os.environ["CSILINK_CPU"]
    command = [os.path.join(BIN, "csilink")] + arguments
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False,
                          timeout=120 * SLOW)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise Mistake(f"csilink ended with status {done.returncode}: {last}")
    return done.stdout


# --- measuring -----------------------------------------------------------------------------------

def eval_figures(text):
    figures = {}
    for row in lookup(json.loads(text), EVAL_ROWS, "the list of rows"):
        snr = lookup(row, EVAL_SNR, "the SNR of a row")
        for figure, paths in EVAL.items():
            figures[f"{snr} dB: {figure}"] = lookup(row, paths, figure)
    return figures


def report_figures(path):
    columns = {figure: [] for figure in REPORT}
    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            for figure, names in REPORT.items():
                value = lookup(row, names, f"column {figure}")
                if value:
                    columns[figure].append(float(value))
    return {f"reports.{figure}": math.fsum(values) / len(values) if values else None
            for figure, values in columns.items()}


def run_figures(folder):
    summary = read_json(os.path.join(folder, "summary.json"))
    # Nothing to tell is null in the summary: a run with no aged report has no nmse_used_db.
    figures = {f"summary.{figure}": lookup(summary, paths, None) for figure, paths in RUN.items()}
    figures.update(report_figures(os.path.join(folder, "reports.csv")))
    return figures


def measure(name, arguments, work):
    words = [w.replace("MODELS/", MODELS + "/", 1) if w.startswith("MODELS/") else w
             for w in shlex.split(arguments)]
    if words[0] == "eval":
        return eval_figures(csilink(words + ["--json"]))
    runs = os.path.join(work, name)
    csilink(words + ["--json", "--timeout", str(5 * SLOW), "--runs", runs])
    return run_figures(os.path.join(runs, "latest"))


def versions(work):
    runs = os.path.join(work, "machine")
    csilink(shlex.split("run --ues 1 --duration 0.1 --record summary --json --runs") + [runs])
    return read_json(os.path.join(runs, "latest", "versions.json"))


def machine(work):
    told = versions(work)
    return {what: lookup(told, paths, what) for what, paths in MACHINE.items()}


def optimised():
    """Is the build the one that is shipped: optimised, without sanitizers?"""
    try:
        with open(os.path.join(os.path.dirname(BIN), "flags"), encoding="utf-8") as f:
            flags = f.read().split()
    except OSError:
        return True  # installed
    return "-O3" in flags and not any(f.startswith("-fsanitize") for f in flags)


# --- comparing -----------------------------------------------------------------------------------

def finite(*values):
    return all(isinstance(v, (int, float)) for v in values)


def in_db(figure):
    return figure.endswith("_db")


def differs(figure, old, new):
    """By how much, in words."""
    if new is None:
        return f"{old!r} -> nothing; if its key moved, golden.py needs the new path"
    if not finite(old, new):
        return f"{old} -> {new}"
    if in_db(figure):
        return f"{old!r} -> {new!r}, {new - old:+.3g} dB"
    return f"{old!r} -> {new!r}, {(new - old) / old if old else math.inf:+.3g} of it"


def equal(name, figure, old, new, exact):
    if old == new:
        return True
    if not finite(old, new) or isinstance(old, int) and isinstance(new, int):
        return False
    relative = abs(new - old) / max(abs(old), abs(new))
    if exact:
        return figure.startswith("summary.") and relative <= SUM_WITHIN
    if in_db(figure):
        return abs(new - old) <= ELSEWHERE_DB_OF.get(name, ELSEWHERE_DB)
    return relative <= ELSEWHERE


def changes(name, old, new, exact):
    """Lines about what is not equal of a point."""
    lines = []
    for figure in list(old) + [f for f in new if f not in old]:
        if figure not in old or figure not in new:
            lines.append(f"{figure}: {'gone' if figure in old else 'not in digits.json'}")
        elif not equal(name, figure, old[figure], new[figure], exact):
            lines.append(f"{figure}: {differs(figure, old[figure], new[figure])}")
    return lines


def where_not_alike(old, new):
    lines = [f"{what}: {old.get(what)} -> {new[what]}" for what in new if old.get(what) != new[what]]
    return lines if optimised() else lines + ["flags: not those of the shipped build"]


def chosen(names):
    all_points = points()
    for name in names:
        if name not in all_points:
            raise Mistake(f"points.txt has no {name}")
    return {n: a for n, a in all_points.items() if not names or n in names}


# --- commands ------------------------------------------------------------------------------------

def machine_of(work):
    """That of this build, measured once for each folder."""
    kept = os.path.join(work, "machine.json")
    if not os.path.exists(kept):
        told = machine(work)
        with open(kept, "w", encoding="utf-8") as f:
            json.dump(told, f)
    return read_json(kept)


def tell_machine(work, _):
    unlike = where_not_alike(read_json(DIGITS)["machine"], machine_of(work))
    for line in unlike:
        print("    ", line)
    print("     compared", f"to {ELSEWHERE_DB} dB, {ELSEWHERE} of what is not in dB" if unlike
          else f"to the last digit; sums of a run to {SUM_WITHIN}")
    return True


def check(work, names):
    digits, good = read_json(DIGITS), True
    exact = not where_not_alike(digits["machine"], machine_of(work))
    for name, arguments in chosen(names).items():
        kept = digits["points"].get(name)
        if not kept:
            lines = ["digits.json does not have it"]
        elif kept["command"] != arguments:
            lines = [f"the digits are those of: {kept['command']}"]
        else:
            lines = changes(name, kept["figures"], measure(name, arguments, work), exact)
        for line in lines:
            print("    ", name, line)
        good = good and not lines
    return good


def complete(_, __):
    asked, kept = list(points()), list(read_json(DIGITS)["points"])
    for name in asked + kept:
        if name not in asked or name not in kept:
            print("    ", name, "has no digits" if name in asked else "is not in points.txt")
    return sorted(asked) == sorted(kept)


def diff(work, names):
    digits = read_json(DIGITS)
    for line in where_not_alike(digits["machine"], machine_of(work)):
        print("not the same machine,", line)
    for name, arguments in chosen(names).items():
        old = digits["points"].get(name, {"figures": {}})["figures"]
        print_change(name, old, measure(name, arguments, work))
    return True


def print_change(name, old, new):
    if not old:
        print(f"{name}: new")
        return
    lines = changes(name, old, new, True)
    print(f"{name}: {'' if lines else 'as before'}".rstrip())
    for line in lines:
        print("   ", line)


def measure_repeatedly(name, arguments, work):
    """The figures of the first time, which the others must repeat."""
    first = measure(name, arguments, work)
    for _ in range(REPEATS - 1):
        again = measure(name, arguments, work)
        lines = changes(name, first, again, True)
        if lines:
            raise Mistake(f"{name} does not repeat: {'; '.join(lines)}")
        for figure in first:
            if first[figure] != again[figure]:
                print(f"{name}: repeats within {SUM_WITHIN}: "
                      f"{differs(figure, first[figure], again[figure])} ({figure})", file=sys.stderr)
    return first


def make(work, names):
    if not optimised():
        raise Mistake("digits are made by the shipped build: optimised, without sanitizers")
    old = read_json(DIGITS) if os.path.exists(DIGITS) else {"points": {}}
    told = machine_of(work)
    if names and where_not_alike(old["machine"], told):
        raise Mistake("the digits were made elsewhere: make all of them, or none")
    # Points that are not asked for keep their digits; those that points.txt lost, lose them.
    made = {}
    for name, arguments in points().items():
        kept = old["points"].get(name)
        if names and name not in names:
            if kept:
                made[name] = kept
            continue
        figures = measure_repeatedly(name, arguments, work)
        print_change(name, kept["figures"] if kept else {}, figures)
        if kept and not changes(name, kept["figures"], figures, True):
            figures = kept["figures"]  # only what changed is in the commit
        made[name] = {"command": arguments, "figures": figures}
    source = lookup(versions(work), SOURCE, "the commit")
    with open(DIGITS, "w", encoding="utf-8") as f:
        json.dump({"made_by": source, "machine": told, "points": made}, f, indent=1)
        f.write("\n")
    return True


def print_names(_, __):
    print("\n".join(points()))
    return True


COMMANDS = {"names": print_names, "machine": tell_machine, "check": check, "complete": complete,
            "diff": diff, "make": make}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="csilink-golden-") as work:
        work = os.environ.get("GOLDEN_WORK") or work
        try:
            chosen(sys.argv[2:])
            return 0 if COMMANDS[sys.argv[1]](work, sys.argv[2:]) else 1
        except (Mistake, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as e:
            print(f"golden.py: {e!r}" if not isinstance(e, Mistake) else f"golden.py: {e}",
                  file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
