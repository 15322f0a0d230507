"""Compares files by their fingerprints, in a process of its own: the far end of `comparing`.

Fingerprints are those of copydetect: tokens without names, k-grams, winnowing (Schleimer, Wilkerson, Aiken,
"Winnowing: local algorithms for document fingerprinting", SIGMOD 2003). What it is given was written by
students: nothing here runs it, a lexer reads it, and each file has a time of its own.
"""

import io
import resource
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import Any, Final

import msgspec

NOISE: Final = 25  # copydetect's defaults, in tokens' characters: shorter agreement is noise ...
GUARANTEED: Final = 30  # ... and longer is found without fail
LEAST: Final = 4 * GUARANTEED  # of a file's own code, below which nothing is said of it
FILE_S: Final = 2.0
PAIRS: Final = 100


class Task(msgspec.Struct, kw_only=True):
    """What is to be compared."""

    files: list[str]
    owners: list[int]
    """For each file whose it is; those of one owner are not compared."""
    given: list[str]
    """What everybody was given."""
    least: float
    """Pairs of which neither has this share in common are left out."""
    cpu_s: int
    memory_mib: int


class Match(msgspec.Struct, kw_only=True):
    """Two files that are alike, by their places in the task."""

    files: tuple[int, int]
    shares: tuple[float, float]
    marked: tuple[list[tuple[int, int]], list[tuple[int, int]]]


class Found(msgspec.Struct, kw_only=True):
    """What was found, the most alike first."""

    matches: list[Match]
    left_out: list[int]
    """Files that were not compared: they took too long, or hold too little of their own."""


class _TooLongError(Exception):
    """A file took more than its time."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooLongError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def find(task: Task) -> Found:
    """Fingerprints all files and compares those that share some."""
    from copydetect import compare_files

    given: set[Any] = set().union(*(_fingerprint(text, window=1).hashes for text in task.given))
    prints: dict[int, Any] = {}
    for place, text in enumerate(task.files):
        try:
            with _at_most(FILE_S):
                prints[place] = _fingerprint(text, window=GUARANTEED - NOISE + 1)
        except (_TooLongError, RecursionError, ValueError, IndexError):
            continue
    # What a quarter of a class writes is what the exercise asks for, and tells of nobody. Past 300 files the
    # pairs that share it would take too long to count.
    holders = Counter(hash for one in prints.values() for hash in one.hashes)
    common = min(max(10, len(prints) // 4), 300)
    shared = {hash for hash, count in holders.items() if count > common}
    for one in prints.values():
        _forget(one, given | shared)
    prints = {place: one for place, one in prints.items() if one.token_coverage >= LEAST}
    matches = []
    for one, other in _candidates(prints, task.owners, task.least):
        _, shares, slices = compare_files(prints[one], prints[other])
        if max(shares) >= task.least:
            matches.append(
                Match(
                    files=(one, other),
                    shares=(min(1.0, float(shares[0])), min(1.0, float(shares[1]))),
                    marked=(_marked(slices[0]), _marked(slices[1])),
                )
            )
    matches.sort(key=lambda match: (-max(match.shares), -min(match.shares), match.files))
    left_out = [place for place in range(len(task.files)) if place not in prints]
    return Found(matches=matches[:PAIRS], left_out=left_out)


def _fingerprint(text: str, window: int) -> Any:
    from copydetect import CodeFingerprint

    made = CodeFingerprint("submission.py", NOISE, window, language="python", fp=io.StringIO(text))
    if len(made.offsets):
        # How many characters the filter took out before a place never shrinks; copydetect 0.5 writes a
        # smaller number behind the name of a class.
        made.offsets[:, 1] = _running_maximum(made.offsets[:, 1])
    return made


def _running_maximum(values: Any) -> Any:
    import numpy as np

    return np.maximum.accumulate(values)


def _forget(one: Any, hashes: set[Any]) -> None:
    """Takes fingerprints out. copydetect's own boilerplate also loses those that a file holds twice."""
    from copydetect.utils import get_token_coverage

    one.hashes -= hashes
    one.hash_idx = {hash: places for hash, places in one.hash_idx.items() if hash in one.hashes}
    one.token_coverage = int(get_token_coverage(one.hash_idx, one.k, len(one.filtered_code)))


def _candidates(prints: dict[int, Any], owners: Sequence[int], least: float) -> list[tuple[int, int]]:
    """Pairs that share enough fingerprints to be worth a closer look."""
    holders: defaultdict[Any, list[int]] = defaultdict(list)
    for place, one in prints.items():
        for hash in one.hashes:
            holders[hash].append(place)
    together: Counter[tuple[int, int]] = Counter()
    for places in holders.values():
        together.update(combinations(places, 2))
    return [
        (one, other)
        for (one, other), count in together.items()
        if owners[one] != owners[other]
        # Fingerprints and the characters under them are not the same share: half is near enough to look.
        and count >= 0.5 * least * min(len(prints[one].hashes), len(prints[other].hashes))
    ]


def _marked(slices: Any) -> list[tuple[int, int]]:
    return sorted(
        (int(start), int(stop)) for start, stop in zip(*slices.tolist(), strict=True) if start < stop
    )


def main() -> None:
    """A task on stdin, what was found on stdout."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    resource.setrlimit(resource.RLIMIT_CPU, (task.cpu_s, task.cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (task.memory_mib * 2**20, task.memory_mib * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(msgspec.json.encode(find(task)))


if __name__ == "__main__":
    main()
