"""From the inbox to a bag: look before fetching, unseal, deliver whole or not at all, acknowledge; read one page."""
