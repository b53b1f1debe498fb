"""Passages: the pieces of a text that are found and shown, each with what stands around it."""

from agence.crdt.lines import MARKS

LENGTH = 900  # characters that a passage may have before it is cut at a sentence or a word
AROUND = 240  # characters of the passages before and after that count as its surroundings


def passages(body: str) -> list[tuple[str, str]]:
    """(passage, surroundings) of a text, cut at its paragraphs; one that is empty for no text.

    Of a passage in two versions each is one: the lines that mark them say nothing of their own.
    """
    lines = ("" if line in MARKS else line for line in body.split("\n"))
    paragraphs = "\n".join(lines).split("\n\n")
    pieces = [piece for paragraph in paragraphs for piece in _cut(paragraph.strip())]
    if not pieces:
        return [("", "")]
    found = []
    for at, piece in enumerate(pieces):
        before = pieces[at - 1][-AROUND:] if at else ""
        after = pieces[at + 1][:AROUND] if at + 1 < len(pieces) else ""
        found.append((piece, f"{before}\n{after}".strip()))
    return found


def _cut(paragraph: str) -> list[str]:
    pieces = []
    while len(paragraph) > LENGTH:
        end = max(paragraph.rfind(mark, LENGTH // 2, LENGTH) for mark in (". ", "\n", " "))
        end = end + 1 if end > 0 else LENGTH
        pieces.append(paragraph[:end].strip())
        paragraph = paragraph[end:].strip()
    return [*pieces, paragraph] if paragraph else pieces
