"""The electronic dossier (电子卷宗): reading it from a case folder, sealing it, opening it, delivering it.

A *volume* (卷) is sealed once, under its own key, into two encrypted streams: the *pack* (its files one after another)
and the *catalogue* (what the files are). A `Recipient` wraps the volume key; an `Identity` unwraps it.

    folder.look_at_case_folder(CASE_DIR) -> volumes    what the agency has, every problem named at once
    seal.seal_volume(volume, …)       -> SealedVolume  parts of 16 MiB, handed over one by one with their digests
    descriptor.Descriptor                              what everybody may know of a sealed volume; signed by the sealer
    keys.Recipient.wrap / keys.Identity.unwrap         the volume key for one reader (HPKE, RFC 9180)
    unseal.unseal_volume(…)           -> files         every digest, tag and count checked again
    reading.SealedReader                               one file or one page, fetching only the segments it needs
    bags.Bag                                           the delivered folder (BagIt 1.0, RFC 8493), whole or not there

The hub imports `dossier.inspection` and `dossier.descriptor` only: it cannot open what it delivers. This package module
imports nothing, so that importing one of its modules never imports the others.
"""
