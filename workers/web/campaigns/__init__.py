"""Campaigns: made, listed, started, paused, resumed, cancelled."""
