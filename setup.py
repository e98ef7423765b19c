"""What pyproject.toml cannot say: the workflow travels inside the package, so that the command finds it anywhere."""

from setuptools import find_packages, setup

PARTS = [f"closerlook._project.{part}" for part in ("workflow", "config", "profiles", "envs")]

setup(
    packages=[*find_packages(include=["closerlook*"]), *PARTS],
    package_dir={part: part.rpartition(".")[2] for part in PARTS},
    package_data={
        "closerlook.report": ["*.html", "*.css", "js/*.js"],
        "closerlook.analysis.published": ["*.csv"],
        **dict.fromkeys(PARTS, ["**/*"]),
    },
    exclude_package_data={"": ["*.pyc", "**/*.pyc"]},
)
