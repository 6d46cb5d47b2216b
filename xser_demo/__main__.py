import sys

from xser_demo.cli import main

sys.exit(main())
