"""The whole suite with one command, on real PostgreSQL and real NATS."""
