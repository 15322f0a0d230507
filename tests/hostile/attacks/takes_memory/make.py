"""One way to take memory a variant."""

from tests.hostile.sources import right

WAYS = {
    "bytes": "return len(bytearray(1 << 40))",
    "array": "return np.ones(1 << 36)[:4]",
    "array_of_half": "return [np.ones(1 << 24) for _ in range(64)][0][:4]",
    "doubling": "xs = [0]\nwhile True:\n    xs = xs + xs",
    "dict": "d = {}\nwhile True:\n    d[len(d)] = object()",
    "text": "s = 'x'\nwhile True:\n    s += s",
    "shared_map": "import mmap\n\nm = mmap.mmap(-1, 1 << 30)\nfor i in range(0, 1 << 30, 4096):\n    m[i] = 1",
    "many_maps": "import mmap\n\nmaps = [mmap.mmap(-1, 1 << 22) for _ in range(1000)]\nfor m in maps:\n    m[:] = bytes(1 << 22)",
    "memfd": "import os\n\nfd = os.memfd_create('x')\nos.ftruncate(fd, 1 << 34)\nwhile True:\n    os.write(fd, bytes(1 << 20))",
    "many_memfds": "import os\n\nwhile True:\n    os.write(os.memfd_create('x'), bytes(1 << 20))",
    "recursion": "def f(x):\n    return f([x] * 1000) if x else 0\n\nimport sys\nsys.setrecursionlimit(10**9)\nreturn f([1])",
    "vectors": "return np.zeros((1 << 20, 1 << 20))",
    "from_threads": "import threading\n\nhold = []\nthreads = [threading.Thread(target=lambda: hold.append(bytearray(1 << 25))) for _ in range(20)]\n[t.start() for t in threads]\n[t.join() for t in threads]\nreturn len(hold) * np.ones(1 << 25)",
    "quietly": "hold = []\ntry:\n    while True:\n        hold.append(bytearray(1 << 20))\nexcept MemoryError:\n    pass\nwhile True:\n    hold.append(bytearray(1 << 10))",
}
VARIANTS = {name: right(f"Takes memory: {name.replace('_', ' ')}", apply=body) for name, body in WAYS.items()}
