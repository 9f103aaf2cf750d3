"""The hub (中心平台): it receives transfers, judges, marks and delivers them, and never opens a dossier.

Layers, from the top; a package imports only what is below it:

`cli`, `commands`           the operators' entry; `commands` may start `app`, but otherwise does not use HTTP
`app`, `api`, `observe`     the agencies' entry; with `auth` (identifies the caller) and `errors` (renders refusals)
`exchange`                  receiving, serving and proving transfers; its decisions are pure, in `exchange.decisions`
`identities`, `terminology`, `supervision`   persons and cases; code tables; deadlines and findings. Independent
`access`                    access rights
`marking`                   the hub's own marks
`runtime`                   a running hub: settings, keys, stores and log
`log`, `releases`, `home`   the log of marks; the code tables in effect; the home folder of a hub
`store`                     database and blobs
and below all of them, without the state of a hub: `callers`, `limits`, `settings`, `reading`, `rounds` and their like.

SQL is only in `store` and `log`. These rules are contracts in `pyproject.toml`; `lint-imports` enforces them.
"""
