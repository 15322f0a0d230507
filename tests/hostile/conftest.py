"""The corpus judged once for each kind of user: all that is asked for in one batch, on warm judges."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from grader.core import record as records
from grader.core.record import Record
from tests.hostile import corpus, ordinary
from tests.hostile.corpus import Case
from tests.hostile.world import World

JOBS = 2
CONTROL_EVERY = 8  # submissions
CONTROL = "control"
AGAIN = "#again"
TIMEOUT_S = 900.0

USERS = ("root", "ordinary") if os.geteuid() == 0 else ("ordinary",)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which half of the corpus did not run here, and why."""
    if "root" not in USERS:
        terminalreporter.write_line(
            f"hostile: not root (uid {os.geteuid()}): attacks were judged as this user only; "
            "run as root for the other half"
        )
    for why in _unreachable:
        terminalreporter.write_line(f"hostile: judged as root only: {why}")


_unreachable: list[str] = []


@dataclass
class Batch:
    """What came of one batch."""

    world: World
    who: dict[str, Any]
    records: dict[str, str] = field(default_factory=dict)
    """As JSON, by student."""
    controls: list[str] = field(default_factory=list)
    judges: list[tuple[str, list[int]]] = field(default_factory=list)
    """The judges that were at work when a record was ready."""
    held: tuple[list[int], list[int]] = ([], [])

    def record(self, case: Case) -> Record:
        """The record of a case."""
        if case.id not in self._decoded:
            self._decoded[case.id] = records.decode(self.records[case.id].encode())
        return self._decoded[case.id]

    _decoded: dict[str, Record] = field(default_factory=dict)

    @cached_property
    def replaced(self) -> list[str]:
        """At whose record another judge was at work than before: about then one has died."""
        return [
            student
            for (_, before), (student, now) in zip(self.judges, self.judges[1:], strict=False)
            if before != now
        ]


def timeless(text: str) -> str:
    """The record without what a clock says."""
    record = json.loads(text)
    checks = [{**check, "seconds": 0} for check in record["checks"]]
    return json.dumps({**record, "seconds": 0, "checks": checks}, sort_keys=True)


@pytest.fixture(scope="session")
def judged(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Batch]]:
    """The batch of a kind of user: every case of its that this run of pytest asks for."""
    done: dict[str, Batch | str] = {}
    with contextlib.ExitStack() as worlds:

        def batch(user: str) -> Batch:
            asked = {}
            for item in request.session.items:
                params = getattr(getattr(item, "callspec", None), "params", {})
                if params.get("user") == user and isinstance(params.get("case"), Case):
                    asked[params["case"].id] = params["case"]
            world = World(ordinary.UID if user != "root" and "root" in USERS else os.geteuid())
            worlds.callback(world.close)
            return _judge(world, user, list(asked.values()))

        def judged(user: str) -> Batch:
            if user not in done:
                done[user] = "its batch has failed before"  # and is not tried again for each test
                try:
                    done[user] = batch(user)
                except ordinary.Unreachable as e:
                    _unreachable.append(str(e))
            found = done[user]
            if user != "root" and _unreachable:
                pytest.skip(_unreachable[0])
            if isinstance(found, str):
                pytest.fail(found, pytrace=False)
            return found

        yield judged


def _judge(world: World, user: str, cases: list[Case]) -> Batch:
    argv = [sys.executable, "-m", "tests.hostile.bench", str(world.course), str(JOBS)]
    if user != "root" and "root" in USERS:
        argv = ordinary.command(argv)
    lines = []
    control = (corpus.COURSE / "solutions" / "ex91_target" / "target.py").read_bytes()
    for n, case in enumerate(cases):
        if n % CONTROL_EVERY == 0:
            lines.append(_task(CONTROL, control))
        lines += [_task(case.id, case.data)] * (1 + case.again)
    lines += [_task(CONTROL, control)] * (JOBS + 1)
    with tempfile.TemporaryFile() as tasks, tempfile.TemporaryFile() as errors:
        tasks.write("".join(lines).encode())
        tasks.seek(0)
        done = subprocess.run(
            argv,
            stdin=tasks,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=world.environment,
            cwd=Path(corpus.HERE).parents[1],
            timeout=TIMEOUT_S,
            check=False,
        )
        errors.seek(0)
        if done.returncode != 0:
            pytest.fail(errors.read()[-4000:].decode(errors="replace"), pytrace=False)
    who, *answers, last = [json.loads(line) for line in done.stdout.splitlines()]
    batch = Batch(world, who, held=(last["held"] or [], last["holds"] or []))
    batch.judges.append(("the start", last["begin"]))
    for answer in answers:
        if answer["student"] == CONTROL:
            batch.controls.append(answer["record"])
        else:
            again = AGAIN if answer["student"] in batch.records else ""
            batch.records[answer["student"] + again] = answer["record"]
        batch.judges.append((answer["student"], answer["judges"]))
    return batch


def _task(student: str, source: bytes) -> str:
    return json.dumps({"student": student, "source": base64.b64encode(source).decode()}) + "\n"
