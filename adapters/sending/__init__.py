"""From a case folder to a receipt: read and check, seal and upload, submit, send on by reference, try again."""
