"""What a provider says of a sender's number: how good it is, how fast it may go, whether it may be used at all."""
