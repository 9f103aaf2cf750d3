"""Identities of persons and cases across cases (主体归一): numbers link them, people decide, everything can be undone.

`registering` stores the identities in a transfer, `matching` finds pairs, `rules` judges a pair (pure); `decisions`
handles proposals and confirmations, `effects` carries them out; `desk` and `views` answer queries within the caller's
rights.
"""
