from __future__ import annotations

import stat
from dataclasses import fields
from pathlib import Path

import pytest

from laneway.settings import Settings, SettingsError, read_settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"


def test_no_setting_at_all_starts_the_product(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"PATH": "/bin"})
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'laneway.db'}"
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert not settings.demo


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    environment = {"LANEWAY_DATA": str(tmp_path)}
    first, second = read_settings(environment), read_settings(environment)
    assert len(first.secret_key) >= 40
    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_values_are_read_by_their_kind(tmp_path):
    settings = read_settings(
        {
            "LANEWAY_DATA": str(tmp_path),
            "LANEWAY_PORT": "9000",
            "LANEWAY_DEMO": "yes",
            "LANEWAY_SESSION_HOURS": "0.5",
            "LANEWAY_DATABASE_URL": "postgresql://localhost/laneway",
            "LANEWAY_SKIP_FRONTEND": "1",
        }
    )
    assert (settings.port, settings.demo, settings.session_hours) == (9000, True, 0.5)
    assert settings.database_url == "postgresql://localhost/laneway"


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("LANEWAY_PROT", "80", "LANEWAY_PORT?"),
        ("LANEWAY_DATABASEURL", "x", "LANEWAY_DATABASE_URL?"),
        ("LANEWAY_PORT", "many", "number"),
        ("LANEWAY_PORT", "70000", "65535"),
        ("LANEWAY_DEMO", "perhaps", "1 or 0"),
        ("LANEWAY_WORKER_THREADS", "0", "more than 0"),
        ("LANEWAY_LOG_LEVEL", "LOUD", "WARNING"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_hint(tmp_path, name, value, hint):
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings({"LANEWAY_DATA": str(tmp_path), name: value})
    assert hint in str(caught.value)


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_documented(field):
    assert f"\n| `{field.name}` |" in PAGE.read_text("utf-8")


def test_no_other_setting_is_documented():
    documented = {
        line.split("`")[1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")
    }
    assert documented == {field.name for field in fields(Settings)}
