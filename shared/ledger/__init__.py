"""The record of every job's state: the truth. A Celery message is a hint; what is decided is decided here.

Decision: a campaign's jobs live in a byte string of states, pages of compressed rows and hashes of packed records, not
in a key a contact. Cost: scripts address jobs by ordinal, so a contact is found through the dedupe map. Gain: under
150 bytes a contact, and a cancel of a million jobs is one `gsub`.
Decision: answers and statuses use the same script (`settle.lua`), because both are facts about one attempt. A fact is
merged by attempt, whoever brings it; a worker's word about its own attempt counts only under its lease.
Decision: an attempt's number grows when the next attempt is *marked*, so that late facts of the attempt before find
their record untouched until the very moment a new request may leave.
"""
