"""`python -m services.embedder.weights`: fetches the weights that the settings name, and says which and where.

With `--check` it fetches nothing and asks no other machine: exit status 0 where they are on this machine, else 1.
"""

import argparse
import logging
import sys

from services.embedder import weights
from services.embedder.settings import EmbedderSettings
from shared.settings import CacheSettings


def main() -> int:
    """Run the command; its answer is one line on standard output, everything else goes to standard error."""
    parser = argparse.ArgumentParser(prog="python -m services.embedder.weights", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fetch nothing; exit status 1 where they are missing")
    only_check = parser.parse_args().check
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    setting, cache = EmbedderSettings().weights, CacheSettings().lookalike_cache
    try:
        found = weights.find(setting, cache) if only_check else weights.obtain(setting, cache)
    except weights.WeightsUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if found is None:
        sys.stdout.write(f"weights {setting or '(automatic)'}: not on this machine\n")
        return 1
    sys.stdout.write(f"weights {found.name}: {found.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
