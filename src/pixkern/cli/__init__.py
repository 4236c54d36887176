"""The command line: one small module per pipeline, imported when its command runs.

Exit codes: 0 when all of it worked, 1 when something failed (one line each on stderr), 2 for bad use, 130 when
interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from pixkern import BackendUnavailable, __version__, set_threads

from . import codec, demo, info, lens, pixelart, relight, slpr

_COMMANDS = (demo, info, lens, slpr, pixelart, relight, codec)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name. Default: those of this process.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    SystemExit
        With code 2 for bad use, and 0 after ``--help`` and ``--version``.
    """
    chosen = _parser().parse_args(arguments)
    try:
        if getattr(chosen, "threads", None) is not None:
            set_threads(chosen.threads)
        code: int = chosen.run(chosen)
        sys.stdout.flush()
    except KeyboardInterrupt:
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one ends the process, whatever its exit waits for
        complain("interrupted")
        return 130
    except BrokenPipeError:  # the reader of the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
        return 1
    except (ValueError, BackendUnavailable, RuntimeError, MemoryError) as error:
        complain(str(error) or type(error).__name__)
        return 1
    return code


def say(message: str) -> None:
    """One line on stdout, whatever a file's name has in it."""
    print(_one_line(message))


def complain(message: str) -> None:
    """One line on stderr, whatever a file's name has in it."""
    print(f"pixkern: {_one_line(message)}", file=sys.stderr)


def _one_line(message: str) -> str:
    line = " ".join(message.split())
    return line if line.isprintable() else ascii(line)


class _Parser(argparse.ArgumentParser):
    """A parser, and parsers of its commands, that tell bad use in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {_one_line(message)}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="pixkern",
        description="Compiled image kernels, and pipelines on top of them.",
        epilog="Start with: pixkern demo",
    )
    parser.add_argument("--version", action="version", version=f"pixkern {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return parser
