"""The catalog as others see it: the offer page with what each response class promises, the API, and Stripe's prices.

Stands on the catalog.
"""
