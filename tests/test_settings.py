import re
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Rate, Settings, load_settings, variable

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_lists_exactly_the_settings_there_are():
    if not README.exists():
        pytest.skip("the README does not travel with the wheel's tests")
    listed = re.findall(r"^\| `(GATEPOST_[A-Z_]+)` \|", README.read_text("utf-8"), re.MULTILINE)

    assert listed == [variable(field.name) for field in fields(Settings)]


def test_no_variable_is_needed():
    settings = load_settings({})

    assert settings == Settings(data_dir=settings.data_dir)
    assert settings.data_dir.name == "gatepost"


def test_an_empty_variable_counts_as_unset():
    assert load_settings({"GATEPOST_PORT": " ", "GATEPOST_HOST": ""}) == load_settings({})


def test_the_public_url_follows_host_and_port():
    settings = load_settings({"GATEPOST_HOST": "0.0.0.0", "GATEPOST_PORT": "9000"})

    assert settings.public_url == "http://127.0.0.1:9000"


def test_an_ipv6_host_is_bracketed_in_the_public_url():
    assert load_settings({"GATEPOST_HOST": "::1"}).public_url == "http://[::1]:8000"


def test_a_public_url_loses_its_trailing_slash():
    assert load_settings({"GATEPOST_PUBLIC_URL": "https://c.example/"}).public_url == "https://c.example"


def test_a_relative_data_folder_becomes_absolute():
    assert load_settings({"GATEPOST_DATA_DIR": "here"}).data_dir == Path.cwd() / "here"


def test_networks_for_webhooks_are_addresses_and_networks():
    settings = load_settings({"GATEPOST_WEBHOOK_NETWORKS": "10.0.0.0/8,127.0.0.1"})

    assert settings.webhook_networks == (ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32"))


def test_proxies_are_addresses_and_networks():
    settings = load_settings({"GATEPOST_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})

    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("on", {"address": Rate(count=30, seconds=60), "site": Rate(count=600, seconds=60)}),
        ("off", {}),
        ("address=3/10", {"address": Rate(count=3, seconds=10), "site": Rate(count=600, seconds=60)}),
        (
            "address=3/10, site=9/9",
            {"address": Rate(count=3, seconds=10), "site": Rate(count=9, seconds=9)},
        ),
    ],
)
def test_rate_limits_are_on_off_or_counts_per_seconds(text, limits):
    assert load_settings({"GATEPOST_RATE_LIMITS": text}).rate_limits == limits


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEPOST_PORT", "0"),
        ("GATEPOST_PORT", "65536"),
        ("GATEPOST_PORT", "eighty"),
        ("GATEPOST_DATABASE_URL", "mysql://db"),
        ("GATEPOST_PUBLIC_URL", "comments.example.org"),
        ("GATEPOST_PUBLIC_URL", "https://c.example/?a=b"),
        ("GATEPOST_PUBLIC_URL", "https://c.example/comments"),
        ("GATEPOST_TRUSTED_PROXIES", "proxy"),
        ("GATEPOST_RATE_LIMITS", "address=10"),
        ("GATEPOST_RATE_LIMITS", "address=0/60"),
        ("GATEPOST_LOG_LEVEL", "loud"),
        ("GATEPOST_DATABASE_POOLING", "statement"),
        ("GATEPOST_WORKERS", "0"),
        ("GATEPOST_WORKERS", "65"),
        ("GATEPOST_WORKERS", "many"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_with_its_variable(name, value):
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


def test_a_password_is_neither_in_the_error_nor_in_the_representation():
    with pytest.raises(SettingsError) as caught:
        load_settings({"GATEPOST_DATABASE_URL": "postgre://u:hunter2@db/g"})
    settings = load_settings({"GATEPOST_DATABASE_URL": "postgresql://u:hunter2@db/g"})

    assert "hunter2" not in str(caught.value) + repr(settings)


@pytest.mark.parametrize("name", ["GATEPOST_OWNER_DATABASE_URL", "GATEPOST_READ_DATABASE_URL"])
def test_an_owner_or_a_replica_without_a_service_is_refused(name):
    with pytest.raises(SettingsError, match=name):
        load_settings({name: "postgresql://o@db/g"})
