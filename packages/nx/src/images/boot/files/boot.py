"""Imports bundles inside of their image as the platform does, and reports each of them. Python 3.8 or later, standard library only.

It runs with `python -c` in the image. Its request is one line on stdin, a JSON object: {"nonce", "root", "timeout", "entries": [{"id", "module"}]}.
stdin stays open: when it is closed, the caller is gone, and the process ends. So no container is left, even if the caller was killed.
Each event is one line on stderr: the nonce, a space and a JSON object, short enough for one atomic write. Bundles print to the same stderr;
the nonce, which is only on stdin, distinguishes events from their output.

All bundles are imported in one process, one after another, as in the platform. When a bundle ends the process, the caller starts another one for the rest.
"""

import faulthandler
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import json
import os
import platform
import sys
import threading
import time
import types

LOADERS = ("kdcube_ai_app.infra.plugin.bundle_loader", "kdcube_ai_app.infra.plugin.agentic_loader")
ENTRYPOINTS = {
    "agentic_workflow": "class",
    "bundle_entrypoint": "class",
    "agentic_workflow_factory": "factory",
    "bundle_entrypoint_factory": "factory",
}
SURFACES = (
    "api authority_provider cron data_bus_handler mcp on_job on_reactive_event process_offline_events public_content"
    " public_content_search ui_main ui_widget venv"
).split()
# An atomic write to a pipe: no other writer's bytes come in between.
MAX_WRITE = 4000


class NoEntrypoint(Exception):
    """The module imports, but the platform finds no entrypoint in it."""


class AnotherFile(Exception):
    """The loader returned a module of another bundle."""


class Reporter:
    def __init__(self, nonce):
        self.nonce = nonce
        # A descriptor of our own: a bundle may close or replace stdout and stderr.
        self.fd = os.dup(2)
        self.pid = os.getpid()

    def report(self, event, **more):
        # A bundle may have forked at import: its child must not report.
        if os.getpid() != self.pid:
            os._exit(0)
        os.write(self.fd, ("\n%s %s\n" % (self.nonce, encode(dict(more, event=event)))).encode("ascii"))


def encode(event):
    """The event as JSON. Of an error that is too long, outer frames and the end of the message are left out."""
    while True:
        text = json.dumps(event)
        if len(text) < MAX_WRITE - 100:
            return text
        error = event.get("error") or {}
        if len(event.get("frames", ())) > 2:
            event["frames"] = event["frames"][-(len(event["frames"]) // 2) :]
        elif len(error.get("message", "")) > 1:
            error["message"] = error["message"][: len(error["message"]) // 2]
        else:
            event.pop("frames", None)
            event["error"] = {"type": "Error", "message": ""}


def frames_of(places, root):
    """The relevant frames, innermost last: the last ones of bundles, and the innermost ones. Without those of this file and of the import system."""
    shown = [place for place in places if not place[0].startswith("<") and not place[0].endswith("/importlib/__init__.py")]
    own = [index for index, place in enumerate(shown) if place[0].startswith(root + "/")][-6:]
    last = range(max(0, len(shown) - 3, *own[:1]), len(shown))
    wanted = sorted({*own, *last})
    return [[file[-300:], line, name[:100]] for file, line, name in (shown[index] for index in wanted)]


def raised(error, root):
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append((code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    try:
        message = str(error)
    except BaseException:  # __str__ of a bundle's own exception may raise too
        message = ""
    kind = type(error)
    name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else "%s.%s" % (kind.__module__, kind.__name__)
    details = {"type": name[:200], "message": message[:1500], "kinds": [base.__name__[:60] for base in kind.__mro__[:-1]][:8]}
    if isinstance(error, SyntaxError) and error.filename:
        details.update(file=str(error.filename)[-300:], line=error.lineno, col=error.offset)
    if isinstance(error, ImportError) and error.name:
        details["module"] = str(error.name)[:200]
    return details, frames_of(places, root)


class Limit:
    """Ends the process when a step times out, and reports where it was. The caller ends a process that holds the GIL."""

    def __init__(self, reporter, request):
        self.reporter, self.seconds, self.root = reporter, request["timeout"], request["root"]
        self.main = threading.get_ident()

    def watch(self, subject):
        timer = threading.Timer(self.seconds, self.timed_out, [subject])
        timer.daemon = True
        timer.start()
        return timer

    def timed_out(self, subject):
        places = []
        frame = sys._current_frames().get(self.main)
        while frame is not None:
            places.insert(0, (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
            frame = frame.f_back
        self.reporter.report("timeout", id=subject, frames=frames_of(places, self.root))
        os._exit(3)


class PlatformLoader:
    """Calls the platform's own functions, as its processor does. Their names depend on the generation."""

    def __init__(self, module):
        self.module = module
        self.spec = getattr(module, "BundleSpec", None) or getattr(module, "AgenticBundleSpec", None)
        self.fields = set(getattr(self.spec, "__dataclass_fields__", ()))

    def usable(self):
        functions = (getattr(self.module, name, None) for name in ("_resolve_module", "_discover_decorated"))
        return all(callable(function) for function in functions) and {"path", "module"} <= self.fields

    def load(self, root, entry):
        given = {"id": entry["id"], "path": root, "module": entry["module"]}
        spec = self.spec(**{name: value for name, value in given.items() if name in self.fields})
        module = self.module._resolve_module(spec)
        own_file(module, root, entry)
        chosen = self.module._discover_decorated(module)
        if not chosen:
            raise NoEntrypoint(entry["module"])
        self.read_manifest(spec, entry)
        return chosen[0], chosen[2]

    def read_manifest(self, spec, entry):
        """Newer platforms also read the surfaces of the class, and refuse two of one name."""
        read = getattr(self.module, "load_bundle_manifest", None)
        if not callable(read):
            return
        try:
            inspect.signature(read).bind(spec, bundle_id=entry["id"])
        except (TypeError, ValueError):
            return
        read(spec, bundle_id=entry["id"])


class Rule:
    """The platform's rule, for images without a known loader. Records which objects are decorated."""

    def __init__(self):
        self.marks = {}

    def mark(self, target, kind, options):
        self.marks[id(target)] = (target, kind, int(options.get("priority") or 100))
        return target

    def record(self, module):
        """Wraps the platform's decorators to record what they decorate."""
        for name, kind in ENTRYPOINTS.items():
            if callable(getattr(module, name, None)):
                setattr(module, name, self.recording(getattr(module, name), kind))

    def recording(self, make, kind):
        def made(*args, **options):
            decorate = make(*args, **options)
            return lambda target: self.mark(decorate(target), kind, options)

        return made

    def decorator(self, kind):
        def made(**options):
            return lambda target: self.mark(target, kind, options)

        return made

    def load(self, root, entry):
        module = import_by_rule(root, entry["module"])
        found = [mark for value in list(vars(module).values()) for mark in self.marks_of(value)]
        if not found:
            raise NoEntrypoint(entry["module"])
        target, kind, _ = min(found, key=lambda mark: (-mark[2], mark[1] != "factory", getattr(mark[0], "__name__", "")))
        return kind, target

    def marks_of(self, value):
        """A class inherits the marks of its bases, as it inherits attributes."""
        for candidate in value.__mro__ if isinstance(value, type) else (value,):
            target, kind, priority = self.marks.get(id(candidate), (None, None, None))
            if target is candidate and candidate is not None:
                return [(value, kind, priority)]
        return []


def import_by_rule(root, module):
    if not os.path.exists(root):
        raise FileNotFoundError("Agentic bundle path does not exist: %s" % root)
    if root not in sys.path:
        sys.path.insert(0, root)
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        # Only if the bundle itself was not found: any other missing module is an error of the bundle.
        if (error.name or "").split(".")[0] != module.split(".")[0]:
            raise
        return import_file(root, module)
    except ImportError as error:
        if "attempted relative import with no known parent package" not in str(error):
            raise
        return import_file(root, module)
    return found if is_under(found, root) else import_file(root, module)


def import_file(root, module):
    """Imports the file by its path, in packages with unique names."""
    parts = module.split(".")
    file = os.path.join(root, *parts) + ".py"
    if not os.path.isfile(file):
        raise ImportError("Module file not found in bundle dir: %s" % file, name=module)
    name, folder = "kdcube_bundle_root", root
    for part in [""] + parts[:-1]:
        name, folder = (name + "." + part, os.path.join(folder, part)) if part else (name, folder)
        if name not in sys.modules:
            package = types.ModuleType(name)
            package.__path__ = [folder]
            package.__package__ = name
            sys.modules[name] = package
    name = "%s.%s" % (name, parts[-1])
    spec = importlib.util.spec_from_file_location(name, file)
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def is_under(module, folder):
    file = getattr(module, "__file__", None)
    return bool(file) and os.path.realpath(file).startswith(os.path.realpath(folder) + os.sep)


def own_file(module, root, entry):
    folder = os.path.join(root, entry["module"].split(".")[0])
    if not is_under(module, folder):
        raise AnotherFile(str(getattr(module, "__file__", None)))


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stand-ins for the platform's decorators, for an image without the platform. Nothing else of the platform can be imported."""

    def __init__(self, rule):
        self.rule = rule
        self.names = {".".join(LOADERS[0].split(".")[: depth + 1]) for depth in range(3)} | set(LOADERS)

    def find_spec(self, name, path=None, target=None):
        if name not in self.names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=name not in LOADERS)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if module.__name__ not in LOADERS:
            return
        for name, kind in ENTRYPOINTS.items():
            setattr(module, name, self.rule.decorator(kind))
        for name in SURFACES:
            setattr(module, name, surface)
        module.bundle_id = lambda value: lambda target: target


def surface(*args, **options):
    """A decorator that works with and without options."""
    if len(args) == 1 and callable(args[0]) and not options:
        return args[0]
    return lambda target: target


def find_loader():
    """Returns the kind of the loader, the loader, and why it is not the platform's own."""
    if importlib.util.find_spec("kdcube_ai_app") is None and os.path.isdir("kdcube_ai_app"):
        # The platform runs in this folder.
        sys.path.append(os.getcwd())
    rule = Rule()
    if importlib.util.find_spec("kdcube_ai_app") is None:
        sys.meta_path.insert(0, StandIn(rule))
        return "stand-in", rule, None
    why = None
    modules = []
    for name in LOADERS:
        try:
            module = importlib.import_module(name)
        except BaseException as error:
            absent = isinstance(error, ModuleNotFoundError) and (name + ".").startswith((error.name or "?") + ".")
            if not absent:
                why = why or "%s: %s" % (type(error).__name__, str(error)[:500])
            continue
        loader = PlatformLoader(module)
        if loader.usable():
            return "platform", loader, None
        modules.append(module)
    for module in {id(module): module for module in modules}.values():
        rule.record(module)
    return "rule", rule, why


def boot(request, reporter):
    limit = Limit(reporter, request)
    reporter.report("hello", python=platform.python_version(), user=os.geteuid())
    timer = limit.watch(None)
    name, loader, why = find_loader()
    timer.cancel()
    reporter.report("loader", loader=name, why=why)
    for entry in request["entries"]:
        reporter.report("start", id=entry["id"])
        started = time.monotonic()
        timer = limit.watch(entry["id"])
        try:
            kind, target = loader.load(request["root"], entry)
            outcome = {"symbol": str(getattr(target, "__name__", target))[:200], "kind": str(kind)}
        except BaseException as error:  # a bundle may raise anything, SystemExit too, and must not prevent the others
            details, frames = raised(error, request["root"])
            outcome = {"error": details, "frames": frames}
        timer.cancel()
        seconds = round(time.monotonic() - started, 3)
        reporter.report("failed" if "error" in outcome else "done", id=entry["id"], seconds=seconds, **outcome)
    reporter.report("end")
    # Do not wait for threads that a bundle has started.
    os._exit(0)


def end_with_caller(stdin):
    try:
        while os.read(stdin, 1):
            pass
    except OSError:  # a bundle may close every descriptor
        return
    os._exit(4)


def main():
    request = json.loads(sys.stdin.readline())
    reporter = Reporter(request["nonce"])
    threading.Thread(target=end_with_caller, args=[os.dup(0)], daemon=True).start()
    # A bundle reads an empty stdin, and prints to stderr.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    faulthandler.enable()
    # `python -c` adds the working folder to the path; the platform does not have it there.
    sys.path[:] = [place for place in sys.path if place != ""]
    boot(request, reporter)


main()
