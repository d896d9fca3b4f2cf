"""People: their identity, their consent, and the window in which they may be written to freely."""

MAX_MERGE_REDIRECTS = (
    8  # from merged contacts, that are followed; merging keeps chains short, and the limit ends a circle
)
