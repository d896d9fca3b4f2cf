"""Meta's JSON as models, one module a subject. Owns no meaning.

    values     their kinds of values       webhooks   the envelope, statuses, preferences
    answers    to our requests             messages   contacts' messages
                                           updates    of templates, numbers and accounts

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/ (messages/send-messages,
support/error-codes, webhooks/reference/…; read in 2026); bodies of webhooks in github.com/david-lev/pywa
`tests/data/updates` @0bcf2f19; `user_id_update` in github.com/weni-ai/courier `handlers/facebookapp` @0afa5f92.
"""
