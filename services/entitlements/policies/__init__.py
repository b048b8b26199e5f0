"""Which response classes there are, what each promises, and by which calendar: data, read from a file.

Stands on nothing.
"""
