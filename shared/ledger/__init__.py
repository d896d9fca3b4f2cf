"""The ledger: the record of every job's state, and the truth. A Celery message is a hint; scripts of the ledger decide.

Decision: a campaign's jobs live in a byte string of states, pages of compressed rows and hashes of packed records, not
in a key per contact. Cost: scripts address jobs by ordinal, so a contact is found through the dedupe map. Gain: under
150 bytes per contact, and cancelling a million jobs is one `gsub`.
Decision: answers to requests and statuses use the same script (`settle.lua`), because both report facts about one attempt.
A fact is merged by attempt, without regard to the lease; a worker's decision about its attempt counts only under its lease.
Decision: the attempt number grows when the next attempt is *marked*, not when it is planned. So late facts of the attempt
before find their record unchanged until a new request may leave.
"""
