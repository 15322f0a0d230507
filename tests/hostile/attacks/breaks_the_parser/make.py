"""Sources too large or too odd to be written down."""

from tests.hostile.sources import right

RIGHT = right("Right, but for what stands below")
VARIANTS = {
    "unary_minus": f"{RIGHT}\nx = {'-' * 200_000}1\n",
    "lambdas": f"{RIGHT}\nx = {'lambda: ' * 50_000}1\n",
    "brackets": f"{RIGHT}\nx = {'(' * 100_000}{')' * 100_000}\n",
    "additions": f"{RIGHT}\nx = {'+'.join('1' * 200_000)}\n",
    "attributes": f"{RIGHT}\nx = np{'.a' * 200_000}\n",
    "indentation": RIGHT + "".join(f"{' ' * i}if 1:\n" for i in range(150)) + " " * 150 + "pass\n",
    "conditions": RIGHT + "x = " + "1 if 0 else " * 50_000 + "1\n",
    "nothing_but_comments": "#" * 1_000_000,
    "a_form_feed": RIGHT + "\f\n" * 1000 + "\f\tx = 1\n",
    "no_python": "fn main() { println!() }\n",
    "half_a_text": RIGHT + 'x = "' + "a" * 1000 + "\n",
}
