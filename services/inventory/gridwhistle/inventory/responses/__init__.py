"""Responses, situation reports, emergency sessions."""
