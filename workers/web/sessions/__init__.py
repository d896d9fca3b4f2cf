"""Sessions: whether a contact may be written to in free form now, and until when."""
