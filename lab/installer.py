"""The project's installer, requirements/install.py: no package, as it runs before anything is installed."""

import importlib.util
from types import ModuleType

from lab.errors import LabError
from lab.folders import REQUIREMENTS


def installer() -> ModuleType:
    """The installer as a module; raises LabError outside a clone of the repository."""
    path = REQUIREMENTS / "install.py"
    spec = importlib.util.spec_from_file_location("lab_requirements_install", path)
    if not path.exists() or spec is None or spec.loader is None:
        raise LabError(
            f"{path} is missing. The lab runs from a clone of the course's repository: run make lab there."
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
