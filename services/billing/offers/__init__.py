"""The catalog as others see it: the offer page, the API, and Stripe's products and prices. Stands on the catalog."""
