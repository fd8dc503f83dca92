#!/usr/bin/env python3
"""The one command line: `python3 manage.py demo` starts everything, `python3 manage.py test` tests it."""

import sys

if __name__ == "__main__":
    # Ahead of any import: an older Python, even 2.7, reads this far.
    if sys.version_info < (3, 11):  # noqa: UP036 - people run it with whatever they have
        advice = "This needs Python 3.11 or newer; this is {}. Install a newer python3 and run the same line with it.\n"
        sys.stderr.write(advice.format(sys.version.split()[0]))
        sys.exit(2)
    from console.config import bootstrap

    bootstrap.prepare(sys.argv)
    bootstrap.run(sys.argv)
