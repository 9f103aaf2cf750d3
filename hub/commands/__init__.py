"""The subcommands of `casehub`. Each takes the parsed arguments and a `Console` and returns an exit code.

`adding` is how each of them is added to the program.
"""
