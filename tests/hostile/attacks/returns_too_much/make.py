"""One value a variant."""

from tests.hostile.sources import right

VALUES = {
    "an_array_of_64_MB": "np.zeros(2**23)",
    "an_array_of_no_stride": "np.broadcast_to(0.0, (2**20, 2**10))",
    "a_million_numbers": "list(range(10**6))",
    "a_long_text": "'x' * 10**7",
    "long_bytes": "bytes(10**7)",
    "many_arrays": "[np.zeros(2**18) for _ in range(12)]",
    "many_keys": "{str(i): i for i in range(20000)}",
    "many_objects": "[object() for _ in range(20000)]",
    "a_huge_number": "10**1000000",
    "2_to_the_64": "2**64",
    "a_deep_list": "deep(100)",
    "a_bottomless_list": "deep(100000)",
    "a_list_in_itself": "loop()",
    "number_keys": "{1: 2}",
    "colliding_keys": "{i * (2**61 - 1): None for i in range(2000)}",
    "a_surrogate": "'\\ud800'",
}
HELP = """
def deep(n):
    inner = []
    for _ in range(n):
        inner = [inner]
    return inner


def loop():
    xs = []
    xs.append(xs)
    return xs
"""
VARIANTS = {
    name: right(f"Returns {name.replace('_', ' ')}", head=HELP, apply=f"return {value}")
    for name, value in VALUES.items()
}
