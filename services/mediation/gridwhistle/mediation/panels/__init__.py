"""Panels (调解员、调解小组): who mediates a case, how they were chosen, and who must keep out of it."""
