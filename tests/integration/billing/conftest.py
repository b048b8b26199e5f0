"""What the tests of billing stand on."""

from tests.support.patience import patient_pages

__all__ = ["patient_pages"]
