"""Who reaches the whole county: some things are for all who live there, and some lie between two of its towns."""

from dataclasses import replace

from gridwhistle.common.principal import Principal


def over_the_county(caller: Principal) -> Principal:
    """Return the caller as one who reaches the whole county; the route says of what, and who else may not."""
    return replace(caller, areas=tuple(sorted({area[:6] for area in caller.areas})))
