"""`python -m gridwhistle.standalone.documents` writes the documents; `--check` says which of them are not up to date."""

import sys

from gridwhistle.standalone.documents import main

main(check="--check" in sys.argv[1:])
