"""Sessions of staff on the server: who is signed in stands in Postgres, and the browser holds a secret only."""
