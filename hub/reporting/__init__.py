"""The readable report of an evidence bundle (存证核验报告): one PDF for people, beside the file for programs.

It says what the bundle is about, what was checked and with which result, and lists transfers, marks and volumes. It is
a reading aid: it proves nothing, and names the bundle by its digest, in words and as a QR code.
"""

from __future__ import annotations
