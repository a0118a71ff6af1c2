"""The commands of `fixatif`, a module per noun; `server.__main__` hangs them up."""
