/* The program of the demo's stand-in images: says that it runs, and which folders lie in /bundles. No libc, so that it needs nothing of its image.
   gcc -Os -static -nostdlib -ffreestanding -fno-tree-loop-distribute-patterns -fno-stack-protector -fno-asynchronous-unwind-tables -Wl,--build-id=none,-z,noseparate-code,-N -o stand-in stand-in.c && strip -R .comment stand-in */
static long call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

static void say(const char *text) {
  long length = 0;
  while (text[length]) length++;
  call(1, 1, (long)text, length);
}

void _start(void) {
  static char buffer[32768];
  say("This is a stand-in for an image of the platform. It started, and holds no platform. In /bundles:\n");
  long folder = call(2, (long)"/bundles", 0200000, 0);
  for (long size; folder >= 0 && (size = call(217, folder, (long)buffer, sizeof buffer)) > 0;)
    for (long at = 0; at < size; at += *(unsigned short *)(buffer + at + 16)) {
      const char *name = buffer + at + 19;
      if (name[0] == '.') continue;
      say("  ");
      say(name);
      say("\n");
    }
  call(60, folder < 0, 0, 0);
}
