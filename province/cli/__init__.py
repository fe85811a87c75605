"""`ketnoi`: the province's command line. Each command is a function of province.commands; here they get the texts of their help.

Exit codes: 0 done or meets the standard, 1 ran and something failed or does not meet it, 2 could not start.
"""

import sys

from province.cli import facilities, office, reports, survey, survey_scan, watch  # noqa: F401  (each adds its commands to the app)
from province.cli.options import LANG, app, texts
from province.user_error import UserError


def main() -> None:
    """Console script. What stops a command before it starts is said in one line, without a traceback."""
    try:
        app()
    except UserError as reason:
        print(f"ketnoi: {reason.text.pick(LANG)}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print(texts("ketnoi: đã dừng theo yêu cầu", "ketnoi: interrupted"), file=sys.stderr)
        sys.exit(130)
