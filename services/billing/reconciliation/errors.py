"""What is refused about reconciliations."""

from shared.errors import Kind, ServiceError


class ReconciliationNotFound(ServiceError):
    """There is no such run."""

    kind = Kind.NOT_FOUND
    code = "reconciliation_not_found"
    title = "There is no such reconciliation"

    def __init__(self, reconciliation_id: str) -> None:
        super().__init__("There is no such reconciliation. Check the id.", reconciliation_id=reconciliation_id)


class DayNotBegun(ServiceError):
    """The day lies in the future: there is nothing to compare."""

    kind = Kind.INVALID
    code = "day_not_begun"
    title = "This day has not begun"

    def __init__(self, day: str) -> None:
        super().__init__(f"{day} has not begun yet. Choose today or a day before.", field="date", date=day)
