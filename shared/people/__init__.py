"""Who a person is, what they agreed to, and until when they may be written to freely."""
