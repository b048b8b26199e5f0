"""The operator's command that makes a key for an integrator: which scopes there are is what the routes say."""

import json
import sys

from flask import Flask

from shared.api_keys import SETTING, make_api_key
from shared.web.access import scopes_of


def run_command(app: Flask, service: str, words: tuple[str, ...]) -> None:
    """Make a key and print it, this once, with its entry for the settings; without words, print the scopes."""
    known = scopes_of(app)
    match words:
        case []:
            for scope, routes in known.items():
                _say(f"{scope}: {', '.join(routes)}")
            return
        case [name, *wanted] if wanted and set(wanted) <= known.keys():
            secret, entry = make_api_key(name, wanted)
        case _:
            sys.exit(f"Usage: api-key NAME SCOPE ...\nThe scopes of {service}: {', '.join(known)}")
    _say(f"The key of {name}, shown this once: {secret}")
    _say(f"Its entry in {SETTING} of {service}, beside those that are there: {json.dumps(entry)}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
