"""The web parts that the services have alike: application, access, sign-in, problems, idempotency, look."""
