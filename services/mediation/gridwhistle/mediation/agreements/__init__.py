"""Agreements (调解协议): reached in writing or by word, performed or broken, confirmed by a court, and asked about later."""
