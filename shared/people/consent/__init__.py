"""What a contact agreed to or refused. Refusal wins; without a record there is no agreement."""
