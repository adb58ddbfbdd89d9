"""The command line, one file for one or two commands (`evaluate` also has `tune`).

Results go to standard output, progress and errors to standard error. Exit codes: 0 success, 1 an
error (one line, without a traceback), 2 wrong usage, 130 interrupted. A command imports what it
needs when it runs, so that `--help` is fast.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from recsys.cli import data, doctor, evaluate, recommend, serve, train
from recsys.cli.arguments import INTERRUPTED, PROBLEM, USAGE, UsageError
from recsys.cli.terminal import note

COMMANDS = (data, train, recommend, evaluate, serve, doctor)  # in the order of --help


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code.

    Parameters
    ----------
    argv : the arguments, without the program's name; by default those of this process
    """
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    given = parser().parse_args(argv)
    given.arguments = sys.argv[1:] if argv is None else argv
    try:
        code = given.run(given)
        sys.stdout.flush()
        return int(code or 0)
    except UsageError as error:
        given.parser.print_usage(sys.stderr)
        return _complain(str(error), USAGE)
    except KeyboardInterrupt:
        return _complain("Interrupted.", INTERRUPTED)
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if _is_for_the_user(error):
            return _complain(str(error), PROBLEM)
        raise  # a bug: its report needs the traceback


def parser() -> argparse.ArgumentParser:
    """The parser of the command line, with all commands."""
    whole = argparse.ArgumentParser(
        prog="python -m recsys",
        description="Course recommenders from the command line.",
        epilog="“python -m recsys COMMAND --help” explains a command.",
    )
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for one in COMMANDS:
        one.add(commands)
    return whole


def _complain(text: str, code: int) -> int:
    note(text)
    return code


def _is_for_the_user(error: Exception) -> bool:
    """Whether the message of an error was written for the user."""
    from recsys.dataset import DataError
    from recsys.scale import ClusterError
    from recsys.serving.server import ServeError
    from recsys.sources import FetchError
    from recsys.storage import StoreError

    ours = DataError | FetchError | StoreError | ServeError | ClusterError
    return isinstance(error, ours | OSError)
