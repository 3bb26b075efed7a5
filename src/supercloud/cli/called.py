"""The command as it was called: messages name it, so that what they say can be typed as it stands.

`bin/supercloud` of a checkout leaves its own name in a variable. Texts say `supercloud`; where they leave the program
that becomes the name.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from typing import Any, Final

import click

NAME: Final = "supercloud"
VARIABLE: Final = "SUPERCLOUD_CALLED"
_MENTION: Final = re.compile(rf"(`|: ){NAME}(?=\s+[a-z])")


def called(environment: Mapping[str, str] = os.environ) -> str:
    """What has to be typed for this program: its plain name where that is found, otherwise the path that was typed."""
    typed = environment.get(VARIABLE, "")
    found = shutil.which(NAME, path=environment.get("PATH"))
    if not typed or (found and os.path.realpath(found) == os.path.realpath(typed)):
        return NAME
    return shlex.quote(typed)


def in_words(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """A text that names the command as it was called."""
    if NAME not in text:
        return text
    name = called(environment)
    return text if name == NAME else _MENTION.sub(lambda found: found.group(1) + name, text)


class Formatter(click.HelpFormatter):
    """Help that names the command as it was called."""

    def getvalue(self) -> str:
        """The help's text."""
        return in_words(super().getvalue())


def say(text: str, **options: Any) -> None:
    """`click.echo` for words of ours; what others wrote is echoed as it is."""
    click.echo(in_words(text), **options)


def show(error: click.ClickException) -> None:
    """A refusal on stderr, as click writes it."""
    told = io.StringIO()
    error.show(told)
    say(told.getvalue(), err=True, nl=False)
