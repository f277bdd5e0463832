"""The project's installer, requirements/installer: in no environment, as it runs before there is one."""

import importlib.util
import sys
from types import ModuleType

from lab.aws.folders import REQUIREMENTS
from lab.errors import LabError

NAME = "lab_requirements_installer"


def installer() -> ModuleType:
    """The installer as a module; raises LabError outside a clone of the repository."""
    path = REQUIREMENTS / "installer" / "__init__.py"
    if not path.exists():
        raise LabError(
            f"{path} is missing. The lab runs from a clone of the course's repository: run make lab there."
        )
    if NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            NAME, path, submodule_search_locations=[str(path.parent)]
        )
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[NAME]
