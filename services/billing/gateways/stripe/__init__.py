"""Stripe: the only place that knows its SDK. One module for each kind of object, each call once."""
