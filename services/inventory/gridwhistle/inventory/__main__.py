"""Serves the service, `python -m gridwhistle.inventory`; with the word `migrate` it brings its database up to date."""

from gridwhistle.common.serving import main
from gridwhistle.inventory.app import INVENTORY

if __name__ == "__main__":
    main(INVENTORY)
