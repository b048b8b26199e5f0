"""`python -m sandbox.demo`: make the demo data in a product that runs, as the supervisor does at the first start."""

import sys
import time

from requests import RequestException

from sandbox.browser import PageError
from sandbox.demo.story import Addresses, StoryError, tell
from shared.env import Env


def main() -> None:
    """Tell the story; QUEUE_URL, STRIPE_URL and MAIL_URL say where."""
    env, began = Env(), time.monotonic()
    at = Addresses(
        queue=env.url("QUEUE_URL", "Where customers ask and agents answer."),
        stripe=env.url("STRIPE_URL", "Where the stand-in for Stripe is."),
        mail=env.url("MAIL_URL", "Where the mail catcher is."),
    )
    try:
        tell(at)
    except (StoryError, PageError, RequestException) as error:
        sys.exit(f"Demo data is incomplete: {error}")
    print(f"Demo data made in {time.monotonic() - began:.1f} s.", flush=True)


if __name__ == "__main__":
    main()
