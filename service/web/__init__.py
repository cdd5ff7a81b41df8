"""Speak HTTP; the only package that imports Starlette."""
