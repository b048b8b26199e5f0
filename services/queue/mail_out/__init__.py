"""What mails to customers tell, how they look, and the rows in which they wait. Stands on tickets."""
