"""What the roles do about the units that our packages bring."""

import pytest
import yaml

from province.paths import data


@pytest.mark.parametrize(("package", "units"), [("ketnoi-edge", "edge_agent/units"), ("ketnoi-hub", "province/hub/units")])
def test_a_service_that_goes_on_running_is_restarted_with_the_package_that_brings_it(package: str, units: str) -> None:
    """Else it runs on with what is no more on the disk: a hub's migrations wait for a start of the collector."""
    services = {path.name for path in data(units).glob("*.service") if "Restart=always" in path.read_text()}
    tasks = [task for path in sorted(data("roles").glob("*/tasks/main.yml")) for task in yaml.safe_load(path.read_text())]
    named = [unit for task in tasks for unit in task.get("ketnoi_files", {}).get("units", ()) if isinstance(unit, dict)]
    assert services and services <= {unit["name"] for unit in named if f"package:{package}" in str(unit.get("restart"))}
