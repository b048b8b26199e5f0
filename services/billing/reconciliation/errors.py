"""What is refused about reconciliations."""

from shared.errors import Kind, ServiceError
from shared.language import N_


class ReconciliationNotFound(ServiceError):
    """There is no such run."""

    kind = Kind.NOT_FOUND
    code = "reconciliation_not_found"
    title = N_("There is no such reconciliation")

    def __init__(self, reconciliation_id: str) -> None:
        super().__init__(N_("There is no such reconciliation. Check the id."), reconciliation_id=reconciliation_id)


class DayNotBegun(ServiceError):
    """The day lies in the future: there is nothing to compare."""

    kind = Kind.INVALID
    code = "day_not_begun"
    title = N_("This day has not begun")

    def __init__(self, day: str) -> None:
        super().__init__(N_("%(date)s has not begun yet. Choose today or a day before."), field="date", date=day)
