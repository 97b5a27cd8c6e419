"""Options that several commands of the command line have in common."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")]
User = Annotated[str, typer.Option("--as", metavar="USER", help="Who is speaking.")]
PlaceName = Annotated[str, typer.Option("--place", metavar="NAME", help="The place spoken in, which is like a channel.")]
