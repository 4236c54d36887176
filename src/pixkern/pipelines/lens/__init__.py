"""Lens correction."""
