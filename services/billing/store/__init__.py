"""Billing's rows: the tables, and one query module for each aggregate."""
