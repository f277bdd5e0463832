"""Kinesis for all accounts from one kinesis-mock process, where LocalStack starts one for each account."""

import os
import tempfile
from pathlib import Path

from localstack import config
from localstack.aws.skeleton import create_dispatch_table
from localstack.services.kinesis.kinesis_mock_server import (
    KinesisMockNodeServer,
    KinesisMockServer,
    KinesisServerManager,
)
from localstack.services.kinesis.provider import KinesisProvider
from localstack.services.plugins import Service, aws_provider

from lab_emulator.kinesis.operations import Operations, metered

ALL_ACCOUNTS = "000000000000"
BACKEND_RULES = Path(__file__).parent / "backend" / "backend_rules.cjs"


class LoopbackBackend(KinesisMockNodeServer):
    """kinesis-mock on 127.0.0.1 only, on a port that the kernel chooses and backend_rules.cjs notes down.

    A port that is looked for here could be somebody else's by the time kinesis-mock listens.
    """

    port_file = Path(tempfile.gettempdir()) / "kinesis-mock.port"

    @property
    def port(self) -> int:
        """0 until it listens."""
        try:
            return int(self.port_file.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    @property
    def _environment_variables(self) -> dict[str, object]:
        # The numbers only tell backend_rules.cjs which of the two servers is which.
        ports = {"KINESIS_MOCK_PLAIN_PORT": 1, "KINESIS_MOCK_TLS_PORT": 2}
        return super()._environment_variables | ports | {"LAB_PORT_FILE": str(self.port_file)}

    def _create_shell_command(self) -> tuple[list[str], dict[str, object]]:
        command = ["node", "--require", str(BACKEND_RULES), str(self._exe_path)]
        return command, self._environment_variables


class SharedBackend(KinesisServerManager):
    """One backend process, whichever account asks: kinesis-mock reads the account from the access key."""

    def get_server_for_account(self, account_id: str) -> KinesisMockServer:
        return super().get_server_for_account(ALL_ACCOUNTS)

    def _create_kinesis_mock_server(self, account_id: str) -> KinesisMockServer:
        LoopbackBackend.port_file.unlink(missing_ok=True)
        return LoopbackBackend(
            port=0,
            host="127.0.0.1",
            exe_path=Path(os.environ["LAB_KINESIS_MOCK"]),
            log_level="INFO",
            latency=f"{config.KINESIS_LATENCY}ms",
            account_id=account_id,
        )


BACKEND = SharedBackend()


class LabKinesisProvider(KinesisProvider):
    """LocalStack's provider with the shared backend; it keeps the resource policies."""

    def __init__(self) -> None:
        super().__init__()
        self.server_manager = BACKEND

    def backend_url(self) -> str:
        """Where kinesis-mock listens; waits for its start."""
        return self.get_forward_url(ALL_ACCOUNTS, "")


@aws_provider(api="kinesis", name="lab")
def lab() -> Service:
    provider = LabKinesisProvider()
    operations = Operations(provider.backend_url)
    policies = {name: metered(call) for name, call in create_dispatch_table(provider).items()}
    return Service.for_provider(
        provider, dispatch_table_factory=lambda _provider: policies | operations.table()
    )
