"""Who a person is, what they agreed to, and until when they may be written to freely."""

MAX_MERGE_REDIRECTS = (
    8  # from merged contacts, that are followed; merging keeps chains short, and the limit ends a circle
)
