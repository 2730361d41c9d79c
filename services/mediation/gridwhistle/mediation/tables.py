"""Where the tables of every noun are gathered."""

from typing import Final

from sqlalchemy import MetaData

from gridwhistle.common.tables import NAMING

metadata: Final = MetaData(naming_convention=NAMING)
