"""A campaign goes out: a base becomes jobs, jobs become parcels, parcels become requests."""
