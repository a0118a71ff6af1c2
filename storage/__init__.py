"""Everything kept: SQL, files, buckets. Imports `server` alone."""
