"""Stripe's stand-in: an HTTP process that answers the real `stripe` SDK and never invents success.

Start it with `python -m sandbox.stripe`. Settings, from the environment:

- BIND, such as 127.0.0.1:8004; PUBLIC_URL, by default `http://` and BIND: where browsers find the payment page.
- STRIPE_API_KEY, the one key it accepts; it begins with `sk_test_`.
- STRIPE_STANDIN_STATE, the folder of its database (`stripe.sqlite3`); a second start finds everything again.
- STRIPE_STANDIN_WEBHOOK_URL and STRIPE_STANDIN_WEBHOOK_SECRET, optional, together: an endpoint from the start.
- STRIPE_STANDIN_WEBHOOK_EVENTS, which events go there (all).
- STRIPE_STANDIN_MERCHANT, the name on the payment page (Premium Support).
- STRIPE_STANDIN_SETTLES, the currencies of the account's balance, the first for all that are converted; without it
  every currency settles in itself.
- STRIPE_STANDIN_RETRIES, `quick` (webhooks are tried again within seconds) or `stripe` (for three days of its clock).

What it does not know it refuses with an error in Stripe's shape. It speaks one API version only. Nothing here has been
verified against Stripe unless the contract tests ran with STRIPE_TEST_KEY.
"""
