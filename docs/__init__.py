"""What people read about the product, and the command that makes the part of it that stands in the code."""
