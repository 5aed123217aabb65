"""The decorators' names of today. A platform of the first generation does not have this module (KDCUBE_STAND_IN_ERA)."""

import os

from ._registry import mark, surface

if os.environ.get("KDCUBE_STAND_IN_ERA", "head") != "head":
    raise ModuleNotFoundError(f"No module named {__name__!r}", name=__name__)


def bundle_entrypoint(*, name=None, version=None, priority=100, allowed_roles=None, allowed_roles_config=None):
    return mark("class", name=name, version=version, priority=priority)


def bundle_entrypoint_factory(
    *, name=None, version=None, priority=100, singleton=None, allowed_roles=None, allowed_roles_config=None
):
    return mark("factory", name=name, version=version, priority=priority, singleton=singleton)


def bundle_id(value):
    if not isinstance(value, str) or not value:
        raise TypeError("bundle_id needs a non-empty string")

    def decorate(target):
        target.__stand_in_bundle_id__ = value
        return target

    return decorate


api = surface("api")
mcp = surface("mcp")
ui_widget = surface("ui_widget")
ui_main = surface("ui_main")
on_reactive_event = surface("on_reactive_event")
on_job = surface("on_job")
cron = surface("cron")
data_bus_handler = surface("data_bus_handler")
authority_provider = surface("authority_provider")
public_content = surface("public_content")
venv = surface("venv")
