"""`casehub-adapter`, the program: its arguments, what each verb does, how it speaks."""
