"""The import rule, which is a security property: architecture.md, section 2."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader

ROOT = Path(grader.__file__).parent

# What a layer may import of grader/, besides itself. Everything may import errors.
ALLOWED = {
    "core": set(),
    "worker": set(),
    "sandbox": {"core", "worker"},
    "judge": {"core", "worker", "sandbox"},
    "engines": {"core", "judge", "sandbox", "worker"},
    "collect": {"core"},
    "gradebook": {"core"},
    "report": {"core"},
    "similar": {"core"},
    "cli": {"collect", "core", "engines", "gradebook", "report", "judge", "sandbox", "similar"},
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield from (
                [f"{node.module}.{a.name}" for a in node.names] if node.module == "grader" else [node.module]
            )
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "relative"


@pytest.mark.parametrize("path", sorted((ROOT / "worker").glob("*.py")), ids=lambda p: p.name)
def test_worker_imports_only_the_standard_library_and_numpy(path: Path) -> None:
    """Nothing of ours but the worker's own modules lives beside student code."""
    for name in _imports(path):
        top = name.partition(".")[0]

        assert (
            name.startswith("grader.worker") or top in sys.stdlib_module_names or top in ("numpy", "torch")
        ), name


@pytest.mark.parametrize("layer", ALLOWED)
def test_imports_point_down(layer: str) -> None:
    """A layer imports only what the picture in architecture.md allows."""
    for path in (ROOT / layer).rglob("*.py"):
        for name in _imports(path):
            if name.startswith("grader."):
                target = name.split(".")[1]

                assert target in {layer, "errors", "core", *ALLOWED[layer]}, f"{path.name} imports {name}"


def test_the_far_side_loads_nothing_of_ours_but_itself() -> None:
    """A fork server's memory holds grader.worker and no other module of grader's."""
    code = (
        "import sys; from grader.worker import forkserver; "
        "print(*sorted(m for m in sys.modules if m.split('.')[0] == 'grader'))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert loaded.stdout.split() == [
        "grader",
        "grader.worker",
        "grader.worker.cuda",
        "grader.worker.forkserver",
        "grader.worker.kernel",
        "grader.worker.landlock",
        "grader.worker.rehearsal",
        "grader.worker.seal",
        "grader.worker.seccomp",
        "grader.worker.serve",
        "grader.worker.view",
        "grader.worker.wire",
    ]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_unpickled(path: Path) -> None:
    """No module of the grader can run code that comes as data."""
    forbidden = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}

    assert not forbidden & {name.partition(".")[0] for name in _imports(path)}


def test_a_numpy_exercise_never_meets_torch() -> None:
    """Judge, server and worker are imported, and a suite runs, where importing torch is an error."""
    code = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        assert name.partition(".")[0] != "torch", "torch is imported"

sys.meta_path.insert(0, NoTorch())
import grader.engines.server, grader.judge.collect, grader.judge.session, grader.judge.transport
import grader.judge.audit, grader.sandbox.linux, grader.worker.forkserver
import pytest
folder = "solutions/ex10_convolution"
options = ["-q", "-p", "no:cacheprovider", "--assert=plain"]
sys.exit(pytest.main([*options, folder, "--submission", f"{folder}/convolution.py"]))
"""

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "torch is imported" not in done.stdout
