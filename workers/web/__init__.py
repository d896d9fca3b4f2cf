"""The HTTP API: its own process and port. Handlers are thin: parse → use case → view; `shared` decides.

    api          what a route declares, and the call that its handler is given
    app          every route, and the order of a request: log → problem → key → once → handler
    auth problems idempotency paging streams    one concern each
    openapi      the description, made from the same declarations
    campaigns contacts jobs sessions replies messages interactions timelines consent templates senders
                 one resource each, always the same files: `schemas` (what is asked and answered), `routes`
                 (handlers, and ROUTES), and `views` where an answer takes more than a line

Decision: a route is one declaration (method, path, models, scopes, problems), and the router, the parsing and the OpenAPI
document are made from it, so that none can say what another does not do.
"""
