"""What a laptop lacks: servers, a Stripe stand-in, mail, sign-in, demo data, and the supervisor that runs it all."""
