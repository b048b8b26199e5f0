"""The rows of the queue: tables and one query module per aggregate."""
