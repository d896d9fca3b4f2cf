"""The processes of one machine: the supervisor, its children, the embedded server, ports and runtime files."""
