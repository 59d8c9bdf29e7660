"""From text to tree: the parser, and how its mistakes are explained."""
