"""Persons and cases that are one across cases (主体归一): numbers tie, people decide, everything can be undone.

`registering` takes in what a transfer tells, `matching` finds pairs, `rules` judges a pair (pure); `decisions` are what
people propose and confirm, `effects` what follows; `desk` and `views` answer those who look, as far as they may see.
"""
