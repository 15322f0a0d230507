"""A flame graph as one plain SVG, from stacks as py-spy writes them.

    py-spy record --subprocesses -f raw -o stacks.txt -- grade batch ex10 submissions/ --quiet
    python benchmarks/flame.py stacks.txt docs/batch.svg

Two towers: what the command itself does, and what its judges do; only what is done for submissions, without
starting up. A frame's width is its share of the samples; frames below 0.4 % are left out.
"""

import html
import re
import sys
from pathlib import Path

WIDTH, ROW, LEAST = 1180.0, 17, 0.004
TOWERS = {"the command": "_judged (batching", "the judges": "judge (session"}
COLOURS = {
    "grader": "#f3c178",
    "sqlalchemy": "#9fc5e8",
    "jinja2": "#b6d7a8",
    "markupsafe": "#b6d7a8",
    "numpy": "#d5a6bd",
}


class Node:
    """A function and how often it was seen, by itself or in what it called."""

    def __init__(self) -> None:
        self.count = 0
        self.package = ""
        self.below: dict[str, Node] = {}

    def add(self, frames: list[tuple[str, str]], count: int) -> None:
        self.count += count
        if frames:
            name, package = frames[0]
            node = self.below.setdefault(name, Node())
            node.package = package
            node.add(frames[1:], count)


def frame(text: str) -> tuple[str, str]:
    """(`judge (session)`, `grader`) of `Judge.judge (grader/judge/session.py:218)`."""
    match = re.fullmatch(r"(.+?) \((.+?)(?::\d+)?\)", text)
    if match is None:
        return text, ""
    path = match[2].replace("site-packages/", "|").rpartition("|")[2]
    parts = [part for part in re.split(r"[/\\]", path) if part]
    package = next((name for name in COLOURS if name in parts), "")
    return f"{match[1].rpartition('.')[2]} ({Path(path).stem})", package


def read(path: Path) -> dict[str, Node]:
    towers = {name: Node() for name in TOWERS}
    for line in path.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [frame(text) for text in stack.split(";") if not text.startswith("process ")]
        for name, foot in TOWERS.items():
            at = next((i for i, (shown, _) in enumerate(frames) if shown.startswith(foot)), None)
            if at is not None:
                towers[name].add(frames[at:], int(count))
    return towers


def draw(towers: dict[str, Node]) -> str:
    total = sum(node.count for node in towers.values())
    boxes: list[str] = []
    deepest = 0

    def box(name: str, node: Node, x: float, depth: int) -> None:
        nonlocal deepest
        width = WIDTH * node.count / total
        if node.count < LEAST * total:
            return
        deepest = max(deepest, depth)
        shown = name if len(name) * 6.2 < width else name[: max(0, int(width / 6.2) - 1)]
        boxes.append(
            f"<g><title>{html.escape(name)}: {100 * node.count / total:.1f} %</title>"
            f'<rect x="{x:.1f}" y="{depth * ROW}" width="{max(0.5, width - 0.6):.1f}" height="{ROW - 1}" '
            f'rx="2" fill="{COLOURS.get(node.package, "#d9d9d9")}"/>'
            f'<text x="{x + 3:.1f}" y="{depth * ROW + 12}">{html.escape(shown)}</text></g>'
        )
        for below, one in sorted(node.below.items(), key=lambda pair: -pair[1].count):
            box(below, one, x, depth + 1)
            x += WIDTH * one.count / total

    x = 0.0
    for name, node in towers.items():
        box(name, node, x, 0)
        x += WIDTH * node.count / total
    height = (deepest + 1) * ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height}" '
        'font-family="monospace" font-size="10">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(boxes)}</svg>\n'
    )


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(draw(read(source)), encoding="utf-8")
