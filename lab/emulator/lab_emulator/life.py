"""What one running lab does for itself: start Kinesis early, say who it is, end with its owner."""

import gc
import json
import logging
import os
import sys
import threading
import time

import psutil
from localstack.http import Request, Response
from localstack.runtime import hooks

LOG = logging.getLogger(__name__)
CHECK_SECONDS = 1.0
UPKEEP_ROUNDS = 10
"""Once in so many rounds memory is freed that nobody needs any more."""
LOG_MAX_BYTES = 64 * 2**20


@hooks.on_infra_start(priority=50)
def start_kinesis() -> None:
    """Begin to load Kinesis now, so that the learner's first call does not wait for it."""
    threading.Thread(target=_load_kinesis, name="lab-kinesis", daemon=True).start()


def _load_kinesis() -> None:
    from localstack.services.plugins import SERVICE_PLUGINS

    try:
        SERVICE_PLUGINS.require("kinesis")
    finally:
        # `lab_emulator.main` has put garbage collection off. What is loaded by now stays, and is never looked
        # at again.
        gc.freeze()
        gc.enable()


@hooks.on_infra_start()
def answer_who_this_is() -> None:
    """GET /_lab/instance -> {"instance": the token of this start, "localstack": its version}."""
    from localstack.constants import VERSION
    from localstack.services.edge import ROUTER

    answer = json.dumps({"instance": os.environ.get("LAB_TOKEN", ""), "localstack": VERSION})

    def instance(_request: Request) -> Response:
        return Response(answer, mimetype="application/json")

    ROUTER.add("/_lab/instance", instance, methods=["GET"])


@hooks.on_infra_start()
def take_care() -> None:
    threading.Thread(target=_take_care, name="lab-care", daemon=True).start()


def _take_care() -> None:
    owner, rounds = _owner(), 0
    while True:
        time.sleep(CHECK_SECONDS)
        rounds += 1
        _keep_log_small()
        if rounds % UPKEEP_ROUNDS == 0:
            _free_memory()
        if owner is not None and not owner.is_running():
            LOG.warning("The process that owns this lab is gone; the lab ends too.")
            os._exit(0)


def _free_memory() -> None:
    from lab_emulator.upkeep import free_memory

    try:
        free_memory()
    except Exception:  # such as a full disk: the next round tries again
        LOG.exception("memory that nobody needs any more was not freed")


def _owner() -> psutil.Process | None:
    """The process named by LAB_OWNER, "" for a lab that stays until it is told to stop."""
    pid, _, created = os.environ.get("LAB_OWNER", "").partition(":")
    if not pid:
        return None
    try:
        owner = psutil.Process(int(pid))
    except psutil.NoSuchProcess:
        os._exit(1)
    if abs(owner.create_time() - float(created)) > 1:
        os._exit(1)
    return owner


def _keep_log_small() -> None:
    """Start the log again from nothing when it is too large; it is opened for appending."""
    try:
        if os.fstat(sys.stdout.fileno()).st_size > LOG_MAX_BYTES:
            os.ftruncate(sys.stdout.fileno(), 0)
    except OSError:
        pass  # not a file: somebody runs LocalStack by hand, in a terminal or a container
