"""From the inbox to a bag: check, fetch, unseal, deliver completely or not at all, acknowledge; read one page."""
