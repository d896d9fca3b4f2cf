"""The state of a sender's number as its provider reports it: quality, rate, usability; and how fast we send from it."""
