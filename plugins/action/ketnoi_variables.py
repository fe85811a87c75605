"""The task `ketnoi_variables`: refuse a role's variable that is wrong before any role begins."""

from pathlib import Path
from typing import TypedDict

from province.model.rules.role_variables import unfit
from province.rollout.action import BoxAction
from province.rollout.arguments import documented
from province.rollout.box_task import ActionResult
from province.standard.load import load
from province.standard.settings import Thresholds, of
from province.text import Text

AS_JSON = '-e \'{"cameras_encoder": {"fps": 25}}\''
HINT = Text(
    f"sửa giá trị này trong group_vars, host_vars hay `-e`; ánh xạ và danh sách viết dạng JSON: {AS_JSON}",
    f"mend it in group_vars, host_vars or `-e`; mappings and lists as JSON: {AS_JSON}",
)


class VariablesArgs(TypedDict):
    standard: Thresholds


class ActionModule(BoxAction[VariablesArgs]):
    """Look at what was chosen for this host; connects to nothing."""

    ARGUMENTS = documented("ketnoi_variables")

    def act(self, args: VariablesArgs) -> ActionResult:
        inventory = Path(str(self.variable("ketnoi_inventory")))
        found = unfit(self.task_vars, of(args["standard"]), load(inventory))
        if not found:
            return {"changed": False}
        reason = Text(*("; ".join(f"{'.'.join(map(str, key))}: {why.pick(lang)}" for key, why in found) for lang in ("vi", "en")))
        return {
            "changed": False,
            "failed": True,
            "msg": f"{reason.vi}: {HINT.vi} / {reason.en}: {HINT.en}",
            "reason": reason.as_dict(),
            "hint": HINT.as_dict(),
        }
