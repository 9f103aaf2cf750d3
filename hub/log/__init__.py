"""The transparency log of marks: an RFC 6962 tree that grows behind the business transactions.

`sequencer`   gives waiting marks their place and writes the tree's complete nodes
`publisher`   re-reads what is new, recomputes, and signs a checkpoint
`proofs`      inclusion and consistency from stored nodes, in O(log n)
`runner`      the thread that does the first two over and over

Exchange never waits for any of them. Each step can be killed anywhere and repeated.
"""
