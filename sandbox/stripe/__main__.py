"""`python -m sandbox.stripe`: the stand-in in this process, settings from the environment."""

from sandbox.stripe.server import serve
from sandbox.stripe.settings import from_env
from shared.env import Env

if __name__ == "__main__":
    serve(from_env(Env()))
