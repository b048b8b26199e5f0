"""Where the jobs of the queue stand; each sweep finds what a lost wake-up left, and is safe to run twice."""

from services.queue.decisions import jobs as decisions
from services.queue.delivery import jobs as delivery
from services.queue.payments import jobs as payments
from shared import forget, relay

ROOMS = (relay, forget, delivery, decisions, payments)
