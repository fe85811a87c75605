"""The task `ketnoi_files`: what plugins/modules/ketnoi_files.py documents, in one round trip."""

from typing import Literal, NotRequired, TypedDict

from province.rollout.action import BoxAction, digest, holds
from province.rollout.arguments import documented
from province.rollout.box_task import ActionResult, BoxDocument, BoxUnit, TaskFile, TaskUnit


class FilesArgs(TypedDict):
    part: NotRequired[str]
    files: NotRequired[list[TaskFile]]
    packages: dict[str, str]
    apt_list: NotRequired[str]
    units: list[TaskUnit]


class ActionModule(BoxAction[FilesArgs]):
    """Render, compare and place files; packages before units; units touched only where a file of theirs changed."""

    ARGUMENTS = documented("ketnoi_files")

    def act(self, args: FilesArgs) -> ActionResult:
        files = [self.rendered(file) for file in args.get("files", ())]
        everything = [file["path"] for file in files]
        units = [_unit(unit, everything) for unit in args["units"]]
        document: BoxDocument = {"files": files, "packages": args["packages"], "units": units}
        self.packages = args["packages"]
        found = digest({"files": files, "units": units})
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": found}
        if args["packages"]:
            document["apt_list"] = args["apt_list"]
        if part := args.get("part"):
            document["record"] = {"part": part, "digest": found, "holds": holds(files, units)}
        return self.outcome(self.send(document))


def _unit(unit: TaskUnit, everything: list[str]) -> BoxUnit:
    """For the box: `true` stands for all the files of the task."""
    made: BoxUnit = {"name": unit["name"]}
    for flag in _FLAGS:
        if flag in unit:
            made[flag] = unit[flag]
    for verb in _VERBS:
        if verb in unit:
            called = unit[verb]
            made[verb] = called if isinstance(called, list) else everything if called else []
    if "check" in unit:
        made["check"] = unit["check"]
    return made


_FLAGS: tuple[Literal["enabled", "started"], ...] = ("enabled", "started")
_VERBS: tuple[Literal["restart", "reload"], ...] = ("restart", "reload")
