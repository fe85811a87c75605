"""A script in pyinfra's place, and an inventory whose machines it plays."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from province.bootstrap.steps import DEPLOYS
from province.model import Province, load
from province.office import enrolment

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "B" * 43
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "C" * 43
SECRET = "canary-factory-Passw0rd"

PYINFRA = """
import json, os, sys
from pathlib import Path
folder, deploy = Path(sys.argv[3]).parent, Path(sys.argv[4]).stem
password = sys.stdin.readline().rstrip()
document = json.loads((folder / "machines.json").read_text())
files = [file for file in folder.rglob("*") if file.is_file()]
seen = sys.argv + list(os.environ.values()) + [file.read_text() for file in files]
log, script = Path({log!r}), json.loads(Path({script!r}).read_text())
calls = json.loads(log.read_text()) if log.exists() else []
calls.append({{"deploy": deploy, "folder": str(folder), "password": password,
               "leaked": any(password in each for each in seen) if password else False,
               "document": document, "modes": sorted({{oct(file.stat().st_mode & 0o777) for file in [folder, *files]}})}})
log.write_text(json.dumps(calls))
for machine in document["machines"]:
    part = script.get(f"{{deploy}} {{machine['name']}}")
    if part is None:
        continue
    results = folder / machine["results"]
    results.mkdir(parents=True, exist_ok=True)
    for name, content in part["files"].items():
        (results / name).write_text(content)
    for step in part["steps"]:
        print(f"{{machine['name']}}: {{step}}: {{part['changed']}} changed", flush=True)
    for line in part["messages"]:
        print(f"    [{{machine['name']}}] {{line}}", file=sys.stderr)
print(script.get("last line", ""), file=sys.stderr)
"""
"""What pyinfra does, as far as the office sees it: calls go into `log`, what each deploy does to each machine comes from `script`."""


@dataclass
class Machines:
    """The machines that the script plays; one with no part in it is one of which pyinfra says nothing."""

    folder: Path
    script: dict[str, Any] = field(default_factory=dict)

    def plays(self, deploy: str, name: str, *messages: str, until: str | None = None, changed: int = 1, **files: str) -> None:
        steps = [step for step in DEPLOYS[deploy] if step != "lifeline" or name != "hub"]
        steps = steps[: steps.index(until)] if until else steps
        noise = ("Connected", "Success", "No changes")
        self.script[f"{deploy} {name}"] = {
            "steps": steps,
            "messages": [*noise, *messages],
            "changed": changed,
            "files": {file.replace("_json", ".json").replace("_csr", ".csr"): content for file, content in files.items()},
        }
        self.write()

    def write(self) -> None:
        (self.folder / "script.json").write_text(json.dumps(self.script))

    def finishes(self, name: str, common_names: dict[str, str], changed: int = 1) -> None:
        """Both deploys, to their ends."""
        requests = {file: request(common_name) for file, common_name in common_names.items()}
        facts = {
            "machine_id": "0" * 32,
            "host_key": HOST_KEY,
            "wireguard_public_key": "A" * 43 + "=",
            "lifeline_key": HOST_KEY,
            "certificates": {file: {"public_key": key, "certificate": None} for file, (key, _) in requests.items()},
        }
        csrs = {f"{file}_csr": csr for file, (_, csr) in requests.items()}
        hardware = json.dumps({"macs": ["02:4b:00:01:00:01"], "serial": None, "wrong": []})
        self.plays("claim", name, changed=changed, hardware_json=hardware, facts_json=json.dumps(facts), **csrs)
        self.plays("enrol", name, changed=changed, enrolled_json="{}")

    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = json.loads((self.folder / "calls.json").read_text())
        return calls


def request(common_name: str) -> tuple[str, str]:
    """(public key, request by it), PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode(), csr.public_bytes(serialization.Encoding.PEM).decode()


def whole(inventory: Path) -> Province:
    province, faults = load(inventory)
    assert province is not None and not faults
    return province


def enrolled_hub(inventory: Path) -> None:
    enrolment.save(inventory, "hub", {"code": "hub", "host_key": HOST_KEY, "lifeline_host_key": HOST_KEY})
