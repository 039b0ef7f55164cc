"""Commands that refuse, one after the other in a process of its own, which takes longer to start than they take."""

import json
import os
import sys

from django.conf import settings
from django.core.management import CommandError, call_command


def refusals(commands: list[list[str]]) -> None:
    """Print in which sentence each command refuses; where one does not, that is the error of this process."""
    said = []
    for name, *words in commands:
        if name == "set":
            setattr(settings, words[0], json.loads(words[1]))
        elif name == "env":
            os.environ[words[0]] = words[1]
        else:
            try:
                call_command(name, *words)
            except CommandError as error:
                said.append(str(error))
            else:
                raise AssertionError(f"{name} {' '.join(words)} did not refuse")
    json.dump(said, sys.stdout)
