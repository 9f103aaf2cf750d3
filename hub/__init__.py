"""The platform of the centre: it takes transfers in, judges, marks and hands them on, and never opens a dossier.

By storeys, from the top; a room imports only what lies below it:

`cli`, `commands`           the operators' way in; `commands` may start `app`, and else knows nothing of HTTP
`app`, `api`, `observe`     the agencies' way in; with `auth` (who calls) and `errors` (how a refusal is told)
`exchange`                  receiving, serving and proving transfers; what it decides is pure, in `exchange.decisions`
`identities`, `terminology`, `supervision`   persons and cases; code tables; terms and findings. None knows another
`access`                    who may do and see what
`marking`                   the hub's own marks
`runtime`                   a hub that runs: settings, keys, stores and log in one place
`log`, `releases`, `home`   the log of marks; the code tables in effect; the folder of a hub
`store`                     database and blobs
and below all of them what has no state of a hub: `callers`, `limits`, `settings`, `reading`, `rounds` and their like.

SQL stands in `store` and `log` alone. These walls are contracts in `pyproject.toml`; `lint-imports` holds them.
"""
