"""Where the process begins and ends: whatever happens becomes an exit code, and no traceback.

    0  graded, every check passed       1  graded, some check did not       2  bad input
    3  the grader or its host is at fault                                 130  interrupted

`GRADE_DEBUG=1` shows the traceback of what ended a command.
"""

import gc
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

INTERRUPTED: Final = 130
BROKEN: Final = 3
JUDGING: Final = frozenset({"submit"})  # commands that need a judge server soon


class _Interrupted(KeyboardInterrupt):
    """A signal asked for the end.

    Not KeyboardInterrupt itself: where that passes an `exec` of a string, as in many an import, Python
    kills itself with SIGINT at exit, whatever code we give it.
    """


def main() -> NoReturn:
    """Run the command of `sys.argv`, and end the process."""
    # A command imports much and lives briefly: looking for garbage every 700 objects costs it 5 %.
    gc.set_threshold(50_000)
    try:
        _interrupt_on_signals()
        code = run(sys.argv[1:])
        # All is done, and Python gives signals their default back as it ends: it would die of one.
        _ignore_signals()
    except KeyboardInterrupt:  # before the first command began, or while the last words were printed
        code = INTERRUPTED
    # What was printed has been flushed (`output.finish`). Taking down all that was imported takes 75 ms.
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Exit code of one command; errors are on stderr in one line."""
    if JUDGING.intersection(arguments[:1]) and sys.platform == "linux" and "--help" not in arguments:
        from grader.engines import spawn

        spawn.ahead()  # a second process has its own processor while this one reads its command line
        try:
            return _run(arguments)
        finally:
            spawn.forget()
    return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    import click

    from grader.cli import output
    from grader.cli.app import app
    from grader.errors import GraderError, host_at_fault

    output.prepare()
    try:
        if "_GRADE_COMPLETE" in os.environ:  # completion of the shell: click's own entry knows it
            app.main(list(arguments), prog_name="grade")
        with app.make_context("grade", list(arguments)) as context:
            code = app.invoke(context)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as e:
        return e.exit_code
    except click.ClickException as e:
        output.usage(e)
        return e.exit_code
    except (KeyboardInterrupt, click.Abort):
        output.complain("interrupted")
        return INTERRUPTED
    except GraderError as e:
        output.complain(str(e))
        return e.exit_code
    except BrokenPipeError:  # whoever read the help has gone; what commands print goes through `output`
        output.prepare(deaf=True)
        return 0
    except Exception as e:  # noqa: BLE001 - the edge
        if (known := host_at_fault(e)) is not None:
            output.complain(str(known))
            return known.exit_code
        words = f"{type(e).__name__}: {e}" if str(e) else type(e).__name__
        output.complain(f"internal error: {words} (GRADE_DEBUG=1 shows where; please report it)")
        return BROKEN
    finally:
        output.finish()


def _signals() -> list[int]:
    """The signals that ask for the end of a command; Windows has no SIGHUP."""
    import signal

    return [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _ignore_signals() -> None:
    import signal

    for number in _signals():
        signal.signal(number, signal.SIG_IGN)


def _interrupt_on_signals() -> None:
    """SIGINT, SIGTERM and SIGHUP end a command once, so that a second one cannot stop the cleaning up."""
    import signal

    wanted = _signals()

    def interrupt(*_: object) -> NoReturn:
        _ignore_signals()
        raise _Interrupted

    for number in wanted:
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup, say
            signal.signal(number, interrupt)
