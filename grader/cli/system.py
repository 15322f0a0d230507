"""What everybody may ask: doctor."""

COMMANDS = ()
