"""The command line, a file a command: data, train, recommend, evaluate, tune, serve, doctor.

Answers go to standard output, progress and problems to standard error. Exit codes: 0 done, 1 a
problem (told in a line, without a traceback), 2 wrong usage. What a command needs is imported
when it runs, so that `--help` is quick.
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
    """Run a command line; returns its exit code."""
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
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if _is_told_in_words(error):
            return _complain(str(error), PROBLEM)
        raise  # a mistake of ours: the traceback is what a bug report needs


def parser() -> argparse.ArgumentParser:
    """The command line's parser, with all commands."""
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


def _is_told_in_words(error: Exception) -> bool:
    """Whether the error's text was written for the person at the terminal."""
    from recsys.dataset import DataError
    from recsys.scale import ClusterError
    from recsys.serving.server import ServeError
    from recsys.sources import FetchError
    from recsys.storage import StoreError

    ours = DataError | FetchError | StoreError | ServeError | ClusterError
    return isinstance(error, ours | OSError)
