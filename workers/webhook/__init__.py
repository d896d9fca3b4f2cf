"""The ingress for providers: verify, make durable, answer. A process and port of its own, so that it may be public."""
