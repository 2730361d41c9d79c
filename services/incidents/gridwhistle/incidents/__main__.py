"""Serves the service, `python -m gridwhistle.incidents`; with the word `migrate` it brings its database up to date."""

from gridwhistle.common.serving import main
from gridwhistle.incidents.app import INCIDENTS

if __name__ == "__main__":
    main(INCIDENTS)
