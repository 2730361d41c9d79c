"""Dispatch orders (调拨单): from a need to what was received, and who answers for what was not."""
