"""The command `gridwhistle`, as `python -m gridwhistle.standalone`."""

from gridwhistle.standalone.cli import app

if __name__ == "__main__":
    app()
