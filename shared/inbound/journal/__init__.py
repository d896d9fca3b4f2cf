"""The journal: webhook bodies, on disk before we answer. The broker carries their ids; applying deletes an entry."""
