"""Provider ingress only: verify, make durable, answer. Its own process and port, so that it may be public."""
