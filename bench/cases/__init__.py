"""Sample case folders, built from a seed: invented persons, plausible dates, pages that look scanned.

`pdf` writes pages, `folder` writes volumes with their catalogues, `story` tells the case hop by hop, `police` … `court`
write what each agency would hand in.
"""
