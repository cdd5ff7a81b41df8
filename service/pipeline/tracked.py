"""Rewrite a text step by step without losing where each character came from."""

import re
from collections.abc import Callable


class Tracked:
    """A text under rewriting; `at[i]` is the offset in the original of character i, with the end as last entry."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = list(range(len(text) + 1))

    def sub(self, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str | None]) -> None:
        """Replace each match by what `replace` returns; None leaves it as it stands.

        The characters of a replacement share out the offsets of what they replace, so that offsets never decrease;
        what is replaced by nothing belongs to the character before it.
        """
        pieces: list[str] = []
        at: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            put = replace(match)
            start, end = match.span()
            if put is None or start == end:
                continue
            pieces += (self.text[done:start], put)
            at += self.at[done:start]
            width = end - start
            if len(put) == width:
                at += self.at[start:end]
            else:
                at += [self.at[start + k * width // len(put)] for k in range(len(put))]
            done = end
        if done:
            pieces.append(self.text[done:])
            at += self.at[done:]
            self.text, self.at = "".join(pieces), at
