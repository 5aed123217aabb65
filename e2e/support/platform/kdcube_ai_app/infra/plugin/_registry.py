"""What both generations of decorators leave on an object, for the loader to find."""

ATTRIBUTE = "__stand_in_entrypoint__"


def mark(kind, **options):
    """A decorator that notes the kind ("class" or "factory") and its options, and returns the object unchanged."""

    def decorate(target):
        setattr(target, ATTRIBUTE, {"kind": kind, **options})
        return target

    return decorate


def surface(name):
    """A decorator for a method or class, usable bare and with options; it adds the surface's name."""

    def decorator(*args, **options):
        def decorate(target):
            target.__stand_in_surfaces__ = [*getattr(target, "__stand_in_surfaces__", []), name]
            return target

        if len(args) == 1 and callable(args[0]) and not options:
            return decorate(args[0])
        return decorate

    return decorator
