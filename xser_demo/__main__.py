import sys

from xser_demo.cli.main import main

sys.exit(main())
