"""Serves the service, `python -m gridwhistle.personnel`; with the word `migrate` it brings its database up to date."""

from gridwhistle.common.serving import main
from gridwhistle.personnel.app import PERSONNEL

if __name__ == "__main__":
    main(PERSONNEL)
