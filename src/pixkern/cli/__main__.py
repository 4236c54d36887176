"""`python -m pixkern.cli` is `pixkern`."""

import sys

from . import main

sys.exit(main())
