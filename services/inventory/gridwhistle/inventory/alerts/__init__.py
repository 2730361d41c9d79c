"""Warnings, in and out."""
