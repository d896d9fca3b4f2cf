"""Python's cyclic collector in a process that lives long. Owns its thresholds.

Measured in a sender: with Python's own thresholds a tenth of the processor's time went into looking, again and again, at
modules and at jobs that wait; with these, a two-hundredth.
"""

import gc

THRESHOLDS = (5_000, 20, 50)  # of 700, 10, 10: nearly everything here ends by its reference count


def spare_the_long_lived() -> None:
    """*Effects*: whatever was made so far is not looked at any more. To be called once, when all is opened."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
