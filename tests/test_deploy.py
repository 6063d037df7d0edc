"""The files for containers and clusters: well formed, closed, and in step with the settings they set."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from hypnic.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yml"))
KNOWN = set(re.findall(r'"((?:HYPNIC_[A-Z]+(?:_[A-Z]+)*)|PORT)"', inspect.getsource(sys.modules[Settings.__module__]))) | {
    "SANIC_PROXIES_COUNT"
}


def manifests(kind: str) -> list[dict[str, Any]]:
    """All resources of a kind."""
    found = [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text()) if one["kind"] == kind]
    assert found
    return found


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    return loaded


def test_yamllint() -> None:
    """The kept linter finds nothing."""
    command = [sys.executable, "-m", "yamllint", "-s", "-c", str(DEPLOY / ".yamllint.yml"), str(DEPLOY)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert 0 == done.returncode, done.stdout


def test_every_container_is_closed() -> None:
    """Not root, nothing to gain, nothing to write but its own folders; no token of the cluster."""
    pods = [one["spec"]["template"]["spec"] for kind in ("StatefulSet", "Deployment") for one in manifests(kind)]
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            closed = container["securityContext"]
            assert closed["readOnlyRootFilesystem"] is True and closed["allowPrivilegeEscalation"] is False
            assert ["ALL"] == closed["capabilities"]["drop"]
            assert container["resources"]["limits"]["memory"]
    for name, service in compose()["services"].items():
        assert "no-new-privileges:true" in service["security_opt"]
        assert name == "database" or (service["read_only"] and ["ALL"] == service["cap_drop"])


def test_the_image_is_not_root() -> None:
    """The last USER is a number other than 0, and no secret is built in."""
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert users[-1] == "10001:10001"
    assert not [line for line in lines if re.search(r"(?i)password|secret|token", line)]


def test_only_the_proxy_is_reachable() -> None:
    """In compose one port, on loopback; in a cluster everything is closed first."""
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert {"proxy": ["127.0.0.1:8080:8080"]} == published
    assert compose()["networks"]["inside"]["internal"] is True
    closed = next(policy for policy in manifests("NetworkPolicy") if policy["metadata"]["name"] == "hypnic-closed")
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} == closed["spec"]


def test_the_settings_exist() -> None:
    """Every variable that is set is one that Hypnic reads, and the password comes from outside."""
    services = compose()["services"]
    given = {name for part in ("chat-1", "chat-2", "actions-1", "actions-2") for name in services[part]["environment"]}
    for container in manifests("StatefulSet")[0]["spec"]["template"]["spec"]["containers"]:
        given |= {entry["name"] for entry in container["env"]}
    assert given and set() == given - KNOWN
    assert "${HYPNIC_DB_PASSWORD:?" in services["chat-1"]["environment"]["HYPNIC_DATABASE"]


def test_every_pod_has_its_service() -> None:
    """The proxy knows each chat server by an address of its own."""
    pods = manifests("StatefulSet")[0]["spec"]["replicas"]
    names = {f"hypnic-chat-{number}" for number in range(pods)}
    assert names <= {service["metadata"]["name"] for service in manifests("Service")}
    proxy = next(one for one in manifests("Deployment"))["spec"]["template"]["spec"]["containers"][0]
    servers = next(entry["value"] for entry in proxy["env"] if entry["name"] == "CHAT_SERVERS")
    assert names == set(re.findall(r"server (\S+):5005 fail_timeout=2s;", servers))


@pytest.mark.skipif(not shutil.which("kubectl"), reason="this system has no kubectl")
def test_kustomize_builds() -> None:
    """The manifests come together, with the proxy's configuration in them."""
    done = subprocess.run(["kubectl", "kustomize", str(DEPLOY)], capture_output=True, text=True, timeout=60)
    assert 0 == done.returncode, done.stderr
    assert "hash $conversation consistent" in done.stdout


@pytest.mark.skipif(not shutil.which("hadolint"), reason="this system has no hadolint")
def test_hadolint() -> None:
    """The kept linter finds nothing in the image's file."""
    done = subprocess.run(["hadolint", str(DEPLOY / "Containerfile")], capture_output=True, text=True)
    assert 0 == done.returncode, done.stdout
