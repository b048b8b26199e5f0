"""One module for each of Stripe's resources: tables of parameters, and what each operation does."""
