"""Words and plumbing that services share; knows no service."""
