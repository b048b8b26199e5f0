"""Payment methods: made by paying, never by the API yet; only the last four digits are kept."""

from sandbox.stripe.registry import Resource, register

register(Resource(kind="payment_method", noun="PaymentMethod"))
