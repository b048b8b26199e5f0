"""What is refused about accounts and contacts."""

from shared.errors import Kind, ServiceError
from shared.language import N_


class AccountNotFound(ServiceError):
    """There is no such account."""

    kind = Kind.NOT_FOUND
    code = "account_not_found"
    title = N_("There is no such account")

    def __init__(self, account_id: str) -> None:
        super().__init__(N_("There is no such account. Check the id."), account_id=account_id)


class CompanyNameMissing(ServiceError):
    """A company needs a name."""

    kind = Kind.INVALID
    code = "company_name_missing"
    title = N_("The company has no name")

    def __init__(self) -> None:
        super().__init__(N_("Write the company's name."), field="name")


class CompanyExists(ServiceError):
    """A company of that name is there already."""

    kind = Kind.CONFLICT
    code = "company_exists"
    title = N_("There is a company of this name already")

    def __init__(self, name: str, account_id: str) -> None:
        super().__init__(
            N_("There is a company “%(name)s” already. Use it, or tell yours from it, for example by its town."),
            field="name",
            name=name,
            account_id=account_id,
        )


class NotACompany(ServiceError):
    """A person's account takes no second address."""

    kind = Kind.CONFLICT
    code = "not_a_company"
    title = N_("This account belongs to one person")

    def __init__(self, account_id: str) -> None:
        super().__init__(
            N_("This account belongs to one person. Make a company, and add both people to it."),
            field="email",
            account_id=account_id,
        )


class ContactTaken(ServiceError):
    """The address belongs to another company."""

    kind = Kind.CONFLICT
    code = "contact_taken"
    title = N_("This address belongs to another company")

    def __init__(self, email: str, *, account_id: str, company: str) -> None:
        super().__init__(
            N_(
                "%(email)s belongs to %(company)s. What that company bought is used by its people only: "
                "ask them, or add another address of this person."
            ),
            field="email",
            email=email,
            company=company,
            account_id=account_id,
        )
