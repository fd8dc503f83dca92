#!/usr/bin/env python3
"""The one command line: `python3 manage.py demo` starts everything, `python3 manage.py test` tests it."""

import sys

from console.config import bootstrap

if __name__ == "__main__":
    bootstrap.prepare(sys.argv)
    bootstrap.run(sys.argv)
