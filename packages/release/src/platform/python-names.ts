/**
 * The top-level names of Python's standard library: `sys.stdlib_module_names` of CPython 3.12.1, printed with
 * `python3.12 -c "import sys; print(' '.join(sorted(sys.stdlib_module_names)))"`. A bundle's module of such a name never shadows it in
 * the platform's process, so an import of that name is not an import of the bundle's module.
 */
export const PYTHON_STDLIB: ReadonlySet<string> = names(`
  __future__ _abc _aix_support _ast _asyncio _bisect _blake2 _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp
  _codecs_kr _codecs_tw _collections _collections_abc _compat_pickle _compression _contextvars _crypt _csv _ctypes _curses
  _curses_panel _datetime _dbm _decimal _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib
  _heapq _imp _io _json _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode _operator
  _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc _pydatetime _pydecimal _pyio _pylong _queue _random
  _scproxy _sha1 _sha2 _sha3 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct
  _symtable _thread _threading_local _tkinter _tokenize _tracemalloc _typing _uuid _warnings _weakref _weakrefset _winapi
  _zoneinfo abc aifc antigravity argparse array ast asyncio atexit audioop base64 bdb binascii bisect builtins bz2 cProfile
  calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib
  contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings
  ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass
  gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr importlib inspect io ipaddress itertools
  json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt
  multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle
  pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc
  pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve
  shlex shutil signal site smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat
  statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios
  textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types
  typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc
  zipapp zipfile zipimport zlib zoneinfo
`);

/** What `sys.stdlib_module_names` of CPython 3.11.7 and 3.13.0 has beside those of 3.12.1; and `test`, which it leaves out of every version. */
const OTHER_STDLIB = names(`
  _android_support _bootsubprocess _colorize _interpchannels _interpqueues _interpreters _ios_support _opcode_metadata _pyrepl
  _sha256 _sha512 _suggestions _sysconfig _wmi asynchat asyncore distutils imp smtpd test
`);

/** The platform's own packages on its PYTHONPATH (kdcube/kdcube, app/ai-app/src/kdcube-ai-app), and the folder of its admin bundle. */
const PLATFORM_PACKAGES = names(`
  admin_bundle builder_plugin kdcube_ai_app kdcube_cli
`);

/**
 * What the platform's process imports from others: the packages of requirements-chat-processor.txt and requirements-aws.txt at kdcube/kdcube 0a2b187f1, the packages that those
 * bring along, and pip's, by the names under which Python imports them.
 */
const INSTALLED_PACKAGES = names(`
  PIL aioboto3 aiobotocore aiofiles aiohttp aiolimiter anyio asyncpg attr attrs boto3 botocore brotli bs4 certifi cffi chardet
  charset_normalizer clamd click croniter cryptography dateutil ddgs diagrams dns docx dotenv dramatiq engineio faiss fastapi
  fitz folium geopy google graphviz h11 httpcore httpx httpx2 idna jinja2 jmespath jsonpatch jsonpointer jsonschema jwt kaleido
  langchain langchain_classic langchain_community langchain_core langchain_openai langchain_text_splitters langgraph langmem
  langsmith linkify_it lxml magic markdown_it markdownify matplotlib mcp mdit_py_plugins mpl_toolkits multidict multipart neo4j
  networkx numpy openai openpyxl orjson packaging pandas pdfminer pip pkg_resources playwright plotly pptx propcache psycopg
  psycopg2 psycopg_pool pycparser pydantic pydantic_core pydantic_settings pygments pymupdf pypdf pytest python_multipart pytz
  pyvis redis regex reportlab requests rich s3transfer scipy seaborn semantic_kernel setuptools six sniffio socketio soupsieve
  sqlalchemy sse_starlette starlette stripe tenacity tiktoken tinycss2 tqdm trafilatura trio typing_extensions typing_inspection
  tzdata urllib3 uvicorn websockets wheel xlsxwriter yaml yarl
`);

/** The keywords of Python 3.11 to 3.13 (`keyword.kwlist`). */
const PYTHON_KEYWORDS = names(`
  False None True and as assert async await break class continue def del elif else except finally for from global if import in
  is lambda nonlocal not or pass raise return try while with yield
`);

/** Whether Python takes a word for a keyword: no import statement can name a folder that is called so. */
export function isPythonKeyword(word: string): boolean {
  return PYTHON_KEYWORDS.has(word);
}

const OWNERS: [ReadonlySet<string>, string][] = [
  [PYTHON_STDLIB, 'a module of Python’s standard library'],
  [OTHER_STDLIB, 'a module of Python’s standard library'],
  [PLATFORM_PACKAGES, 'a package of the platform'],
  [INSTALLED_PACKAGES, 'a Python package that the platform imports'],
];

/** By the name in lower case: macOS and Windows have one folder for `Json` and `json`. */
const OWNER_OF = new Map(OWNERS.flatMap(([set, owner]) => [...set].map((name) => [name.toLowerCase(), { name, owner }])));

/** What Python imports under the name of a folder in /bundles, in place of the bundle; undefined if nothing. */
export function importedInstead(folder: string): { name: string; owner: string } | undefined {
  return OWNER_OF.get(folder.toLowerCase());
}

function names(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
