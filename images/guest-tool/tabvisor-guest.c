/*
 * tabvisor-guest: what a Linux guest does with the sockets of its host (AF_VSOCK over hv_sock).
 *
 *   tabvisor-guest serve                    takes files of the host, in the background
 *   tabvisor-guest send FILE...             gives files to the host; also as `sendtohost FILE...`
 *   tabvisor-guest connect PORT [COMMAND]   joins a port of the host with this terminal, or with a command
 *   tabvisor-guest listen PORT COMMAND      runs the command for every connection of the host to this port
 *
 * One file goes over one connection, in either direction:
 *
 *   head (24 bytes), folder, name, contents, CRC-32 of the contents      from the sender
 *   status, length of a text, text                                       from the receiver, at any time
 *
 * All numbers are little-endian; src/hvdef/guest-file.ts says the same in TypeScript. A receiver writes to a file
 * of its own and renames it when everything is there and right. Without any library, so that it is small and runs on
 * every i386 Linux; a program name and the number of a system call are all that connects it with the world.
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

enum { NR_exit = 1, NR_fork = 2, NR_read = 3, NR_write = 4, NR_open = 5, NR_close = 6, NR_unlink = 10, NR_execve = 11,
  NR_getpid = 20, NR_rename = 38, NR_signal = 48, NR_dup2 = 63, NR_setsid = 66, NR_fchmod = 94, NR_socketcall = 102,
  NR_poll = 168, NR_fstat64 = 197 };
enum { SOCK_socket = 1, SOCK_bind = 2, SOCK_connect = 3, SOCK_listen = 4, SOCK_accept = 5, SOCK_shutdown = 13 };
enum { ENOENT = 2, EINTR = 4, EIO = 5, EACCES = 13, ENODEV = 19, ENOTDIR = 20, EISDIR = 21, EFBIG = 27, ENOSPC = 28,
  EROFS = 30, ENAMETOOLONG = 36, EAFNOSUPPORT = 97, EADDRINUSE = 98, ETIMEDOUT = 110, EDQUOT = 122 };
enum { O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0100, O_EXCL = 0200, O_LARGEFILE = 0100000 };
enum { POLLIN = 1, SHUT_WR = 1, SIGPIPE = 13, SIGCHLD = 17, SIG_IGN = 1 };

enum { AF_VSOCK = 40, SOCK_STREAM = 1, anyone = -1, theHost = 2 };

/* Both sides listen for files here. */
enum { filePort = 21590 };
enum { fileMagic = 0x31465654, headBytes = 24, nameLimit = 255, folderLimit = 1000, pieceBytes = 32768 };

static u8 piece[pieceBytes];
static char text[2048];
static u32 crcTable[4][256];

static int call(int number, int first, int second, int third) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory");
  return result;
}

static int sockets(int what, int first, int second, int third) {
  int arguments[3];
  arguments[0] = first;
  arguments[1] = second;
  arguments[2] = third;
  return call(NR_socketcall, what, (int)arguments, 0);
}

static u32 lengthOf(const char *string) {
  u32 length = 0;
  while (string[length]) length++;
  return length;
}

static int same(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}

/* Appends what fits to the text that is told in the end. */
static void say(const char *more) {
  u32 at = lengthOf(text);
  while (*more && at < sizeof text - 1) text[at++] = *more++;
  text[at] = 0;
}

static void tell(int file, const char *string) { call(NR_write, file, (int)string, lengthOf(string)); }

static void number(char *into, u32 value) {
  char digits[12];
  u32 count = 0;
  do digits[count++] = '0' + value % 10;
  while ((value /= 10) != 0);
  while (count > 0) *into++ = digits[--count];
  *into = 0;
}

static const char *reasonOf(int failure) {
  static char other[24] = "it failed: ";
  switch (-failure) {
    case ENOENT: return "there is no such file or folder";
    case EIO: return "the disk failed";
    case EACCES: return "it is not allowed";
    case ENODEV: case EAFNOSUPPORT: return "this system has no sockets of its host: modprobe hv_sock loads their driver";
    case ENOTDIR: return "a part of the folder's path is no folder";
    case EISDIR: return "a folder has that name";
    case EFBIG: return "the file system takes no file of that size";
    case EDQUOT: case ENOSPC: return "the file system is full";
    case EROFS: return "the file system is read-only";
    case ENAMETOOLONG: return "the file system takes no name of that length";
    case EADDRINUSE: return "another program listens there already";
    case ETIMEDOUT: return "the host does not take the connection";
    default: return number(other + 11, -failure), other;
  }
}

static void prepareCrc(void) {
  u32 byte, bit, rest;
  for (byte = 0; byte < 256; byte++) {
    for (rest = byte, bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >> 1) ^ 0xedb88320u : rest >> 1;
    crcTable[0][byte] = rest;
  }
  /* For bytes that are followed by one, two and three others: four are taken at once. */
  for (byte = 0; byte < 256; byte++)
    for (bit = 1; bit < 4; bit++) {
      rest = crcTable[bit - 1][byte];
      crcTable[bit][byte] = (rest >> 8) ^ crcTable[0][rest & 0xff];
    }
}

static u32 crcOf(const u8 *bytes, u32 length, u32 before) {
  u32 rest = ~before;
  for (; length >= 4; length -= 4, bytes += 4) {
    rest ^= *(const u32 *)bytes;
    rest = crcTable[3][rest & 0xff] ^ crcTable[2][(rest >> 8) & 0xff] ^ crcTable[1][(rest >> 16) & 0xff] ^
      crcTable[0][rest >> 24];
  }
  while (length--) rest = (rest >> 8) ^ crcTable[0][(rest ^ *bytes++) & 0xff];
  return ~rest;
}

/* 1: all of it; 0: the other side ended before; below: the failure. */
static int readAll(int file, void *into, u32 length) {
  u8 *at = into;
  while (length > 0) {
    int count = call(NR_read, file, (int)at, length);
    if (count == -EINTR) continue;
    if (count <= 0) return count;
    at += count;
    length -= count;
  }
  return 1;
}

static int writeAll(int file, const void *from, u32 length) {
  const u8 *at = from;
  while (length > 0) {
    int count = call(NR_write, file, (int)at, length);
    if (count == -EINTR) continue;
    if (count < 0) return count;
    at += count;
    length -= count;
  }
  return 1;
}

/* An address: family, port and whose. @vsock 1 */
static void address(u32 *into, u32 port, u32 whose) {
  into[0] = AF_VSOCK;
  into[1] = port;
  into[2] = whose;
  into[3] = 0;
}

static int connectTo(u32 port) {
  u32 to[4];
  int done, end = sockets(SOCK_socket, AF_VSOCK, SOCK_STREAM, 0);
  if (end < 0) return end;
  address(to, port, theHost);
  done = sockets(SOCK_connect, end, (int)to, sizeof to);
  if (done >= 0) return end;
  call(NR_close, end, 0, 0);
  return done;
}

static int listenOn(u32 port) {
  u32 at[4];
  int done, end = sockets(SOCK_socket, AF_VSOCK, SOCK_STREAM, 0);
  if (end < 0) return end;
  address(at, port, anyone);
  done = sockets(SOCK_bind, end, (int)at, sizeof at);
  if (done >= 0) done = sockets(SOCK_listen, end, 16, 0);
  if (done >= 0) return end;
  call(NR_close, end, 0, 0);
  return done;
}

/* ---- files of the host ---- */

static int isText(const char *string, u32 length) {
  u32 at;
  for (at = 0; at < length; at++)
    if ((u8)string[at] < 0x20 || string[at] == 0x7f) return 0;
  return 1;
}

static int isName(const char *name, u32 length) {
  u32 at;
  if (length == 0 || !isText(name, length)) return 0;
  for (at = 0; at < length; at++)
    if (name[at] == '/') return 0;
  return !same(name, ".") && !same(name, "..");
}

static u32 join(char *into, const char *folder, const char *name) {
  u32 at = 0;
  while (*folder) into[at++] = *folder++;
  if (at == 0 || into[at - 1] != '/') into[at++] = '/';
  while (*name) into[at++] = *name++;
  into[at] = 0;
  return at;
}

/* Copies the contents to a file. 1: they are there and right; else the reason is in the text. */
static int takeContents(int from, int into, u32 length) {
  u32 crc = 0, told;
  while (length > 0) {
    /* The kernel gives one packet at a time; a file system likes larger pieces. */
    u32 count = length < pieceBytes ? length : pieceBytes;
    int done = readAll(from, piece, count);
    if (done != 1) return say("the connection broke off before the whole file was there"), 0;
    crc = crcOf(piece, count, crc);
    done = writeAll(into, piece, count);
    if (done < 0) return say(reasonOf(done)), 0;
    length -= count;
  }
  if (readAll(from, &told, 4) != 1) return say("the connection broke off before the whole file was there"), 0;
  if (told != crc) return say("what arrived is not what was sent"), 0;
  return 1;
}

static int takeInto(int from, const char *folder, const char *name, const u32 *head) {
  static char whole[folderLimit + nameLimit + 2], half[folderLimit + nameLimit + 2];
  static char own[32] = ".tabvisor-";
  int into, done;
  number(own + 10, call(NR_getpid, 0, 0, 0));
  join(whole, folder, name);
  join(half, folder, own);
  call(NR_unlink, (int)half, 0, 0);
  into = call(NR_open, (int)half, O_WRONLY | O_CREAT | O_EXCL | O_LARGEFILE, 0600);
  if (into < 0) return say(reasonOf(into)), 0;
  done = takeContents(from, into, head[2]);
  if (done) call(NR_fchmod, into, head[1] & 0777, 0);
  call(NR_close, into, 0, 0);
  if (done) {
    int renamed = call(NR_rename, (int)half, (int)whole, 0);
    if (renamed < 0) say(reasonOf(renamed)), done = 0;
  }
  if (!done) call(NR_unlink, (int)half, 0, 0);
  else say(whole);
  return done;
}

/* Takes one file. 1: it is where it should be, and the text is its path; else the text is the reason. */
static int takeFile(int from) {
  static u8 head[headBytes];
  static char folder[folderLimit + 1], name[nameLimit + 1];
  u32 *words = (u32 *)head;
  u32 nameLength, folderLength;
  if (readAll(from, head, headBytes) != 1) return say("the connection broke off"), 0;
  nameLength = words[4] & 0xffff;
  folderLength = words[4] >> 16;
  if (words[0] != fileMagic) return say("this is no file of a host that we know"), 0;
  if (words[3] != 0 || words[2] > 0x7fffffff) return say("the file is larger than 2 GiB"), 0;
  if (nameLength > nameLimit || folderLength > folderLimit) return say("the name is too long"), 0;
  if (readAll(from, folder, folderLength) != 1 || readAll(from, name, nameLength) != 1)
    return say("the connection broke off"), 0;
  folder[folderLength] = 0;
  name[nameLength] = 0;
  if (folderLength == 0 || folder[0] != '/' || !isText(folder, folderLength))
    return say("the folder is no path from / on"), 0;
  if (!isName(name, nameLength)) return say("the name is none that a file can have here"), 0;
  return takeInto(from, folder, name, words);
}

static void serveFile(int end) {
  u32 answer[2];
  text[0] = 0;
  answer[0] = takeFile(end) ? 0 : 1;
  answer[1] = lengthOf(text);
  writeAll(end, answer, sizeof answer);
  writeAll(end, text, answer[1]);
  sockets(SOCK_shutdown, end, SHUT_WR, 0);
  /* The host ends when it has the answer; what it still sends of a refused file goes nowhere. */
  while (call(NR_read, end, (int)piece, pieceBytes) > 0) {}
}

static int complain(const char *what, int failure) {
  tell(2, "tabvisor-guest: ");
  tell(2, what);
  tell(2, ": ");
  tell(2, reasonOf(failure));
  tell(2, "\n");
  return 1;
}

static int run(const char *command, char **environment) {
  const char *words[4];
  words[0] = "sh";
  words[1] = "-c";
  words[2] = command;
  words[3] = 0;
  return complain("sh", call(NR_execve, (int)"/bin/sh", (int)words, (int)environment));
}

/* Serves every connection in a process of its own. */
static int serve(u32 port, const char *command, char **environment) {
  int ear = listenOn(port);
  if (ear < 0) return complain("listen", ear);
  if (command == 0 && call(NR_fork, 0, 0, 0) != 0) return 0;
  if (command == 0) call(NR_setsid, 0, 0, 0);
  call(NR_signal, SIGCHLD, SIG_IGN, 0);
  call(NR_signal, SIGPIPE, SIG_IGN, 0);
  for (;;) {
    int end = sockets(SOCK_accept, ear, 0, 0);
    if (end == -EINTR) continue;
    if (end < 0) return complain("accept", end);
    if (call(NR_fork, 0, 0, 0) == 0) {
      call(NR_close, ear, 0, 0);
      if (command == 0) return serveFile(end), 0;
      call(NR_signal, SIGPIPE, 0, 0);
      call(NR_dup2, end, 0, 0);
      call(NR_dup2, end, 1, 0);
      call(NR_close, end, 0, 0);
      return run(command, environment);
    }
    call(NR_close, end, 0, 0);
  }
}

/* ---- files for the host ---- */

/* Says what the host answered. 0: it has the file. */
static int hearAnswer(int end, const char *path) {
  u32 answer[2];
  u32 length;
  if (readAll(end, answer, sizeof answer) != 1) return complain(path, -EIO);
  length = answer[1] < sizeof text - 1 ? answer[1] : sizeof text - 1;
  if (readAll(end, text, length) != 1) length = 0;
  text[length] = 0;
  tell(answer[0] == 0 ? 1 : 2, path);
  tell(answer[0] == 0 ? 1 : 2, answer[0] == 0 ? ": the host has it as " : ": the host did not take it: ");
  tell(answer[0] == 0 ? 1 : 2, text);
  tell(answer[0] == 0 ? 1 : 2, "\n");
  return answer[0] == 0 ? 0 : 1;
}

static int hasAnswer(int end) {
  u32 wanted[2];
  wanted[0] = end;
  wanted[1] = POLLIN;
  return call(NR_poll, (int)wanted, 1, 0) > 0;
}

/* 1: all was sent; 0: the host has answered before; below: the file is not what it was. */
static int sendContents(int end, int from, u32 length) {
  u32 crc = 0;
  while (length > 0) {
    int count = call(NR_read, from, (int)piece, length < pieceBytes ? length : pieceBytes);
    if (count <= 0) return -EIO;
    crc = crcOf(piece, count, crc);
    if (hasAnswer(end) || writeAll(end, piece, count) < 0) return 0;
    length -= count;
  }
  writeAll(end, &crc, 4);
  return 1;
}

static int sendFile(const char *path) {
  static u32 status[32];
  u32 head[headBytes / 4];
  const char *name = path, *at;
  int from, end, done;
  for (at = path; *at; at++)
    if (*at == '/') name = at + 1;
  from = call(NR_open, (int)path, O_RDONLY | O_LARGEFILE, 0);
  if (from < 0) return complain(path, from);
  done = call(NR_fstat64, from, (int)status, 0);
  if (done < 0) return complain(path, done);
  /* Type and permissions at byte 16, size at byte 44. */
  if ((status[4] & 0170000) != 0100000) return complain("this is no plain file", -EISDIR);
  if (status[12] != 0 || status[11] > 0x7fffffff) return complain(path, -EFBIG);
  end = connectTo(filePort);
  if (end < 0) return complain("host", end);
  head[0] = fileMagic;
  head[1] = status[4] & 0777;
  head[2] = status[11];
  head[3] = 0;
  head[4] = lengthOf(name) & 0xffff;
  head[5] = 0;
  done = writeAll(end, head, headBytes);
  if (done > 0) done = writeAll(end, name, head[4]);
  if (done > 0) done = sendContents(end, from, head[2]);
  done = done < 0 ? complain(path, done) : hearAnswer(end, path);
  call(NR_close, from, 0, 0);
  call(NR_close, end, 0, 0);
  return done;
}

/* ---- a terminal or a command, and a port ---- */

/* Both ways at once, until the other side has said everything. */
static int relay(int end) {
  u32 wanted[4];
  wanted[0] = end;
  wanted[1] = POLLIN;
  wanted[2] = 0;
  wanted[3] = POLLIN;
  for (;;) {
    int done = call(NR_poll, (int)wanted, 2, -1);
    if (done == -EINTR) continue;
    if (done < 0) return complain("poll", done);
    if (wanted[3] >> 16) {
      int count = call(NR_read, 0, (int)piece, pieceBytes);
      if (count > 0) writeAll(end, piece, count);
      else {
        sockets(SOCK_shutdown, end, SHUT_WR, 0);
        /* Nothing is looked at there any more. */
        wanted[2] = (u32)-1;
      }
    }
    if (wanted[1] >> 16) {
      int count = call(NR_read, end, (int)piece, pieceBytes);
      if (count <= 0) return 0;
      if (writeAll(1, piece, count) < 0) return 1;
    }
  }
}

static int joinPort(u32 port, const char *command, char **environment) {
  int end = connectTo(port);
  if (end < 0) return complain("connect", end);
  if (command == 0) return relay(end);
  call(NR_dup2, end, 0, 0);
  call(NR_dup2, end, 1, 0);
  call(NR_close, end, 0, 0);
  return run(command, environment);
}

/* 0 when it is no number of a port. */
static u32 portOf(const char *digits) {
  u32 port = 0;
  for (; *digits; digits++) {
    if (*digits < '0' || *digits > '9' || port > 429496728) return 0;
    port = port * 10 + (*digits - '0');
  }
  return port;
}

static int usage(void) {
  tell(2, "usage: tabvisor-guest serve | send FILE... | connect PORT [COMMAND] | listen PORT COMMAND\n");
  return 2;
}

static int perform(int count, char **words, char **environment) {
  const char *own = words[0], *at;
  int place = 2, failed = 0;
  for (at = own; *at; at++)
    if (*at == '/') own = at + 1;
  prepareCrc();
  if (same(own, "sendtohost")) place = 1;
  if (count < 2) return usage();
  if (place == 1 || same(words[1], "send")) {
    if (place >= count) return usage();
    call(NR_signal, SIGPIPE, SIG_IGN, 0);
    for (; place < count; place++) failed |= sendFile(words[place]);
    return failed;
  }
  if (count == 2 && same(words[1], "serve")) return serve(filePort, 0, environment);
  if (count < 3 || portOf(words[2]) == 0) return usage();
  if (count == 4 && same(words[1], "listen")) return serve(portOf(words[2]), words[3], environment);
  if (count <= 4 && same(words[1], "connect"))
    return joinPort(portOf(words[2]), count == 4 ? words[3] : 0, environment);
  return usage();
}

/* The kernel leaves on the stack: how many words, the words, 0, the environment. */
__asm__(".globl _start\n_start:\n mov %esp, %eax\n push %eax\n call begin\n");
void begin(int *stack) {
  int count = stack[0];
  char **words = (char **)(stack + 1);
  call(NR_exit, perform(count, words, words + count + 1), 0, 0);
}
