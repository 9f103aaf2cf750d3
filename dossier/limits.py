"""All limits of this package. None is secret or negotiated."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True)
class Limits:
    """What is refused before it can cost memory or time. Sizes are in bytes."""

    # The case folder
    csv_bytes: int = 64 * MIB
    """Largest catalog.csv; 100,000 rows of 300 bytes are half of it."""
    volumes: int = 999
    files_per_volume: int = 200_000
    folder_depth: int = 8
    """Deepest sub-folder inside a volume's folder."""
    text_characters: int = 1_000
    """Longest cell of catalog.csv and longest text of a catalogue."""
    person_refs: int = 500
    pages_per_file: int = 1_000_000
    advised_book_pages: int = 200
    """Pages above which a book earns a finding (D-07)."""

    # A sealed volume
    volume_bytes: int = 1 << 44
    parts_per_stream: int = 1 << 20
    document_types: int = 10_000
    catalogue_object_bytes: int = 4 * MIB
    """Largest single entry of a catalogue."""
    files_per_item: int = 10_000

    # Page counts
    count_seconds: float = 20
    """Processor time for counting one file. A PDF of 100,000 pages takes a fifth of it."""
    count_wait: float = 300
    """Time by the clock for one file, however busy the machine is."""
    count_memory_bytes: int = 448 * MIB
    """Address space of the process that counts; about 60 MiB of it are taken by the readers themselves."""
    counts_seconds: float = 60
    """Processor time for all files of one transfer together, besides what each file adds."""
    counts_seconds_a_file: float = 0.02
    """What each file adds to that time: files that are counted quickly earn time for those that follow."""
    pdf_bytes: int = 4 * GIB
    pdf_nodes: int = 1_000_000
    """Nodes of the page tree that are visited before a PDF counts as broken."""
    pdf_depth: int = 64
    pdf_inflated_bytes: int = 32 * MIB
    """Largest inflated stream (cross-reference and object streams) of a PDF."""
    ofd_entries: int = 100_000
    ofd_directory_bytes: int = 64 * MIB
    """Largest central directory of an OFD package."""
    ofd_xml_bytes: int = 16 * MIB
    """Largest XML part of an OFD package, inflated."""
    ofd_ratio: int = 200
    """Largest ratio of inflated to stored size of an XML part above 1 MiB."""
    ofd_documents: int = 100
    tiff_directories: int = 100_000


LIMITS = Limits()
"""The limits in force."""
