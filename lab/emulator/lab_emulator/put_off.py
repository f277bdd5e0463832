"""What LocalStack loads at its start and the lab never needs, or not yet. Each of it takes part of a start.

Never: Docker, LocalStack's own pages and their models, TLS on the lab's address, a name server. Later: the
AWS Common Runtime, which S3's newer checksums need; dnspython; moto; what finds a bucket in a presigned
address or a host.
"""

import importlib
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

HIDDEN: Final = ("docker", "pydantic", "OpenSSL", "awscrt")
"""Libraries that LocalStack, botocore and Twisted use if they are there. To later imports they are there."""
NEVER: Final = (
    "localstack.dns.plugins",
    "localstack.http.resources.swagger.plugins",
    "localstack.plugins",
    "localstack.services.cloudformation.plugins",
    "localstack.services.lambda_.plugins",
)
"""Parts of LocalStack that are looked for at a start: a name server, pages and their
description, certificates, warnings of old settings, and what its own Lambda needs."""
NAMES: Final = ("dns.message", "dns.query", "dns.resolver")
CHECKSUMS: Final = "awscrt.checksums"
S3_UTILS: Final = "localstack.services.s3.utils"


class Later(ModuleType):
    """A module that is loaded when something of it is asked for."""

    _loading = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with self._loading:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def hidden() -> Iterator[None]:
    """Nothing that is loaded in this block finds the libraries that are HIDDEN."""
    sys.modules.update(dict.fromkeys((*HIDDEN, *NEVER)))  # None: it can't be imported
    try:
        yield
    finally:
        for name in HIDDEN:
            del sys.modules[name]


def handlers() -> None:
    """Handlers of LocalStack's gateway that load much, and mostly for nothing."""
    import localstack.utils.docker_utils
    import rolo.routing.handler  # noqa: F401

    from lab_emulator import no_schemas, no_tls, s3_requests

    sys.modules["localstack.utils.ssl"] = no_tls
    sys.modules["localstack.aws.handlers.validation"] = no_schemas
    sys.modules["localstack.aws.handlers.presigned_url"] = s3_requests
    sys.modules[S3_UTILS] = s3_requests
    import localstack.aws.protocol.service_router  # noqa: F401 - asks for one function

    del sys.modules[S3_UTILS]


def names() -> None:
    """dnspython, which LocalStack asks for names of the world outside."""
    for name in NAMES:
        package, _, last = name.partition(".")
        later = Later(name)
        sys.modules[name] = later
        setattr(importlib.import_module(package), last, later)


def checksums() -> None:
    """CRC32C and CRC64NVME in C, by which LocalStack's S3 checks objects."""
    import botocore.httpchecksum

    botocore.httpchecksum.crt_checksums = Later(CHECKSUMS)


def moto() -> None:
    """LocalStack's changes to moto, made when moto is loaded, instead of a moto loaded for them."""
    from localstack.aws import patches

    def changed() -> None:
        patches.patch_moto_iam_config()
        patches.patch_moto_instance_tracker_meta()

    patches.find_spec = lambda _name: None  # its own hook finds no moto
    sys.meta_path.insert(0, OnLoad("moto", changed))


class OnLoad(MetaPathFinder):
    """Finds one module as it would be found, and calls THEN once it is loaded."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name, self._then = name, then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = Then(spec.loader, self._then)
        return spec


class Then(Loader):
    """A loader that calls THEN after the module was loaded."""

    def __init__(self, loader: Loader, then: Callable[[], None]) -> None:
        self._loader, self._then = loader, then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._then()
