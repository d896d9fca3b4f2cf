"""The processes of one machine: `oriel up`, the demo and the fault tests run an installation with it.

    Procfile ─ procfile ──► supervisor ──► children ──► each process, restarted if it dies
                              │   │           ├─ output         its log file, or this terminal
                              │   │           └─ forks          forked by fork_server, which imports everything once
                              │   └─ environment    addresses of every process, and its variables
                              │        └─ ports     free ones chosen, configured ones checked
                              ├─ embedded           the Valkey server, unless the stores are configured
                              └─ runtime_files      <data dir>/run: locks, process ids, endpoints.json

Commands find a running installation by `config.endpoints`, which reads what `runtime_files` writes.
"""
