"""What the lab's own start puts off, it takes up again."""

import subprocess

from lab.aws.folders import EMULATOR_PYTHON

STARTS = """
import gc
import lab_emulator.main
put_off = not gc.isenabled()
import localstack.services.plugins as plugins
from lab_emulator import life
class Failing:
    def require(self, service):
        raise OSError(service)
plugins.SERVICE_PLUGINS = Failing()
try:
    life._load_kinesis()
except OSError as error:
    print(put_off, gc.isenabled(), error)
"""


def test_garbage_is_collected_again_even_when_kinesis_can_not_be_loaded() -> None:
    done = subprocess.run(
        [str(EMULATOR_PYTHON), "-c", STARTS], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["True", "True", "kinesis"]
