"""The demo: a whole campaign on real processes over real HTTP, with an imaginary provider, and a verdict at its end.

    command        options and exit status of `oriel demo`
    setup          everything decided before the first process starts
      isolation      the user's installation kept out of the environment
      configuration  settings for loopback alone, senders that point to the simulator
      base           the file of contacts
      provider_accounts  our sender's account, as the simulator's script has it
    folder         the demo's folder, with the base and the simulator's script
    scenario       the steps, in order
      watching       both sides polled until nothing changes
      live_view      the picture meanwhile
      conversation   an agent's reply, and a reply that is refused
    verdict        whether all sums hold
    report         the page for people
      document       the JSON for programs

Decision: the demo has no access of its own. It starts the processes of `oriel up` and calls the HTTP API that a dialer
calls; only the provider is simulated, and the simulator's own journal is the evidence.
"""
