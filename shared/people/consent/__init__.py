"""Consent: a contact's opt-ins and opt-outs. Refusal wins; without a record there is no agreement."""
