"""Fit, calibrate and evaluate the judges: rows in, artefacts out."""
