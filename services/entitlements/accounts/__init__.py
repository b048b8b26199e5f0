"""Who belongs to which account, as far as a decision must know: addresses and their account. Stands on nothing."""
