"""Everything on a socket: pages, server-to-server addresses, media, the outgoing client."""
