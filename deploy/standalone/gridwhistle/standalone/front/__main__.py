"""Write the front page and the book as files: `python -m gridwhistle.standalone.front DOCS FOLDER`."""

import sys
from pathlib import Path

from gridwhistle.standalone.front import write
from gridwhistle.standalone.services import KINDS

_, docs, folder = sys.argv
write(Path(folder), Path(docs), {kind.name: kind.title for kind in KINDS})
