"""What a monitor tells of its link, for the laws of the container tests.

    link.py URL metric NAME [ROLE]    the sum of a metric over the processes of a role
    link.py URL ues                   every UE: number, sent, acked, lost, timed out, refused
    link.py URL more FILE             does every UE of FILE (from `ues`) have more acknowledged now?
    link.py URL closes                do the sums of every UE close, and has each been acknowledged?
"""
import json
import sys
import urllib.request


def get(path):
    with urllib.request.urlopen(url + path, timeout=3) as answer:
        return answer.read().decode()


def ues():
    rows = json.loads(get("/ues?from=0&count=1000"))["rows"]
    return {row["ue"]: row for row in rows}


def metric(name, role=""):
    samples = [line.rsplit(" ", 1) for line in get("/metrics").splitlines() if line.startswith(name)]
    return sum(float(value) for key, value in samples
               if key.split("{")[0] == name and (not role or f'"{role}-' in key))


def closes(row):
    return row["sent"] == row["acked"] + row["lost"] + row["timed_out"] + row["refused"]


url, what = sys.argv[1:3]
try:
    if what == "metric":
        print(metric(*sys.argv[3:]))
    elif what == "ues":
        json.dump(ues(), sys.stdout)
    elif what == "more":
        with open(sys.argv[3]) as f:
            before = json.load(f)
        now = ues()
        sys.exit(any(now[int(ue)]["acked"] <= row["acked"] for ue, row in before.items()))
    elif what == "closes":
        bad = [row for row in ues().values() if not closes(row) or row["acked"] == 0]
        for row in bad[:5]:
            print("    ", row)
        sys.exit(bool(bad))
except (OSError, KeyError, ValueError) as e:
    print("    ", repr(e), file=sys.stderr)
    sys.exit(1)
