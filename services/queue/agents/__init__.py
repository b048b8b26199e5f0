"""Who works here, known from their sign-in, with the tier that their roles give. Stands on no other room."""
