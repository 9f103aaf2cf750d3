"""What the tests stand on: one builder for each thing, whichever room asks for it.

| module | holds |
| --- | --- |
| `agencies` | who takes part: names, addresses, one agency of each type |
| `clocks` | the fixed instant NOW, and a clock that a test moves or stops |
| `keys` | keys that are the same in every run, and the statements that make them known |
| `records` | the invented case as records: what the police export, what the demo's hops tell |
| `folders` | native exports, pages, a small CASE_DIR |
| `hubs` | a hub in this process, a second one over the same stores, agencies admitted to it |
| `world` | a hub and its agencies' adapters in one process, the sample case at hand |
| `wires` | the line between them, and what may go wrong on it |
| `stage` `drafts` | submissions caught and changed, requests signed by hand, refusals held against what they must be |
| `crosswalk` | several cases with the same people, from one caught submission |
| `evidence` | marks, log, statements and bundle of one transfer, made without a hub |
| `stored` `logs` | transfers and marks put into a store directly; a log that grows from them |
| `judging` | histories of a case, and what gives reason to notice |
| `worked` | a hub that has worked, as files that an attacker may change |
| `sites` `processes` `forked` `preloaded` | hub and agencies as real processes, to be killed and starved |
| `servers` `tsa` | PostgreSQL, S3 and a time stamping authority, real and on loopback |
| `fixtures` | what tests ask for by name: `world`, `site`, `database`, `blob_store`, `record`, `journey` |

What only one room looks at stays in that room: volumes and pages of the dossier, generated records of the native
formats, the small release of codebooks.
"""
