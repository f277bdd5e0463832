"""The service models of botocore, kept: a client is made some five times faster with them."""

from typing import Any


def keep() -> None:
    """Let all sessions of this process read each service's model once, and not each session anew.

    Only the models: each session finds its own region, keys and settings. One that looks in a folder of its
    own reads there.
    """
    from botocore import loaders, session

    own = loaders.create_loader
    kept: Any = own()
    session.create_loader = lambda search_path_string=None: (
        own(search_path_string) if search_path_string else kept
    )


def keep_rules() -> None:
    """Let each service's endpoint rules be made into objects once, not for each client: it takes longest.

    They are made from the model alone, and nothing changes them.
    """
    from botocore import endpoint_provider

    make: Any = endpoint_provider.RuleSet
    made: dict[tuple[int, int], tuple[Any, Any, Any]] = {}

    def kept(*, partitions: Any, parameters: Any, **rest: Any) -> Any:
        key = id(partitions), id(parameters)  # of objects that are kept here, so nobody else has their ids
        if key not in made:
            made[key] = make(partitions=partitions, parameters=parameters, **rest), partitions, parameters
        return made[key][0]

    endpoint_provider.RuleSet = kept  # type: ignore[misc,assignment]
