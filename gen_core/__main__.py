"""The command line: ``python -m gen_core list | train | evaluate | codes | fetch | keep``.

The same recipes as the pages. ``train`` prints every slow metric beside the value that fresh real
samples score, and with ``--save`` writes the checkpoint and card that a page opens; ``evaluate``
measures a checkpoint on test pictures and holds it against its card.
"""

from gen_core.command_line.main import main

if __name__ == "__main__":
    main()
