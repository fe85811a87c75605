"""The task `ketnoi_peers_current`: refuse to go on while the hub doesn't know the machines that this inventory knows."""

from typing import TypedDict

from province.rollout.action import BoxAction
from province.rollout.arguments import documented
from province.rollout.box_task import ActionResult
from province.text import Text

PATH = "/etc/ketnoi/peers.digest"
STALE = Text(
    "danh sách thiết bị biên trên máy chủ kết nối chưa khớp với danh mục này",
    "the hub doesn't know the machines that this inventory knows",
)
HINT = Text(
    "chạy `ketnoi rollout` (lệnh này tự cập nhật máy chủ kết nối trước), hoặc: ansible-playbook playbooks/hub.yml --tags peers",
    "run `ketnoi rollout` (it updates the hub first), or: ansible-playbook playbooks/hub.yml --tags peers",
)


class PeersArgs(TypedDict):
    digest: str


class ActionModule(BoxAction[PeersArgs]):
    """Read one file on the hub; connects even in check mode, changes nothing."""

    ARGUMENTS = documented("ketnoi_peers_current")

    def act(self, args: PeersArgs) -> ActionResult:
        if self.planning:
            return {"changed": False}
        _, known, _ = self.execute(f"cat {PATH}", become=False)
        if known.split()[:1] == [args["digest"]]:
            return {"changed": False}
        return {
            "changed": False,
            "failed": True,
            "msg": f"{STALE.vi}: {HINT.vi} / {STALE.en}: {HINT.en}",
            "reason": STALE.as_dict(),
            "hint": HINT.as_dict(),
        }
