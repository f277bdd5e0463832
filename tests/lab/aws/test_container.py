"""The local AWS as the one process of a container: its settings, and what it needs."""

from pathlib import Path

import pytest

from lab.aws.container import container_environment, main
from lab.aws.runtime import SETTINGS
from lab.errors import LabError


def test_it_is_set_as_lab_up_sets_it_but_for_the_address(tmp_path: Path) -> None:
    base = {"LAB_SECRET": "secret", "LAB_QUOTAS": "off", "AWS_PROFILE": "mine", "HTTPS_PROXY": "http://proxy"}
    made = container_environment(base, tmp_path)
    assert made.items() >= SETTINGS.items()
    assert (made["LAB_SECRET"], made["LAB_QUOTAS"]) == ("secret", "off")
    assert (made["GATEWAY_LISTEN"], made["LOCALSTACK_HOST"]) == ("0.0.0.0:4566", "127.0.0.1:4566")
    assert not {"AWS_PROFILE", "HTTPS_PROXY"} & made.keys()
    written = [made[name] for name in ("HOME", "TMPDIR", "FILESYSTEM_ROOT", "XDG_CACHE_HOME")]
    assert all(Path(path).is_relative_to(tmp_path) for path in written), "the image can't be written"


@pytest.mark.parametrize(
    ("base", "told"), [({}, "LAB_SECRET"), ({"LAB_SECRET": "s", "LAB_QUOTAS": "some"}, "LAB_QUOTAS=some")]
)
def test_what_it_can_not_be_set_to_is_told(base: dict[str, str], told: str, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=told):
        container_environment(base, tmp_path)


def test_without_a_secret_it_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("LAB_SECRET", raising=False)
    monkeypatch.setenv("LAB_STATE", str(tmp_path))
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("LAB_SECRET is not set")
