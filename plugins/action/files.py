"""The task `files`: what plugins/modules/files.py documents, in one round trip."""

from typing import Any

from province.rollout.action import BoxAction, digest, holds


class ActionModule(BoxAction):
    """Render, compare and place files; packages before units; units touched only where a file of theirs changed."""

    _VALID_ARGS = frozenset(("files", "packages", "apt_list", "units", "part"))

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        files = [self.rendered(file) for file in args.get("files", ())]
        everything = [file["path"] for file in files]
        units = [
            {**unit, **{verb: everything for verb in ("restart", "reload") if unit.get(verb) is True}} for unit in args.get("units", ())
        ]
        document = {"files": files, "packages": args.get("packages") or {}, "units": units}
        found = digest(document)
        if self.planning:
            return {"changed": False, "part": args.get("part"), "digest": found}
        if args.get("packages"):
            document["apt_list"] = args["apt_list"]
        if args.get("part"):
            document["record"] = {"part": args["part"], "digest": found, "holds": holds(files, units)}
        return self.outcome(self.send(document))
