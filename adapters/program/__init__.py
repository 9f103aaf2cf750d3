"""The program `casehub-adapter`: arguments, commands and output."""
