"""Gatepost: comments in, sanitised, judged, queued for review in Postgres."""

import os

# Before anything imports numpy, which reads it once. The judges' matrices are too small for OpenBLAS to share out: its
# threads would spin beside the event loop, and judging a batch takes four times as long on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
