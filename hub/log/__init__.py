"""The transparency log of marks: an RFC 6962 tree that is extended after the business transactions.

`sequencer`   gives waiting marks their place and writes the tree's complete nodes
`publisher`   re-reads what is new, recomputes, and signs a checkpoint
`proofs`      inclusion and consistency from stored nodes, in O(log n)
`runner`      the thread that repeats the first two

The exchange of cases never waits for them. Each step can be interrupted anywhere and repeated.
"""
