"""What is refused about the policy's file."""


class PolicyError(SystemExit):
    """The service does not start: the sentence names the file, the entry and the cure."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"The policy {path} cannot be used: {why} Mend it and start again; see POLICY_FILE.")
