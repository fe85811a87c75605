"""`edge-agent`: what a box can do. Heavy parts are imported only by the command that needs them: the daemon never loads
the SOAP code, the SOAP code never the daemon."""

import argparse
import sys
from collections.abc import Sequence

from edge_agent.contract.text import here

DAEMON = {
    "daemon": ("chương trình biên (do systemd chạy)", "the agent itself (run by systemd)"),
    "status": ("tình trạng thiết bị biên, trong một màn hình", "how this box is, in a screenful"),
    "observe": ("xem điều chỉ root thấy được (do systemd chạy)", "see what only root can, for the agent (run by systemd)"),
    "run-command": (
        "làm điều máy chủ kết nối đã ký và cần root (do systemd chạy)",
        "do what the hub signed and needs root (run by systemd)",
    ),
    "doctor": ("tìm chỗ hỏng, từ nguồn điện đến máy chủ kết nối", "find where it breaks, from power to the hub"),
    "events": ("các sự kiện chưa được máy chủ kết nối xác nhận", "events that the hub has not acknowledged"),
}
"""Commands that the daemon's package parses and runs itself, and their help."""
RECORDER = {
    "recorder": ("chương trình ghi hình (do systemd chạy)", "the recorder itself (run by systemd)"),
    "recordings": ("hình đã ghi: liệt kê, xuất, khoảng trống, tình trạng", "footage: list, play out, gaps, status"),
}
"""The same, of the recorder's package."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 done with failures, 2 usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in DAEMON:
        return _daemon(arguments)
    if arguments and arguments[0] in RECORDER:
        return _recorder(arguments)
    options = parser(arguments[0] if arguments else "").parse_args(arguments)
    try:
        return int(options.run(options))
    except PermissionError as error:
        todo = here("chạy bằng quyền root (sudo)", "run it as root (sudo)")
        print(f"edge-agent: {error.filename}: {error.strerror}; {todo}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1


def parser(command: str = "") -> argparse.ArgumentParser:
    """The whole command line; only the named command's module is loaded, all of them for help."""
    top = argparse.ArgumentParser(
        prog="edge-agent",
        description=here(
            "Thiết bị biên của một cơ sở: thiết bị, thay đổi, kết nối.", "The box of a facility: its devices, its changes, its connection."
        ),
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    if command not in ("guard", "survey"):
        from edge_agent.devices import commands as devices

        devices.add(commands)
    if command not in ("device", "devices", "survey"):
        from edge_agent.guard import commands as guard

        guard.add(commands)
    if command not in ("device", "devices", "guard"):
        from edge_agent.survey import commands as survey

        survey.add(commands)
    for name, about in sorted((DAEMON | RECORDER).items()):
        commands.add_parser(name, help=here(*about), add_help=False)
    return top


def _daemon(arguments: list[str]) -> int:
    from edge_agent.daemon import main as run

    return int(run(arguments) or 0)


def _recorder(arguments: list[str]) -> int:
    command, *more = arguments
    if command == "recorder":
        from edge_agent.recorder import start

        return start.main(more)
    from edge_agent.recorder import commands

    return commands.main(more)


if __name__ == "__main__":
    sys.exit(main())
