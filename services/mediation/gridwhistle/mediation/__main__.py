"""Serves the service, `python -m gridwhistle.mediation`; with the word `migrate` it brings its database up to date."""

from gridwhistle.common.serving import main
from gridwhistle.mediation.app import MEDIATION

if __name__ == "__main__":
    main(MEDIATION)
