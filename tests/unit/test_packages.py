"""The package repository: what names its content, without building it."""

import tarfile
from pathlib import Path

import pytest

from province.office import packages
from province.office.packages import PRODUCTS, Product


@pytest.fixture
def product(tmp_path: Path) -> Product:
    tree = tmp_path / "code"
    tree.mkdir()
    (tree / "a.py").write_text("one\n")
    return Product("p", "edge.lock", (tree,), {"p": "code.a:main"}, (), ("python3",))


def test_the_same_content_has_the_same_version_and_any_change_another(product: Product) -> None:
    before = product.version()
    assert product.version() == before
    (product.trees[0] / "a.py").write_text("two\n")
    changed = product.version()
    (product.trees[0] / "a.py").rename(product.trees[0] / "b.py")
    assert len({before, changed, product.version()}) == 3


def test_what_python_compiles_on_the_way_is_no_content(product: Product) -> None:
    before = product.version()
    cache = product.trees[0] / "__pycache__"
    cache.mkdir()
    (cache / "a.cpython-311.pyc").write_bytes(b"x")
    assert product.version() == before


def test_a_box_gets_nothing_of_the_office(tmp_path: Path) -> None:
    edge, hub = PRODUCTS
    assert [tree.name for tree in edge.trees] == ["edge_agent"]
    assert {tree.name for tree in hub.trees} == {"edge_agent", "province"}


def test_the_archive_ends_with_what_says_that_it_is_whole(tmp_path: Path) -> None:
    repository = tmp_path / "repo"
    repository.mkdir()
    for name in ("InRelease", "Packages", "a_1_amd64.deb", "z_1_amd64.deb", packages.VERSIONS_FILE):
        (repository / name).write_text(name)
    packages._pack(repository)
    with tarfile.open(packages.archive(repository)) as tar:
        names = [Path(member).name for member in tar.getnames()]
        folders = {Path(member).parent for member in tar.getnames()}
    assert names[-1] == "InRelease" and packages.VERSIONS_FILE not in names
    assert folders == {Path(packages.ARCHIVE_FOLDER) / packages.digest(repository)}


def test_no_repository_has_no_versions(tmp_path: Path) -> None:
    assert packages.versions(tmp_path) == {}
