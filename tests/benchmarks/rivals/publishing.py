"""What a publisher of its own process tells of its work. Owns no broker."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def count() -> int:
    """As the command line says."""
    return int(sys.argv[1])


@contextmanager
def told() -> Iterator[None]:
    """Prints what the block took."""
    began_at, before_s = time.time(), time.process_time()
    yield
    print(json.dumps({"began_at": began_at, "processor_s": time.process_time() - before_s}), flush=True)
