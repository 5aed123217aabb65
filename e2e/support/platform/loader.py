"""Imports bundles by the rule by which the platform does, and says what it found. Plain Python, no packages.

    loader.py --era seed|march|head [--entries JSON] [--run JSON]

--entries is a list of {"id", "path", "module"?}; without it AGENTIC_BUNDLES_JSON is read (the map form, inline).
All entries are loaded in one process, as the platform does, so that one bundle can spoil another.
--run constructs each entrypoint, awaits its run(**JSON) and adds what it returned.
Prints {"bundles": {id: {"ok", "entrypoint", "kind", "file", "bundle_id", "surfaces", "result" | "error"}}}; exit code 1 when one failed.

The eras differ: "march" (2026-03-05) also tries <path>/<last segment>.py, "head" reloads a module that was taken from outside `path`.
"""

import argparse
import asyncio
import hashlib
import importlib
import importlib.util
import inspect
import json
import os
import sys
import types
from pathlib import Path


def entries_from_env():
    text = os.environ.get("AGENTIC_BUNDLES_JSON", "").strip()
    if not text.startswith("{"):
        raise ValueError("AGENTIC_BUNDLES_JSON is not an inline map")
    document = json.loads(text)
    bundles = document.get("bundles", document)
    if not isinstance(bundles, dict) or "items" in bundles:
        raise ValueError("AGENTIC_BUNDLES_JSON has no map of bundles")
    return [{**entry, "id": key} for key, entry in bundles.items()]


def synthetic_package(path):
    """A package of our own over the folder: its modules get names that no other bundle has."""
    name = "kdcube_bundle_" + hashlib.sha1(str(path).encode()).hexdigest()[:10]
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    return name


def load_file(name, file, search=None):
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=search)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load_from_folder(path, module, era):
    file = path.joinpath(*module.split(".")).with_suffix(".py")
    package = synthetic_package(path)
    if file.is_file():
        return importlib.import_module(f"{package}.{module}")
    last = path / (module.rsplit(".", 1)[-1] + ".py")
    if era != "seed" and "." in module and last.is_file():
        return load_file(f"{package}.{last.stem}", last)
    raise ImportError(f"no module {module!r} under {path}: neither importable nor the file {file}")


def is_under(module, path):
    file = getattr(module, "__file__", None)
    return file is not None and path.resolve() in Path(file).resolve().parents


def import_bundle(path, module, era):
    if not path.exists():
        raise FileNotFoundError(f"Agentic bundle path does not exist: {path}")
    if path.is_file():
        return load_file(synthetic_package(path.parent) + "." + path.stem, path)
    if not module:
        if not (path / "__init__.py").is_file():
            raise ImportError(f"{path} has no __init__.py, and no module was named")
        return load_file(path.name.replace("-", "_"), path / "__init__.py", [str(path)])
    sys.path.insert(0, str(path))
    importlib.invalidate_caches()
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise
        return load_from_folder(path, module, era)
    except ImportError as error:
        if "attempted relative import with no known parent package" not in str(error):
            raise
        return load_from_folder(path, module, era)
    if era == "head" and not is_under(found, path):
        return load_from_folder(path, module, era)
    return found


def choose(module):
    """The decorated object of this module with the highest priority; of two, the factory."""
    marked = [(value.__stand_in_entrypoint__, value) for value in vars(module).values() if hasattr(value, "__stand_in_entrypoint__")]
    if not marked:
        raise AttributeError(f"{module.__name__} has no decorated entrypoint")
    return max(marked, key=lambda pair: (pair[0]["priority"], pair[0]["kind"] == "factory"))


def surfaces(target):
    found = list(getattr(target, "__stand_in_surfaces__", []))
    for _, member in inspect.getmembers(target, callable):
        found += getattr(member, "__stand_in_surfaces__", [])
    return sorted(set(found))


def construct(target):
    offered = {"comm_context": None, "pg_pool": None, "redis": None}
    wanted = inspect.signature(target).parameters
    return target({}, **{name: value for name, value in offered.items() if name in wanted})


def load(entry, era, payload):
    module = import_bundle(Path(entry["path"]), entry.get("module"), era)
    mark, target = choose(module)
    report = {
        "ok": True,
        "entrypoint": target.__name__,
        "kind": mark["kind"],
        "file": module.__file__,
        "bundle_id": getattr(target, "__stand_in_bundle_id__", None),
        "surfaces": surfaces(target),
    }
    if payload is not None:
        report["result"] = asyncio.run(construct(target).run(**payload))
    return report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--era", choices=["seed", "march", "head"], default="head")
    parser.add_argument("--entries", type=json.loads)
    parser.add_argument("--run", type=json.loads)
    arguments = parser.parse_args()
    os.environ["KDCUBE_STAND_IN_ERA"] = arguments.era
    report = {}
    for entry in arguments.entries if arguments.entries is not None else entries_from_env():
        try:
            report[entry["id"]] = load(entry, arguments.era, arguments.run)
        except Exception as error:  # a bundle may raise anything at import; one that fails must not hide the others
            report[entry["id"]] = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps({"bundles": report}))
    return 0 if all(bundle["ok"] for bundle in report.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
