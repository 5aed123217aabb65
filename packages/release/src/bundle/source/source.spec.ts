import { formatProblems } from '../../problem/problem';
import { checkBundleSource } from './source';

const AT = { id: 'my-bundle@1-0-0', folder: 'bundles/my-bundle@1-0-0' };
const GOOD =
  'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n@agentic_workflow(name="x")\nclass Flow:\n    pass\n';
const IMPORT = 'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow, agentic_workflow_factory\n';

type Files = Record<string, string>;

function check(files: Files, at = AT) {
  return checkBundleSource(new Map(Object.entries(files)), at);
}

function codes(files: Files): string[] {
  return check(files).map(({ code }) => code);
}

describe('entrypoint.py', () => {
  it.each<[string, Files, string]>([
    ['no file', {}, 'create bundles/my-bundle@1-0-0/entrypoint.py'],
    [
      'one in each of two folders',
      { 'a/entrypoint.py': GOOD, 'b/entrypoint.py': GOOD },
      'create bundles/my-bundle@1-0-0/entrypoint.py',
    ],
    ['one that belongs to the tests', { 'tests/entrypoint.py': GOOD }, 'create bundles/my-bundle@1-0-0/entrypoint.py'],
    ['capitals', { 'EntryPoint.py': GOOD }, 'git mv bundles/my-bundle@1-0-0/EntryPoint.py bundles/my-bundle@1-0-0/entrypoint.py'],
    [
      'one deeper',
      { 'src/flow/entrypoint.py': GOOD },
      'set subdir to its parent folder, bundles/my-bundle@1-0-0/src, and rename that folder to my-bundle@1-0-0',
    ],
    [
      'one deeper, in a folder with the right name',
      { 'my-bundle@1-0-0/entrypoint.py': GOOD },
      'set subdir to its parent folder, bundles/my-bundle@1-0-0',
    ],
  ])('missing: %s', (_, files, hint) => {
    const [problem, ...more] = check(files);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: 'entrypoint-missing', at: { file: 'bundles/my-bundle@1-0-0/entrypoint.py' } });
    expect(problem!.hint).toContain(hint);
  });

  it('reports the problems of other files together with a missing entrypoint.py', () => {
    expect(codes({ 'a.py': 'import b', 'b.py': '' })).toEqual(['entrypoint-missing', 'absolute-import']);
  });
});

describe('exactly one entrypoint', () => {
  const one: [string, Files][] = [
    ['a class', { 'entrypoint.py': GOOD }],
    ['a bare decorator', { 'entrypoint.py': '@agentic_workflow\nclass A: pass' }],
    ['the newer name', { 'entrypoint.py': 'from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint\n@bundle_entrypoint(name="a")\nclass A: ...' }],
    ['a factory', { 'entrypoint.py': '@agentic_workflow_factory(name="a")\ndef make(config): ...' }],
    ['an async factory', { 'entrypoint.py': '@bundle_entrypoint_factory()\nasync def make(config): ...' }],
    ['an alias', { 'entrypoint.py': 'from x import agentic_workflow as wf\n@wf(name="a")\nclass A: ...' }],
    ['a module’s alias', { 'entrypoint.py': 'import kdcube_ai_app.infra.plugin.agentic_loader as al\n@al.agentic_workflow()\nclass A: ...' }],
    ['a whole path', { 'entrypoint.py': 'import a.b\n@ a . b . agentic_workflow (\n  name = "x",\n)\nclass A: ...' }],
    ['an assigned alias', { 'entrypoint.py': `${IMPORT}wf = agentic_workflow\n@wf()\nclass A: ...` }],
    ['a prepared decorator', { 'entrypoint.py': `${IMPORT}entry = agentic_workflow(name="x")\n@entry\nclass A: ...` }],
    ['brackets around it', { 'entrypoint.py': '@(agentic_workflow(name="x"))\nclass A: ...' }],
    ['more decorators', { 'entrypoint.py': '@one\n@agentic_workflow(\n    name="x",  # (\n)\n\n# between\n@two("@agentic_workflow")\nclass A: ...' }],
    ['a call in place of the decorator', { 'entrypoint.py': `${IMPORT}class A: ...\nA = agentic_workflow(name="x")(A)` }],
    ['a call with a class of another package', { 'entrypoint.py': `${IMPORT}from lib import B\nA = agentic_workflow(name="x")(B)` }],
    ['in an if', { 'entrypoint.py': 'if X:\n  @agentic_workflow()\n  class A: ...' }],
    ['in a try', { 'entrypoint.py': 'try:\n\timport x\nexcept ImportError:\n\tpass\nelse:\n\t@agentic_workflow()\n\tclass A: ...' }],
    ['in a with', { 'entrypoint.py': 'with x as y:\n  @agentic_workflow()\n  class A: ...' }],
    ['one in each of two clauses', { 'entrypoint.py': 'if X:\n  @agentic_workflow()\n  class A: ...\nelse:\n  @agentic_workflow()\n  class B: ...' }],
    ['one of two cases', { 'entrypoint.py': 'match X:\n  case 1:\n    @agentic_workflow()\n    class A: ...\n  case _:\n    @agentic_workflow()\n    class B: ...' }],
    ['one name, two ways', { 'entrypoint.py': 'try:\n  from .a import W\nexcept ImportError:\n  from .b import W', 'a.py': '@agentic_workflow()\nclass W: ...', 'b.py': '@agentic_workflow()\nclass W: ...' }],
    ['defined again', { 'entrypoint.py': '@agentic_workflow()\nclass A: ...\n@agentic_workflow()\nclass A: ...' }],
    ['one deleted', { 'entrypoint.py': '@agentic_workflow()\nclass A: ...\ndel A\n@agentic_workflow()\nclass B: ...' }],
    ['one overwritten', { 'entrypoint.py': '@agentic_workflow()\nclass A: ...\nA = None\n@agentic_workflow()\nclass B: ...' }],
    ['two names of one class', { 'entrypoint.py': '@agentic_workflow()\nclass A: ...\nB = A\nC: type = B' }],
    ['type parameters', { 'entrypoint.py': '@agentic_workflow()\nclass A[T: (int, str)](Base[T], metaclass=M): ...' }],
    ['CRLF, a BOM and a form feed', { 'entrypoint.py': `\ufeff${GOOD.replaceAll('\n', '\r\n')}\f\r\n` }],
    ['imported', { 'entrypoint.py': 'from .flow import Flow', 'flow.py': GOOD }],
    ['imported under another name, twice', { 'entrypoint.py': 'from .flow import Flow as A, Flow as B', 'flow.py': GOOD }],
    ['imported in brackets over lines', { 'entrypoint.py': 'from .pkg . flow import ( # x\n  Flow ,\n)', 'pkg/flow.py': GOOD }],
    ['imported through a package', { 'entrypoint.py': 'from .pkg import Flow', 'pkg/__init__.py': 'from .flow import Flow', 'pkg/flow.py': GOOD }],
    ['imported through stars', { 'entrypoint.py': 'from .pkg import *', 'pkg/__init__.py': 'from .flow import *', 'pkg/flow.py': GOOD }],
    ['a star with __all__', { 'entrypoint.py': 'from .f import *', 'f.py': `${GOOD}@agentic_workflow()\nclass Other: ...\n__all__ = ["Flow"]` }],
    ['a star that skips underscores', { 'entrypoint.py': 'from .f import *', 'f.py': `${GOOD}@agentic_workflow()\nclass _Other: ...` }],
    ['a module’s attribute', { 'entrypoint.py': 'from . import flow\nFlow = flow.Flow', 'flow.py': GOOD }],
    ['a base of another module', { 'entrypoint.py': 'from . import flow\nclass Mine(flow.Flow): ...', 'flow.py': GOOD }],
    ['the bundle’s own name for the decorator', { 'entrypoint.py': 'from .compat import entry\n@entry(name="x")\nclass A: ...', 'compat.py': 'try:\n  from a import bundle_entrypoint as entry\nexcept ImportError:\n  from b import agentic_workflow as entry' }],
    ['a circle of imports', { 'entrypoint.py': 'from .a import A', 'a.py': `from . import b\n${GOOD}A = Flow`, 'b.py': 'from .a import *' }],
    ['another one for the type checker only', { 'entrypoint.py': `from typing import TYPE_CHECKING as TC\nif TC:\n  from .b import B\n${GOOD}`, 'b.py': '@agentic_workflow()\nclass B: ...' }],
    ['another one for the command line only', { 'entrypoint.py': `${GOOD}if __name__ == '__main__':\n  @agentic_workflow()\n  class Local: ...` }],
    ['another one inside a function', { 'entrypoint.py': `${GOOD}def f():\n  @agentic_workflow()\n  class Inner: ...` }],
    ['one replaced in a clause that always runs', { 'entrypoint.py': '@agentic_workflow()\nclass A: ...\n@agentic_workflow()\nclass B: ...\nif TYPE_CHECKING: ...\nelse: A = None' }],
    ['a star of a module that deleted the name', { 'entrypoint.py': `${GOOD}from .a import *`, 'a.py': 'class Flow: ...\ndel Flow' }],
    ['a factory hidden again by a decorator for classes', { 'entrypoint.py': '@agentic_workflow_factory()\ndef make(): ...\nclass A: ...\nA = agentic_workflow()(A)\nmake = agentic_workflow()(make)' }],
    ['others in strings and comments', { 'entrypoint.py': `${GOOD}X = """\n@agentic_workflow()\nclass No: ...\n"""\n# @agentic_workflow()\nY = f"{'''\n@agentic_workflow()\nclass No: ...\n'''}"` }],
  ]; // prettier-ignore

  it.each(one)('accepts %s', (_, files) => {
    expect(check(files)).toEqual([]);
  });

  const none: [string, Files, string][] = [
    ['an empty file', { 'entrypoint.py': '' }, 'nothing in the bundle has the platform’s decorator'],
    ['a plain class', { 'entrypoint.py': 'class A: ...' }, 'nothing in the bundle'],
    ['a comment', { 'entrypoint.py': '# @agentic_workflow()\nclass A: ...' }, 'nothing in the bundle'],
    ['a string', { 'entrypoint.py': "r'''\n@agentic_workflow()\n'''\nclass A: ..." }, 'nothing in the bundle'],
    ['a function’s own class', { 'entrypoint.py': 'def f():\n  @agentic_workflow()\n  class A: ...' }, 'entrypoint.py:3  class A, inside another definition'],
    ['a method', { 'entrypoint.py': 'class A:\n  @agentic_workflow()\n  def run(self): ...' }, 'entrypoint.py:3  function run, inside another definition'],
    ['not imported', { 'entrypoint.py': 'from . import flow', 'flow.py': GOOD }, 'bundles/my-bundle@1-0-0/flow.py:3  class Flow'],
    ['for the type checker only', { 'entrypoint.py': 'import typing\nif typing.TYPE_CHECKING:\n  from .flow import Flow', 'flow.py': GOOD }, 'flow.py:3  class Flow'],
    ['replaced', { 'entrypoint.py': `${GOOD}Flow = None` }, 'entrypoint.py:3  class Flow'],
    ['another decorator', { 'entrypoint.py': '@bundle_id("a")\n@my_agentic_workflow\nclass A: ...' }, 'nothing in the bundle'],
    ['a class decorator on a function', { 'entrypoint.py': '@agentic_workflow()\ndef make(config): ...' }, 'The platform ignores the function make (bundles/my-bundle@1-0-0/entrypoint.py:2): its decorator is for classes'],
  ]; // prettier-ignore

  it.each(none)('reports no entrypoint: %s', (_, files, text) => {
    const [problem, ...more] = check(files);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: 'entrypoint-none', at: { file: 'bundles/my-bundle@1-0-0/entrypoint.py' } });
    expect(problem!.message).toContain(text);
  });

  it('names the import to write', () => {
    expect(check({ 'entrypoint.py': '', 'orchestrator/workflow.py': GOOD })[0]!.hint).toBe('write   from .orchestrator.workflow import Flow   in entrypoint.py');
    expect(check({ 'entrypoint.py': '', 'flows/__init__.py': GOOD })[0]!.hint).toBe('write   from .flows import Flow   in entrypoint.py');
  }); // prettier-ignore

  const many: [string, Files, string[]][] = [
    ['two classes', { 'entrypoint.py': `${GOOD}@agentic_workflow()\nclass B: ...` }, ['entrypoint.py:3  class Flow', 'entrypoint.py:6  class B']],
    ['a class and a factory', { 'entrypoint.py': `${GOOD}@bundle_entrypoint_factory()\ndef make(): ...` }, ['entrypoint.py:3  class Flow', 'entrypoint.py:6  function make']],
    ['an imported one', { 'entrypoint.py': `from .b import B\n${GOOD}`, 'b.py': '@agentic_workflow()\nclass B: ...' }, ['entrypoint.py:4  class Flow', 'b.py:2  class B']],
    ['one through stars', { 'entrypoint.py': `from .p import *\n${GOOD}`, 'p/__init__.py': 'from .b import *', 'p/b.py': '@agentic_workflow()\nclass B: ...' }, ['entrypoint.py:4  class Flow', 'p/b.py:2  class B']],
    ['a subclass', { 'entrypoint.py': `${GOOD}class Sub(Flow): ...` }, ['entrypoint.py:3  class Flow', 'entrypoint.py:5  class Sub']],
    ['one in an if', { 'entrypoint.py': `${GOOD}if DEBUG:\n  @agentic_workflow()\n  class B: ...` }, ['entrypoint.py:3  class Flow', 'entrypoint.py:7  class B']],
    ['one in each of two ifs', { 'entrypoint.py': 'if A:\n  @agentic_workflow()\n  class A: ...\nif B:\n  @agentic_workflow()\n  class B: ...' }, ['entrypoint.py:3  class A', 'entrypoint.py:6  class B']],
    ['one in a try and one in its else', { 'entrypoint.py': 'try:\n  @agentic_workflow()\n  class A: ...\nexcept E: ...\nelse:\n  @agentic_workflow()\n  class B: ...' }, ['entrypoint.py:3  class A', 'entrypoint.py:7  class B']],
    ['by an absolute import too', { 'entrypoint.py': `from b import B\n${GOOD}`, 'b.py': '@agentic_workflow()\nclass B: ...' }, ['b.py:2  class B']],
  ]; // prettier-ignore

  it.each(many)('reports several entrypoints: %s', (_, files, places) => {
    const problem = check(files)[0]!;
    expect(problem.code).toBe('entrypoint-many');
    for (const place of places) expect(problem.message).toContain(`bundles/my-bundle@1-0-0/${place}`);
  });

  it.each<[string, Files]>([
    ['entrypoint.py is not readable', { 'entrypoint.py': 'x = "' }],
    ['the module that it imports from is not', { 'entrypoint.py': 'from .a import A', 'a.py': 'x = (' }],
    ['a star of such a module', { 'entrypoint.py': 'from .a import *', 'a.py': 'x = ]' }],
    ['the module is missing', { 'entrypoint.py': 'from .generated import A' }],
    ['a base is not readable', { 'entrypoint.py': 'from .a import A\nclass B(A): ...', 'a.py': '"' }],
    ['a base is in a module that is not', { 'entrypoint.py': 'from . import a\nclass B(a.A): ...', 'a.py': '"' }],
    ['a decorator is not readable', { 'entrypoint.py': 'from . import a\n@a.mark\nclass B: ...', 'a.py': '?' }],
    [
      'the bundle wraps the decorator',
      { 'entrypoint.py': 'def mark(cls):\n  return agentic_workflow(name=cls.__name__)(cls)\n@mark\nclass A: ...' },
    ],
    [
      'a function makes the class',
      { 'entrypoint.py': 'def make():\n  @agentic_workflow()\n  class A: ...\n  return A\nFlow = make()' },
    ],
    ['the decorator is called for its effect', { 'entrypoint.py': `${IMPORT}from lib import A\nagentic_workflow()(A)` }],
    ['names are computed at run time', { 'entrypoint.py': 'globals().update(load())' }],
    ['__all__ is computed', { 'entrypoint.py': 'from .a import *', 'a.py': '__all__ = names()\nfrom .b import *' }],
  ])('reports nothing if %s', (_, files) => {
    expect(codes(files)).toEqual([]);
  });

  it('prints a readable report', () => {
    const problems = check({ 'entrypoint.py': `from .b import B\n${GOOD}`, 'b.py': '@agentic_workflow()\nclass B: ...' });
    expect(formatProblems(problems)).toMatchInlineSnapshot(`
     "bundles/my-bundle@1-0-0/entrypoint.py:4  [entrypoint-many]
       entrypoint.py has 2 entrypoints, and the platform loads only one of them, chosen by priority and name:
         bundles/my-bundle@1-0-0/entrypoint.py:4  class Flow
         bundles/my-bundle@1-0-0/b.py:2  class B
       hint  keep the decorator on one of them; a class inherits it from its base, and an imported name counts too
     1 problem."
    `);
  });
});
