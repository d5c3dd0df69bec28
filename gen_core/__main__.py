"""The command line: ``python -m gen_core COMMAND``; see :mod:`gen_core.command_line`."""

from gen_core.command_line.main import main

if __name__ == "__main__":
    main()
