"""Tells files that are no text, such as a PDF where a page was, by their first bytes; pure."""

from bot.messages import keep

_MARKS = (
    (b"%PDF", keep("a PDF file")),
    (b"PK\x03\x04", keep("a ZIP or Office file")),
    (b"\xd0\xcf\x11\xe0", keep("an Office or Hangul file")),
    (b"HWP Document File", keep("a Hangul file")),
    (b"{\\rtf", keep("an RTF file")),
    (b"\x89PNG", keep("a picture")),
    (b"GIF8", keep("a picture")),
    (b"\xff\xd8\xff", keep("a picture")),
    (b"RIFF", keep("a picture, sound or film")),
    (b"II*\0", keep("a picture")),
    (b"MM\0*", keep("a picture")),
    (b"ID3", keep("a sound")),
    (b"Rar!", keep("a packed file")),
    (b"7z\xbc\xaf", keep("a packed file")),
    (b"BZh", keep("a packed file")),
    (b"\xfd7zXZ", keep("a packed file")),
    (b"(\xb5/\xfd", keep("a packed file")),
)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b")
_BEGINNINGS = (b"", b"<", b"{", b"[", b" ", b"\r", b"\n")  # of a document
_LEAST, _LOOKED_AT = 16, 1_000
_FEW = 0.1


def kind(body: bytes) -> str:
    """What the file is, as it is called in a sentence; "" for text in any charset, also where control characters got into it."""
    known = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    return known or (keep("a binary file") if _is_binary(body[:_LOOKED_AT]) else "")


def _is_binary(head: bytes) -> bool:
    """Whether controls stand in it throughout; the zero bytes of UTF-16 and UTF-32 are none."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (0 in head[:4] and head.lstrip(b"\0")[:1] in _BEGINNINGS):
        return False
    return len(head) >= _LEAST and len(head) - len(head.translate(None, _CONTROLS)) > _FEW * len(head)
