"""The composition root: what one process works with, wired wing by wing in the order of `shared`. Decides nothing.

`installation.installation` opens and closes all of it; each other module has one wing's parts and the one factory that
calls their constructors.

Decision: a factory takes the wings below its own, whole, instead of single parts. A use case that needs one more
collaborator is then changed here in one line, and tests, which call the same factories with transports, slots, hints,
events and a clock of their own, need no change (`tests/wired.py`). The cost: a factory's signature does not say which
parts it takes. It stands in `workers` because only here configuration and the domain meet.
"""
