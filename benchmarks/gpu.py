"""Everything that only a GPU can show, in one run: `make gpu`. Exit 3 without one, 1 if something fails.

    python benchmarks/gpu.py [--course DIR] [--seeds N] [--jobs N] [--json FILE] [--rehearse] [EXERCISE]…

1. trials: what the worker on a GPU promises (precision, errors, memory, nothing that the wall forbids)
2. audits: every exercise with `cuda` among its devices; time a submission
3. errors: how far right answers on the GPU are from the reference in float64 on the CPU, by group and dtype,
   beside the tolerance: what the tolerances are to be set from

`--rehearse` runs all of it on the CPU, to try the script itself.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TRIALS_MEMORY_MIB = 1024

SUBMISSION = """
import os
import torch

def multiply(x):
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("medium")
    return x @ x

def convolve(x):
    torch.backends.cudnn.conv.fp32_precision = "tf32"
    return torch.nn.functional.conv2d(x[None, None], x[None, None, :9, :9])

def deterministic(x):
    torch.use_deterministic_algorithms(False)
    return True

def settings(x):
    return torch.are_deterministic_algorithms_enabled(), str(x.device.type)

def beyond_the_end(x):
    index = torch.full((2000,), 10**6, device=x.device)
    y = x.flatten()[index]
    return y * 2

def much(x):
    return [torch.ones(2**28, device=x.device) for _ in range(8)][0][:2]

def alive(x):
    return float((x * 0 + 1).sum())

def opens(x):
    found = []
    for path in (
        "/dev/mem", "/dev/kmsg", "/dev/nvidia-modeset", "/etc/passwd", "/proc/kallsyms", "/sys/fs/cgroup",
    ):
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            continue
        found.append(path)
    return found
"""


def main() -> int:
    arguments = _arguments()
    device = "cpu" if arguments.rehearse else "cuda"
    from grader.errors import MachineError
    from grader.sandbox import gpu

    if arguments.errors_of:
        print(json.dumps(errors(arguments.course, arguments.errors_of, device, arguments.seeds)))
        return 0
    try:
        print(gpu.look() if arguments.rehearse else gpu.require())
    except MachineError as e:
        print(f"gpu: {e}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="dlgrade-gpu-") as folder:
        os.environ["GRADE_STATE"] = folder
        found: dict[str, Any] = {"device": device, "machine": str(gpu.look())}
        found["trials"] = trials(device)
        found["audits"] = audits(arguments, device)
        found["errors"] = measured(arguments, found["audits"], device)
    failed = [name for name, held in found["trials"].items() if not held]
    failed += [audit["exercise"] for audit in found["audits"] if audit["findings"]]
    found["failed"] = failed
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(f"\n{'MISSED: ' + ', '.join(failed) if failed else 'all holds'}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", help="default: all that run on a GPU")
    parser.add_argument("--course", type=Path, default=ROOT, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=1, metavar="N")
    parser.add_argument("--jobs", type=int, default=max(1, min(6, (os.cpu_count() or 1) // 2)), metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--rehearse", action="store_true", help="on the CPU, to try this script")
    parser.add_argument("--errors-of", metavar="EXERCISE", help=argparse.SUPPRESS)
    return parser.parse_args()


def trials(device: Any) -> dict[str, bool]:
    """Each promise of a worker on a GPU, and whether it holds."""
    import numpy as np

    from grader.core.course import Limits
    from grader.judge import tensor
    from grader.judge.proxy import Far, Submission
    from grader.judge.transport import Pool
    from grader.sandbox import gpu
    from grader.sandbox.linux import LinuxSandbox
    from grader.sandbox.protocol import Config

    limits = Limits(call_s=60, check_s=600, import_s=60, total_s=600, memory_mib=TRIALS_MEMORY_MIB)
    config = Config(packages=("numpy", "torch"), limits=limits, device=device, gpu=gpu.chosen(os.environ))
    start = time.perf_counter()
    pool = Pool(LinuxSandbox(config), limits)
    held: dict[str, bool] = {}
    try:
        pool.sandbox.prepare()
        print(f"\nfork server with torch: {time.perf_counter() - start:.2f} s; wall: {pool.report}")
        times = []
        for _ in range(3):
            start = time.perf_counter()
            worker = pool.take()
            times.append(time.perf_counter() - start)
            worker.discard()
        print("a worker with the GPU open:", ", ".join(f"{one:.2f} s" for one in times))
        live = pool.connect([("sub.py", SUBMISSION.encode())], 1)
        live.begin()
        far = Submission(Far(live))
        wide = np.random.default_rng(0).standard_normal((256, 256)).astype(np.float32)
        x = tensor(wide, dtype="float32", device=device)
        exact = wide.astype(np.float64)

        def error(got: Any, want: Any) -> float:
            return float(np.abs(got.array - want).max() / np.abs(want).max())

        def ends_as(outcome: str, call: Callable[[], object]) -> bool:
            from grader.judge.faults import CheckFault

            try:
                call()
            except CheckFault as e:
                print(f"    {e.outcome}: {e.message.en[:150]}")
                return str(e.outcome) == outcome
            return False

        windows = np.lib.stride_tricks.sliding_window_view(exact, (9, 9))
        folded = np.einsum("ijkl,kl->ij", windows, exact[:9, :9])[None, None]
        product, convolved = error(far.multiply(x=x), exact @ exact), error(far.convolve(x=x), folded)
        print(f"  float32 off float64: product {product:.1e}, convolution {convolved:.1e}; TF32: about 1e-3")
        held["TF32 stays off"] = max(product, convolved) < 2e-5
        far.deterministic(x=x)
        on_gpu = device == "cuda"
        held["settings are restored"] = far.settings(x=x) == (on_gpu, device)
        before = live.generation
        held["an index beyond the end is the call's own error"] = ends_as(
            "crashed", lambda: far.beyond_the_end(x=x)
        )
        held["the next call goes on"] = far.alive(x=x) == wide.size
        held["after an error of the GPU in a fresh worker"] = live.generation == before + on_gpu
        held["memory of the GPU is limited"] = ends_as("out_of_memory", lambda: far.much(x=x))
        held["then it goes on, too"] = far.alive(x=x) == wide.size
        held["nothing else is open"] = far.opens(x=x) == []
        live.close()
    finally:
        pool.close()
    for name, holds in held.items():
        print(f"  {'holds ' if holds else 'MISSED'}  {name}")
    return held


class Timed:
    """An engine that notes how long each submission took."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def start(self) -> Any:
        """As the engine's."""
        return self._engine.start()

    def map(self, submissions: Iterable[Any], **options: Any) -> Iterator[Any]:
        """As the engine's."""
        for handed, record in self._engine.map(submissions, **options):
            self.seconds["passed" if record.passed else "failed"].append(record.seconds)
            yield handed, record


def audits(arguments: argparse.Namespace, device: Any) -> list[dict[str, Any]]:
    """Stub, reference, accepted and wrong solutions of each exercise on the device."""
    from grader.core import course as courses
    from grader.engines.local import LocalEngine
    from grader.judge.audit import audit

    course = courses.load(arguments.course / courses.COURSE_FILE)
    chosen = [course.exercise(name) for name in arguments.exercises]
    found = []
    for exercise in chosen or [e for e in course.exercises.values() if "cuda" in e.devices]:
        start = time.perf_counter()
        with LocalEngine(course, exercise, jobs=arguments.jobs, device=device) as engine:
            timed = Timed(engine)
            result = audit(exercise, timed, seeds=arguments.seeds, thorough=True)
        wall = time.perf_counter() - start
        print(f"\n{exercise.id}: {len(result.rows)} solutions in {wall:.0f} s, {arguments.jobs} at once")
        for kind, times in timed.seconds.items():
            ordered = sorted(times)
            p90 = ordered[int(0.9 * (len(ordered) - 1))]
            print(f"  {kind}: median {statistics.median(times):.2f} s, p90 {p90:.2f} s, n {len(times)}")
        for finding in result.findings:
            print(f"  - {finding}")
        found.append({
            "exercise": exercise.id, "findings": result.findings, "wall_s": wall,
            "seconds": dict(timed.seconds),
        })  # fmt: skip
    return found


def measured(arguments: argparse.Namespace, audited: list[dict[str, Any]], device: str) -> dict[str, Any]:
    """`errors` of each exercise, each in a process of its own: pytest collects once a process."""
    found: dict[str, Any] = {}
    print(
        "\nright solutions: largest |got - expected| / max|expected|, and how much of the tolerance it takes"
    )
    for exercise in (audit["exercise"] for audit in audited):
        command = [sys.executable, __file__, "--course", str(arguments.course), "--errors-of", exercise]
        command += ["--seeds", str(max(3, arguments.seeds)), *(["--rehearse"] if device == "cpu" else [])]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if ended.returncode:
            raise SystemExit(f"{command} ended with {ended.returncode}")
        found[exercise] = json.loads(ended.stdout.splitlines()[-1])
        for name, (error, part) in found[exercise].items():
            print(f"  {exercise:<18} {name:<32} {error:9.1e}   {part:7.2%}")
    return found


def errors(root: Path, name: str, device: Any, seeds: int) -> dict[str, tuple[float, float]]:
    """(largest relative error, largest part of the tolerance) by group and dtype, of right solutions."""
    import numpy as np
    import pytest

    from grader.core import course as courses
    from grader.core import submission
    from grader.core.submission import SourceFile, Submission, utc
    from grader.judge import oracles
    from grader.judge.collect import collect
    from grader.judge.session import Judge, Reports
    from grader.judge.transport import Pool
    from grader.sandbox import gpu
    from grader.sandbox.linux import LinuxSandbox
    from grader.sandbox.protocol import Config

    chosen = gpu.chosen(os.environ)
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the judge, which is this process, computes on the CPU
    course = courses.load(root / courses.COURSE_FILE)
    exercise = course.exercise(name)
    folder = exercise.solution_dir
    assert folder is not None
    paths = [folder / exercise.files[0], *sorted(folder.glob("accepted/*.py"))]
    config = Config(packages=exercise.packages, limits=exercise.limits, device=device, gpu=chosen)
    pool = Pool(LinuxSandbox(config), exercise.limits, exercise.forbidden)
    reports = Reports()
    found: dict[str, tuple[float, float]] = {}
    compare = oracles._assert_array  # noqa: SLF001 - what every comparison of numbers comes to

    def noting(array: Any, want: Any, *rest: Any, **options: Any) -> None:
        judge = reports.judge
        if judge is not None and judge._run is not None and array.dtype.kind == "f" and want.size:  # noqa: SLF001
            check = judge._run.verdicts[-1].check  # noqa: SLF001
            rtol, part = oracles.tolerances(array.dtype)
            scale = oracles.largest(want)
            off = np.abs(array.astype(np.float64) - want.astype(np.float64))
            allowed = rtol * np.abs(want.astype(np.float64)) + part * scale
            if scale:
                key = f"{check.group}, {array.dtype}"
                error, used = found.get(key, (0.0, 0.0))
                found[key] = max(error, float(off.max() / scale)), max(used, float((off / allowed).max()))
        compare(array, want, *rest, **options)

    def then(session: pytest.Session) -> None:
        judge = Judge.of(
            session, exercise, pool, bytes(32),
            hidden=True, cache=course.state_dir / "cache", reports=reports, device=device,
        )  # fmt: skip
        for path in paths:
            for seed in range(seeds):
                file = SourceFile(name=exercise.files[0], data=submission.read_source(path))
                handed = Submission(
                    student=f"gpu-{seed}", exercise=exercise.id, files=(file,), submitted_utc=utc()
                )
                judge.judge(handed, "en")
        judge.close()

    oracles._assert_array = noting  # type: ignore[assignment]  # noqa: SLF001
    try:
        collect(exercise, then, hidden=True, plugins=[reports])
    finally:
        pool.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
