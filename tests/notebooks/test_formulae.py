"""Formulae in plain Unicode as LaTeX, and everything else as it was."""

import re
from pathlib import Path

import pytest

from grader.notebooks.formulae import latex, rendered

ROOT = Path(__file__).parent.parent.parent
TASKS = sorted(ROOT.glob("exercises/*/README*.md"))


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("o = ⌊(n + 2p - k) / s⌋ + 1", r"o &= \lfloor ( n + 2 p - k ) / s \rfloor + 1"),
        ("h_t = tanh(z_t)", r"h_{t} &= \tanh ( z_{t} )"),
        ("z_t = h_{t-1} Wh", r"z_{t} &= h _{t - 1} ~\mathrm{Wh}"),
        ("w ← w - η ∇ℓ_i(w)", r"w &\leftarrow w - \eta \nabla \ell_{i} ( w )"),
        ("x̂ = (x - μ) / √(σ² + ε)", r"\hat{x} &= ( x - \mu ) / \sqrt{\sigma ^{2} + \varepsilon}"),
        ("v̄ = Σ_w w̄ · ∂w/∂v", r"\bar{v} &= \sum_{w} \bar{w} \cdot \partial w / \partial v"),
        ("μ = 배치에 대한 x의 평균", r"\mu &= \text{배치에} ~\text{대한} ~x \text{의} ~\text{평균}"),
        ("dh_prev = dz Whᵀ", r"\mathrm{dh}_{\mathrm{prev}} &= \mathrm{dz} ~\mathrm{Wh} ^{\top}"),
        ("P ← P - lr · dP", r"P &\leftarrow P - \mathrm{lr} \cdot \mathrm{dP}"),
    ],
)
def test_a_formula_is_latex(plain, expected):
    """Indices, accents, roots, sums and words as an author of mathematics would set them."""
    assert latex(plain) == expected


@pytest.mark.parametrize(
    "line",
    [
        "x = 0 1 3       w = -1 2",
        "x2",
        "1 |  1     0",
        "+-----+-----+",
        "x ──► pad ──► unfold",
        "Z = standardize(flats, np.array(y))",
        'print("J = 2")',
        "for k in range(3):",
        "theirs = torch.nn.RNN(3, 4)",
        "loss = step()",
        "y = $x$",
        "a = b \\ c",
        "p = x_",
        "q = √(x",
        "",
    ],
)
def test_what_is_no_formula_stays(line):
    """Tables, drawings and code are not touched."""
    assert latex(line) is None
    assert rendered(f"Text\n\n    {line}\n\nText") == f"Text\n\n    {line}\n\nText"


def test_a_block_is_all_or_nothing():
    """One line that is not understood keeps its paragraph; the next paragraph is another matter."""
    assert rendered("    a = b\n    1 2 3") == "    a = b\n    1 2 3"
    assert rendered("    a = b\n\n    1 2 3") == "$$\na = b\n$$\n\n    1 2 3"


def test_code_and_lists_are_left_alone():
    """Fenced blocks, and lines that go on a list or a sentence."""
    text = "```\n\n    a = b\n```\n\n1. item\n    a = b\n"

    assert rendered(text) == text


@pytest.mark.parametrize("path", TASKS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_comes_of_every_task_is_sound(path):
    """Braces balance, environments close, and only commands stand there that MathJax and KaTeX know."""
    words = """
        alpha beta gamma delta varepsilon eta theta lambda mu nu pi rho sigma tau phi varphi Theta cdot times
        odot partial sum nabla ell leftarrow to ne le ge lt gt approx sim lfloor rfloor dots top sqrt hat
        bar mathrm text quad begin end exp log ln tanh max min mathrel
    """
    known = set(words.split())

    for block in re.findall(
        r"^\$\$\n(.*?)^\$\$$", rendered(path.read_text("utf-8")), re.MULTILINE | re.DOTALL
    ):
        assert set(re.findall(r"\\([A-Za-z]+)", block)) <= known
        assert re.sub(r"\\[{}]", "", block).count("{") == re.sub(r"\\[{}]", "", block).count("}")
        outside = re.sub(r"\\text\{[^}]*\}", "", block)
        assert outside.isascii(), outside
        assert block.count("aligned") in (0, 2)


@pytest.mark.parametrize(
    ("exercise", "formula"),
    [
        ("ex04_xor", r"\odot ( 1 - h ^{2} )"),
        ("ex05_backprop", r"\bar{v} = \sum_{w}"),
        ("ex10_convolution", r"\sum _{c , k , l} x [ n , c"),
        ("ex11_batchnorm", r"\sqrt{\sigma ^{2} + \varepsilon}"),
        ("ex12_rnn", r"h_{t} &= \tanh ( z_{t} )"),
    ],
)
def test_the_formula_that_an_exercise_is_about_is_rendered(exercise, formula):
    """In both languages."""
    for name in ("README.md", "README.ko.md"):
        assert formula in rendered((ROOT / "exercises" / exercise / name).read_text("utf-8"))
