"""The demo: the main job on real processes over real HTTP, with an imaginary provider, and a verdict at its end.

    base     the contacts, by one recipe        stage    settings, files and folder, apart from the user's own
    parts    what each provider knows of us
    story    what happens, in order             view     what one sees meanwhile
    talk     an agent's reply, and one that is refused
    verdict  whether it all adds up             report   what is said at the end

Decision: the demo has no door of its own. It starts what `oriel up` starts and calls the HTTP API that a dialer calls;
only the provider is ours, and what it saw is read from its own journal.
"""
