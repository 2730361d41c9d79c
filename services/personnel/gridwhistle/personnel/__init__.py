"""The personnel service 网格员: areas, organisations, grids, workers and their shifts."""
