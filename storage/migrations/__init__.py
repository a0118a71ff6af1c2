"""Numbered migrations, forward only; `storage.migrate` applies them."""
