"""A bare Flask application under the very gunicorn that our services use: `python -m benchmarks.bare_server`."""

import importlib
import sys

from shared.env import Env
from shared.settings import CommonSettings
from shared.web.server import serve

if __name__ == "__main__":
    place, service = sys.argv[1:]
    module, function = place.split(":")
    serve(getattr(importlib.import_module(module), function), CommonSettings.read(Env(), service))
