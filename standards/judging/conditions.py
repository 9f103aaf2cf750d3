"""The grammar of conditions: `;` means and, `/` means or; each token is one question.

A leading `!` negates the token; unknown stays unknown.

N-ARR-001               an accepted transfer at this node stands in the case's history
STATE:DETAINED          a state of a person or the case, derived from the record (`rules/states.toml`)
MEASURE:arrest          the record holds a measure of this class for the person, ended or not
DECISION:judgment       the record holds a decision of this kind for the person or the case
DOC:F0203               the record lists a document of this type, or of this kind
BASIS:流窜作案           the ground of one of the person's measures contains these words
PROCEDURE:速裁           the proposed or chosen procedure is displayed with these words
EXTENSIONS:2            one of the person's measures has been extended at least so often
TERM:announced=in-court  a term of a decision has this value; `TERM:months>36`, `TERM:months<6` compare numbers
RESULT:无罪              the result of one of the person's decisions contains these words
CURRENT:bail            the person's measure in force is of this class
CASE:return_count       a member of the case is filled, true, or more than nothing
COUNSEL:none            the person has no counsel and is told to have no legal aid
PERSON:at-large         a natural person against whom nothing was done and who is not told to have come (在逃)
SPECIAL:聋哑            a special identity of the person is displayed with these words
ROLE:guardian           the record names somebody with this role
CRIME:recording         a charge against the person belongs to this class of crimes (`rules/classes.toml`)
CHAPTER:outside         a charge is known to lie outside 刑法分则第四、五、六章
PROPERTY:held           the record lists property under a measure without a disposition
AT:N-CUS-001            the transfer at hand is of this node
"""

from __future__ import annotations

import re

NODE_ID = re.compile(r"N-[A-Z]{3}-[0-9]{3}")
PREFIXES = frozenset(
    {
        *("STATE", "MEASURE", "DECISION", "DOC", "BASIS", "PROCEDURE", "EXTENSIONS", "TERM", "RESULT", "CURRENT"),
        *("CASE", "COUNSEL", "PERSON", "SPECIAL", "ROLE", "CRIME", "CHAPTER", "PROPERTY", "AT"),
    }
)

Expression = tuple[tuple[str, ...], ...]


def parse(source: str) -> Expression:
    """An AND of ORs from its text; the empty text gives no clause. Raises `ValueError` naming a malformed token."""
    clauses = tuple(
        tuple(token.strip() for token in clause.split("/")) for clause in source.split(";") if clause.strip()
    )
    for clause in clauses:
        for token in clause:
            bare = token.removeprefix("!")
            prefix, separator, argument = bare.partition(":")
            if not (NODE_ID.fullmatch(bare) or (separator and prefix in PREFIXES and argument)):
                msg = f"malformed condition {token!r}"
                raise ValueError(msg)
    return clauses


def is_node(token: str) -> bool:
    """Whether the token names a node."""
    return NODE_ID.fullmatch(token) is not None
