"""The domain: what a campaign, a job, a window and a consent are. Importable without a broker or an environment.

Floors, kept by import-linter (see `pyproject.toml`): use cases (one verb a module: `intake`, `splitting`, `releasing`,
`sending`, `receiving`, `sweeping`) combine capabilities (a package each: model and store), and capabilities stand on
the ground floor. A capability never imports another.
"""
