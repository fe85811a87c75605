"""The task `ketnoi_files`: what plugins/modules/ketnoi_files.py documents, in one round trip."""

from typing import Any

from province.rollout.action import BoxAction, digest, holds
from province.rollout.arguments import documented


class ActionModule(BoxAction):
    """Render, compare and place files; packages before units; units touched only where a file of theirs changed."""

    ARGUMENTS = documented("ketnoi_files")

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        files = [self.rendered(file) for file in args.get("files", ())]
        everything = [file["path"] for file in files]
        units = [{**unit, **{verb: everything for verb in ("restart", "reload") if unit.get(verb) is True}} for unit in args["units"]]
        document = {"files": files, "packages": args["packages"], "units": units}
        self.packages = args["packages"]
        found = digest({"files": files, "units": units})
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": found}
        if args["packages"]:
            document["apt_list"] = args["apt_list"]
        if args.get("part"):
            document["record"] = {"part": args["part"], "digest": found, "holds": holds(files, units)}
        return self.outcome(self.send(document))
