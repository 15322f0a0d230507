"""Prints, as JSON, how strong the wall is here and what a worker behind it can do: for test_elsewhere.py.

python -m tests.sandbox.probe ACCEPT[:cuda] EXPRESSION…
"""

import json
import sys

from grader.core.course import Limits
from grader.errors import MachineError
from grader.judge.faults import CheckFault
from grader.judge.proxy import Far, Submission
from grader.judge.transport import Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config

SOURCE = b"import os, sys, numpy as np\ndef f(expression):\n    return repr(eval(expression))\n"


def main() -> None:
    """See the module's docstring."""
    limits = Limits(memory_mib=256)
    accept, _, device = sys.argv[1].partition(":")
    config = Config(packages=("numpy",), limits=limits, accept=accept, device=device or "cpu")  # type: ignore[arg-type]
    pool = Pool(LinuxSandbox(config), limits)
    said: dict[str, object] = {}
    try:
        said["level"], said["layers"] = pool.report.level, pool.report.layers
        said["warnings"] = pool.report.warnings
        answers = []
        for expression in sys.argv[2:]:
            live = pool.connect([("sub.py", SOURCE)], 1)
            live.begin()
            try:
                answers.append(Submission(Far(live)).f(expression=expression))
            except CheckFault as e:
                answers.append(f"{e.outcome}: {e.message.en}")
            live.close()
        said["answers"] = answers
    except MachineError as e:
        said["refused"] = str(e)
    finally:
        pool.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
