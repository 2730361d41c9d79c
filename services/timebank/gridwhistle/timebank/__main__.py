"""Serves the service, `python -m gridwhistle.timebank`; with the word `migrate` it brings its database up to date."""

from gridwhistle.common.serving import main
from gridwhistle.timebank.app import TIMEBANK

if __name__ == "__main__":
    main(TIMEBANK)
