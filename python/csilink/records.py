"""What the programs leave behind, as dictionaries of arrays: records of runs, sweeps, league tables."""
from __future__ import annotations

import csv
import json
import os

import numpy as np

from ._library import FormatError, InputError


def _column(cells: list[str]) -> np.ndarray:
    """Numbers as float64, an empty cell as NaN; a column with any other word stays text."""
    try:
        return np.array([float(c) if c else np.nan for c in cells], np.float64)
    except ValueError:
        return np.array(cells)


def read_csv(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """A table of csilink: each column by its name, float64 where it has numbers (NaN: empty), else
    text."""
    try:
        with open(path, newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f))
    except OSError as e:
        raise InputError(str(e)) from None
    except (UnicodeDecodeError, csv.Error) as e:
        raise FormatError(f"{path}: {e}") from None
    if not rows or not rows[0]:
        raise FormatError(f"{path} has no head with the columns' names")
    head, rows = rows[0], rows[1:]
    if len(set(head)) != len(head):
        raise FormatError(f"{path}: a column's name is there twice")
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            raise FormatError(f"{path}:{number} has {len(row)} cells, its head {len(head)}")
    return {name: _column([row[i] for row in rows]) for i, name in enumerate(head)}


def _read_json(path: str) -> dict:
    try:
        with open(path, encoding="utf-8") as f:
            value = json.load(f)
    except OSError as e:
        raise InputError(str(e)) from None
    except (UnicodeDecodeError, ValueError, RecursionError) as e:
        raise FormatError(f"{path}: {e}") from None
    if not isinstance(value, dict):
        raise FormatError(f"{path} is no JSON object")
    return value


def read_record(folder: str | os.PathLike = "runs/latest") -> dict:
    """The record of a run (docs/records.md): {"summary": summary.json, "versions": versions.json,
    "reports": the columns of reports.csv, "events": a list}; what the record does not have is absent.
    summary.json must be there."""
    folder = os.fspath(folder)
    record: dict = {"summary": _read_json(os.path.join(folder, "summary.json"))}
    path = os.path.join(folder, "versions.json")
    if os.path.exists(path):
        record["versions"] = _read_json(path)
    path = os.path.join(folder, "reports.csv")
    if os.path.exists(path):
        record["reports"] = read_csv(path)
    path = os.path.join(folder, "events.jsonl")
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as f:
            try:
                record["events"] = [json.loads(line) for line in f if line.strip()]
            except ValueError as e:
                raise FormatError(f"{path}: {e}") from None
    return record


def _table(path: str | os.PathLike, name: str) -> dict[str, np.ndarray]:
    path = os.fspath(path)
    return read_csv(os.path.join(path, name) if os.path.isdir(path) else path)


def read_sweep(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """A sweep (docs/sweep.md), by its folder or its sweep.csv: the columns, one entry for a point."""
    return _table(path, "sweep.csv")


def read_league(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """A league's table (docs/sweep.md), by PREFIX.csv or a folder with a league.csv: the columns, one
    entry for each cell of each entrant."""
    return _table(path, "league.csv")
