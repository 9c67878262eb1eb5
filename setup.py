"""Puts the migrations inside the wheel; all else is in pyproject.toml."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["pswallet", "pswallet.*"]),
        "pswallet.migrations",
        "pswallet.migrations.versions",
    ],
    package_dir={"pswallet.migrations": "migrations"},
)
