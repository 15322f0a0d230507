"""The decoder under a coverage-guided fuzzer. `make fuzz`; a short run is part of `make verify`.

    python -m tests.worker.fuzz [FRAMES] [SEED]

libFuzzer (atheris) runs in a process of its own, in a folder that is removed; what it found worth keeping is
read once more, line by line, to say how much of the decoder was reached. Ends with 0 if no frame raised
anything but WireError and the process did not grow by more than GROWTH_MIB.
"""

import contextlib
import ctypes
import inspect
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from grader.worker import wire
from tests.worker import frames

FRAMES = 1_000_000
SEED = 1
GROWTH_MIB = 64
LONGEST = 4096  # bytes of a frame: longer ones repeat what shorter ones do
WARM = 2_000  # frames, until what is imported and allocated once is there
TIME_S = 3600
RAW = 0.15  # of mutations that leave the header's lengths alone
SHOWN = 5
_NO_RANDOM_ADDRESSES = 0x0040000  # include/uapi/linux/personality.h


def main() -> int:
    """Fuzz in another process, and print the figures."""
    count, seed = (int(a) for a in [*sys.argv[1:], *map(str, (FRAMES, SEED)[len(sys.argv) - 1 :])])
    with tempfile.TemporaryDirectory(prefix="dlgrade-fuzz-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for i, value in enumerate(frames.EXAMPLES):
            (corpus / f"{i:03}").write_bytes(frames.of_value(value))
        start = time.monotonic()
        with open(Path(folder, "log"), "wb") as log:
            code = subprocess.run(
                [sys.executable, "-m", "tests.worker.fuzz", "child", folder, str(count), str(seed)],
                env={**os.environ, "PYTHONHASHSEED": "0"}, preexec_fn=same_addresses,
                stdout=log, stderr=log, timeout=TIME_S, check=False,
            ).returncode  # fmt: skip
        seconds = time.monotonic() - start
        said = Path(folder, "log").read_text(errors="replace")
        result = Path(folder, "result")
        if not result.exists():
            print(f"the fuzzer ended early, with {code}:\n{said[-4000:]}")
            return 1
        found = json.loads(result.read_text())
        kept = sorted(corpus.iterdir())
        reached, all_lines = lines(path.read_bytes() for path in kept)
    for shown in found["shown"]:
        print(shown)
    counters = said.rpartition(" cov: ")[2].split()[0]
    print(
        f"frames {found['frames']}  values {found['values']}  exceptions {found['exceptions']}  "
        f"growth {found['growth_mib']:.1f} MiB (of {found['base_mib']:.0f})  seconds {seconds:.0f}  "
        f"coverage {len(reached)} of {len(all_lines)} lines, {counters} edges, {len(kept)} kept"
    )
    for line in sorted(all_lines - reached):
        print(f"  not reached: wire.py:{line}")
    return 1 if found["exceptions"] or found["growth_mib"] > GROWTH_MIB else 0


def child(folder: Path, count: int, seed: int) -> None:
    """Under libFuzzer until `count` frames were read; the figures are then in the file `result`."""
    import atheris

    for function in (wire.header, *methods()):
        atheris.instrument_func(function)
    done = values = failures = 0
    base = 0.0
    shown: list[str] = []

    def one(data: bytes) -> None:
        nonlocal done, values, failures, base
        try:
            frames.read(data)
            values += 1
        except wire.WireError:
            pass
        except BaseException as e:  # noqa: BLE001 - what is being looked for
            failures += 1
            shown[SHOWN:] = []
            shown.append(f"{type(e).__name__}: {e}: {data.hex()}")
        done += 1
        if done == min(WARM, count // 2):
            base = memory_mib("VmRSS")
        if done >= count:
            found = {
                "frames": done,
                "values": values,
                "exceptions": failures,
                "shown": shown[:SHOWN],
                "base_mib": base,
                "growth_mib": max(0.0, memory_mib("VmHWM") - base),
            }
            (folder / "result").write_text(json.dumps(found))
            os._exit(0)

    def mutate(data: bytes, longest: int, number: int) -> bytes:
        chance = random.Random(number)
        if chance.random() < RAW or len(data) < wire.HEADER.size:
            return bytes(atheris.Mutate(data, longest))
        _, kind, meta, _, call = wire.HEADER.unpack_from(data)
        meta = min(meta, len(data) - wire.HEADER.size)
        body, buffers = data[wire.HEADER.size :][:meta], data[wire.HEADER.size + meta :]
        room = max(1, longest - wire.HEADER.size - len(buffers))
        if buffers and chance.random() < 0.2:
            buffers = bytes(atheris.Mutate(buffers, len(buffers) + 16))
        else:
            body = bytes(atheris.Mutate(body, room))
        return frames.frame(body, buffers, kind=kind, call=call)[:longest]

    atheris.Setup(
        [
            sys.argv[0], f"-seed={seed}", f"-max_len={LONGEST}", "-runs=-1", "-reload=0",
            "-timeout=60", "-rss_limit_mb=0", f"-artifact_prefix={folder}/", str(folder / "corpus"),
        ],
        one,
        custom_mutator=mutate,
        internal_libfuzzer=True,
    )  # fmt: skip
    atheris.Fuzz()


def same_addresses() -> None:
    """Where it is allowed: libFuzzer tells edges apart by addresses, so a seed alone does not fix its way."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).personality(ctypes.c_ulong(_NO_RANDOM_ADDRESSES))


def methods() -> Iterator[Any]:
    """What the decoder is made of."""
    for _, function in inspect.getmembers(wire.Decoder, inspect.isfunction):
        yield function


def lines(kept: Iterator[bytes]) -> tuple[set[int], set[int]]:
    """(lines of header and decoder that run when these frames are read, all that there are)."""
    codes = {c for function in (wire.header, *methods()) for c in _codes(function.__code__)}
    reached: set[int] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code in codes:
            if event == "line":
                reached.add(frame.f_lineno)
            return trace
        return None

    sys.settrace(trace)
    try:
        for data in kept:
            with contextlib.suppress(wire.WireError):
                frames.read(data)
    finally:
        sys.settrace(None)
    every = {line for c in codes for _, _, line in c.co_lines() if line and line != c.co_firstlineno}
    return reached & every, every


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def memory_mib(what: str) -> float:
    """A line of /proc/self/status."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(what)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.exit(main())
