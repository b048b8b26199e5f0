"""Tickets, conversation, order of the queue, agent desk and customer's pages."""
