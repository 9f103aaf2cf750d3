"""From a case folder to a receipt: read and check, seal and upload, submit, reuse volumes by reference, retry."""
