"""The decorators' first names. Today's platform keeps them as other names for those in bundle_loader."""

from ._registry import mark


def agentic_workflow(*, name=None, version=None, priority=100):
    return mark("class", name=name, version=version, priority=priority)


def agentic_workflow_factory(*, name=None, version=None, priority=100, singleton=None):
    return mark("factory", name=name, version=version, priority=priority, singleton=singleton)
