"""Write to the terminal: results on standard output, everything else on standard error."""

import sys

from service.wire import encode


def say(text: str = "") -> None:
    """Print a line of the result."""
    sys.stdout.write(text + "\n")


def say_json(value: object) -> None:
    """Print a value as one line of JSON."""
    say(encode(value).decode())


class Progress:
    """Count on standard error, when that is a terminal."""

    def __init__(self, what: str):
        self._what = what
        self.is_shown = sys.stderr.isatty()

    def at(self, done: int, total: int = 0) -> None:
        """Show how many are done, as a bar where it is known of how many."""
        if self.is_shown:
            bar = f" of {total:,}  [{'#' * (20 * done // total):20}]" if total else ""
            sys.stderr.write(f"\r{self._what}: {done:,}{bar}")
            sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self.is_shown:
            sys.stderr.write("\r\x1b[K")
