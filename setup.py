"""What pyproject.toml cannot say: the workflow travels inside the package, so that the command finds it anywhere."""

from pathlib import Path

from setuptools import find_packages, setup

TOPS = [Path(top) for top in ("workflow", "config", "profiles", "envs")]
FOLDERS = [folder for top in TOPS for folder in (top, *top.rglob("*")) if folder.is_dir()]
PROJECT = {  # setuptools wants each folder by name
    f"closerlook._project.{'.'.join(folder.parts)}": str(folder) for folder in FOLDERS if folder.name != "__pycache__"
}

setup(
    packages=[*find_packages(include=["closerlook*"]), "closerlook.report.js", *PROJECT],
    package_dir=PROJECT,
    package_data={
        "closerlook": ["py.typed", "*.pyi"],
        "closerlook.report": ["*.html", "*.css"],
        "closerlook.report.js": ["*.js"],
        "closerlook.analysis.published": ["*.csv"],
        **dict.fromkeys(PROJECT, ["*"]),
    },
    exclude_package_data={"": ["*.pyc", "**/*.pyc"]},
)
