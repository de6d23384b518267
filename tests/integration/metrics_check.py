"""Is the standard input Prometheus text format 0.0.4, as strictly as promtool reads it?

Names and labels are well formed; each metric has HELP and TYPE before its samples, once, and its
samples stand together; counters end in _total and are not negative; no sample comes twice; a
histogram's buckets ascend in bound and count, end with +Inf, and agree with _count. Says what is
wrong, one line each, and ends with status 1 where anything is.
"""
import math
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
wrong, helped, typed, done, seen, histograms = [], set(), {}, set(), set(), {}
current = None


def labels_of(text):
    labels, at = {}, 0
    while at < len(text or ""):
        m = LABEL.match(text, at)
        if not m or m[1] in labels:
            wrong.append(f"labels: {text}")
            break
        labels[m[1]] = m[2]
        at = m.end()
    return labels


def metric_of(name):
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if typed.get(base) == "histogram" else name


def take_sample(name, text, value):
    global current
    metric, labels = metric_of(name), labels_of(text)
    if metric not in typed or metric not in helped:
        wrong.append(f"{name}: no HELP and TYPE before it")
    if metric != current:
        if metric in done:
            wrong.append(f"{metric}: its samples do not stand together")
        done.add(metric)
        current = metric
    key = (name, tuple(sorted(labels.items())))
    if key in seen:
        wrong.append(f"{name}{{{text}}} comes twice")
    seen.add(key)
    if typed.get(metric) == "counter" and not value >= 0:
        wrong.append(f"{name}: a counter of {value}")
    if typed.get(metric) == "histogram":
        le = labels.pop("le", None)
        h = histograms.setdefault((metric, tuple(sorted(labels.items()))), {"buckets": []})
        if name.endswith("_bucket"):
            h["buckets"].append((float(le), value))
        else:
            h[name[len(metric) + 1:]] = value


def take_line(line):
    m = re.match(rf"# (HELP|TYPE) ({NAME}) (.+)$", line)
    if m and m[1] == "HELP":
        if m[2] in helped:
            wrong.append(f"{m[2]}: HELP twice")
        helped.add(m[2])
        return
    if m:
        if m[2] in typed or m[3] not in ("counter", "gauge", "histogram"):
            wrong.append(f"{m[2]}: TYPE {m[3]}")
        if (m[3] == "counter") != m[2].endswith("_total"):
            wrong.append(f"{m[2]}: counters, and only they, end in _total")
        typed[m[2]] = m[3]
        return
    m = SAMPLE.match(line)
    try:
        take_sample(m[1], m[2], float(m[3]))
    except (TypeError, ValueError):
        wrong.append(f"no sample: {line}")


text = sys.stdin.read()
if not text.endswith("\n"):
    wrong.append("the last line has no end")
for number, line in enumerate(text.splitlines()):
    take_line(line)
for (metric, labels), h in histograms.items():
    bounds, counts = [b for b, _ in h["buckets"]], [c for _, c in h["buckets"]]
    if (bounds != sorted(set(bounds)) or counts != sorted(counts) or bounds[-1] != math.inf or
            counts[-1] != h.get("count") or "sum" not in h):
        wrong.append(f"{metric} {labels}: buckets, sum and count do not agree")
if not seen:
    wrong.append("there are no samples")
for line in wrong:
    print("    ", line)
sys.exit(1 if wrong else 0)
