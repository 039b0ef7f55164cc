"""Puts thousands of drawn schemes in the place of ours, in the database of the tree that runs it.

    python -P many_schemes.py N

:mod:`benchmarks.commands` runs it in either tree.
"""

import sys

import django

django.setup()

from benchmarks.published import publish  # noqa: E402
from benchmarks.synthetic import Country  # noqa: E402

if __name__ == "__main__":
    publish(Country(), int(sys.argv[1]))
