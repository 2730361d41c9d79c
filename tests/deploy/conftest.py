"""One deployment for all tests that need no other, and a caller of it."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.deploy.deployed import Deployment, gridwhistle, standing


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Run the deployment with the demo county."""
    secrets = tmp_path_factory.mktemp("deployment") / "secrets"
    gridwhistle("secrets", "init", "--folder", secrets)
    with standing(Deployment("gridwhistle-test", secrets)) as deployment:
        deployment.settle()
        yield deployment


@pytest.fixture
def client(deployment: Deployment) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=deployment.base_url, timeout=30, headers={"Accept-Language": "en"}) as client:
        yield client
