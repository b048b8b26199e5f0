"""What mails to customers say, and the rows in which they wait. Stands on tickets."""
