"""One way to hang a variant."""

from tests.hostile.sources import right

WAYS = {
    "loop": "while True:\n    pass",
    "sleep": "import time\n\ntime.sleep(1e6)",
    "select": "import select\n\nselect.select([], [], [])",
    "sigwait": "import signal\n\nsignal.sigwait({signal.SIGUSR1})",
    "pause": "import signal\n\nsignal.pause()",
    "deadlock": "import threading\n\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "stopped": "import signal\nimport threading\n\nsignal.pthread_kill(threading.get_ident(), signal.SIGSTOP)",
    "reads_stdin": "import sys\n\nwhile True:\n    sys.stdin.read()",
    "iterates": "import itertools\n\nreturn sum(1 for _ in itertools.count())",
    "reads_a_pipe": "import os\n\nreturn os.read(os.pipe()[0], 1)",
    "regex": "import re\n\nreturn re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "power": "return 7 ** (10**8) % 3",
    "inverse": "return np.linalg.svd(np.random.rand(3000, 3000))",
    "joins": "import threading\n\nthread = threading.Thread(target=threading.Event().wait)\nthread.start()\nthread.join()",
    "alarm": "import signal\n\nsignal.signal(signal.SIGALRM, lambda *_: None)\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\nwhile True:\n    pass",
}
VARIANTS = {name: right(f"Hangs: {name.replace('_', ' ')}", apply=body) for name, body in WAYS.items()}
