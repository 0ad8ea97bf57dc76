"""`python -m armsim` is the command `armsim`."""

import sys

from armsim.cli import main

sys.exit(main())
