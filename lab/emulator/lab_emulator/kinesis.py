"""Kinesis for all accounts from one kinesis-mock process, where LocalStack starts one for each account."""

import os
from pathlib import Path

from localstack import config
from localstack.aws.forwarder import HttpFallbackDispatcher
from localstack.services.kinesis.kinesis_mock_server import (
    KinesisMockNodeServer,
    KinesisMockServer,
    KinesisServerManager,
)
from localstack.services.kinesis.provider import KinesisProvider
from localstack.services.plugins import Service, aws_provider
from localstack.utils.common import get_free_tcp_port

ALL_ACCOUNTS = "000000000000"
BACKEND_RULES = Path(__file__).with_name("backend_rules.cjs")


class LoopbackBackend(KinesisMockNodeServer):
    """kinesis-mock on 127.0.0.1 only; by itself it listens on every interface."""

    def _create_shell_command(self) -> tuple[list[str], dict[str, object]]:
        command = ["node", "--require", str(BACKEND_RULES), str(self._exe_path)]
        return command, self._environment_variables


class SharedBackend(KinesisServerManager):
    """One backend process, whichever account asks: kinesis-mock reads the account from the access key."""

    def get_server_for_account(self, account_id: str) -> KinesisMockServer:
        return super().get_server_for_account(ALL_ACCOUNTS)

    def _create_kinesis_mock_server(self, account_id: str) -> KinesisMockServer:
        return LoopbackBackend(
            port=get_free_tcp_port(),
            host="127.0.0.1",
            exe_path=Path(os.environ["LAB_KINESIS_MOCK"]),
            log_level="INFO",
            latency=f"{config.KINESIS_LATENCY}ms",
            account_id=account_id,
        )


BACKEND = SharedBackend()


class LabKinesisProvider(KinesisProvider):
    """LocalStack's provider with the shared backend."""

    def __init__(self) -> None:
        super().__init__()
        self.server_manager = BACKEND


@aws_provider(api="kinesis", name="lab")
def lab() -> Service:
    provider = LabKinesisProvider()
    return Service.for_provider(
        provider, dispatch_table_factory=lambda p: HttpFallbackDispatcher(p, p.get_forward_url)
    )
