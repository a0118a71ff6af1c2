"""Pages for people: one module per part of the site."""
