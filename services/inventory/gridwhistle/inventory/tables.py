"""The one description of what the service stores; each folder adds its own tables."""

from typing import Final

from sqlalchemy import MetaData

from gridwhistle.common.tables import NAMING

metadata: Final = MetaData(naming_convention=NAMING)
