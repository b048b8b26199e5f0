"""What each contract has in common: a reader leaves out the fields that it does not know."""

from typing import ClassVar

from marshmallow import EXCLUDE, Schema


class Contract(Schema):
    """The base of every shape, nested ones too. What people and integrators send keeps to marshmallow's rule: 422."""

    class Meta:
        """A newer peer may say more than this release knows."""

        unknown: ClassVar = EXCLUDE
