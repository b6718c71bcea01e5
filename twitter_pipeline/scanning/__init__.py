"""Finding media and what belongs to it: `walk` the folders, tell files apart (`fingerprint`), read `sidecars`."""
