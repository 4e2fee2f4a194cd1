# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""C in scripts: structs of programs and of the kernel, #include, import, %{ ... %}."""

import os
import random
import re
import struct
import tempfile

from gft import CALLS, NothingLeft, Skip, cbuild, check, gft, run

COMMAND = ("-c", "./examples/bin/calls -n 3 -sleep 20ms")


def quiet(text, *args, command=("-c", "/bin/true"), **how):
    with NothingLeft():
        return gft("-q", *args, "-e", text, *command, **how).ok()


def lines(r):
    """Of the output, without the target's own."""
    return [s for s in r.out.split("\n") if s and not s.startswith("student: ")]


def says(r, *want):
    check(lines(r) == list(want), f"other lines than expected:\n{want}", r)


def maps(out):
    """{"@x[a]": "3"} of the lines that maps were printed as."""
    return dict(re.findall(r"^(@\w*(?:\[[^]]*\])?): (.*)$", out, re.M))

C_TYPES = """
enum color { RED, GREEN = 5, BLUE };
struct point { int x, y; };
struct student {
	const char *name;
	int age;
	struct point at;
	struct student *next;
	double mean;
	unsigned char tag[4];
	char nick[8];
};
struct bits { unsigned a : 3; unsigned b : 13; int c : 5; enum color d : 4; unsigned long e : 40; };
struct big { long v[5]; };
struct outer { int kind; union { long n; const char *text; }; int grid[2][3]; };
"""


def kernel_types():
    if not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        raise Skip("this kernel has no BTF")


def test_struct_of_a_go_program():
    r = quiet("""struct Student { char *name; long len; long age; };
        u:main.(*Student).String {
            $s = (struct Student *)arg0;
            printf("%s %d %d\\n", str($s.name, $s->len), $s.age, (*$s).len);
            $copy = *$s; @kept[$copy.age] = $copy;
            printf("%s %d %d\\n", str($copy.name, $copy.len), sizeof($copy), offsetof(struct Student, age));
            $age = &$s.age; print(*$age); }""", command=COMMAND)
    says(r, "Grace Hopper 37 12", "Grace Hopper 24 16", "37", "Grace Hopper 38 12", "Grace Hopper 24 16", "38",
         "Grace Hopper 39 12", "Grace Hopper 24 16", "39", *[s for s in lines(r) if s.startswith("@kept")])
    kept = maps(r.out)
    check(len(kept) == 3 and re.fullmatch(r"\{ \.name = 0x[0-9a-f]+, \.len = 12, \.age = 38 \}", kept["@kept[38]"]),
          "a struct for each", r)


def test_structs_of_a_c_program():
    exe = cbuild("cvalues", "-O2", "-g")
    r = quiet(C_TYPES + """
        u:show { $s = (struct student *)arg0;
            printf("%s %d %d %s %d\\n", str($s.name), $s.age, $s.at.y, $s.nick, $s.tag[2]);
            printf("%s|%s\\n", $s.at, (enum color)arg1);
            $next = $s.next; printf("%d %d\\n", $next.age, $s.next == 0); }
        u:packed { $b = (struct bits *)arg2; printf("%d %d %d %s %ld\\n", $b.a, $b.b, $b.c, $b.d, $b.e); print(*$b);
            $k = *$b; print($k.c); }
        u:nested { $o = (struct outer *)arg0; printf("%d %d %d\\n", $o.kind, $o.n, $o.grid[1][2]); print($o.grid); 
            $i = $o.kind; print($o.grid[$i - 1][$i]); print(($o + 1) - $o); }""", command=("-c", exe))
    seen = [s for s in lines(r) if re.match(r"Al|\{|\[|-?\d", s)]
    for want in ('Al "x"\\n 22 2 al 7', "{ .x = -1, .y = 2 }|BLUE", "5 4097 -7 BLUE 78187493520", "-7",
                 "{ .a = 5, .b = 4097, .c = -7, .d = BLUE, .e = 78187493520 }", "2 77 6", "[[1,2,3],[4,5,6]]",
                 "6", "1"):
        check(want in seen, f"{want} was not printed", r)


def test_types_of_a_targets_dwarf():
    for compiler, *flags in (("gcc", "-O2", "-g"), ("gcc", "-O0", "-gdwarf-4"), ("clang", "-O1", "-g")):
        exe = cbuild("lists", *flags, compiler=compiler)
        r = quiet("""u:walk { $n = (struct node *)arg0;
            printf("%d %s %s\\n", $n->v, str($n->name), str($n.next->next.name));
            printf("%d %d %d %d\\n", $n.f1, $n.f2, $n.s, $n.flag);
            printf("%d %d %d %d\\n", $n.in1, $n.in2, $n.sub.q, $n.subs[2].p);
            $i = 1; print(($n.subs[$i].q, (*$n.pp).v, $n->pp[0]->next.v, $n.fn == 0, $n.kind));
            print($n.pair); print($n.word.b[0]); print($n.packed); print($n.text); print($n.grid);
            print($n.tail.tail[2].i);
            print((sizeof(struct node), offsetof(struct node, sub.q), offsetof(struct node, in2), sizeof(pair_t),
                sizeof(union word), sizeof(struct packed)));
            let $t : struct node * = $n.next; print($t.next.v);
            print(((pair_t *)&$n.pair).b); print((enum kind)arg1);
            $a = args.n; print(($a.sub, args.n.next.next.v, str($a.next.name)));
            @kept[$n.v] = *$n.next; @same = $a == $n; }
        ur:head { print(((struct node *)retval).v); print(ret.v); $r = ret; print($r.next.v); }
        end { print(sizeof(struct packed)); print(@kept[11].v); }""", command=("-c", exe))
        want = ("11 first third", "5 100 -3 1", "7 8 -2 5", "(4, 22, 33, true, K_TWO)", "{ .a = 4, .b = 5 }", "68",
                "{ .c = 122, .i = -9, .l = 99 }", "hey", "[[1,2,3],[4,5,6]]", "20", "(152, 38, 32, 8, 4, 13)", "33",
                "5", "K_ONE", "({ .p = 1, .q = -2 }, 33, second)", "11", "11", "22", "13", "22")
        seen = [s for s in lines(r) if not re.match(r"first|second|third|sum |@", s)]
        check(seen == list(want), f"{compiler} {flags}: not {want}", r)
        check(maps(r.out)["@same"] in ("1", "true"), "the same pointer", r)
        whole = gft("-q", "-e", "u:walk { print(args); }", "-c", exe).ok()
        check(".v = 11" in whole.out and ".kind = K_TWO" in whole.out and "k=K_ONE, p={ .a = 20, .b = 30 }" in whole.out,
              "args as a whole", whole)


def test_types_that_functions_declare():
    for compiler, *flags in (("gcc", "-O2", "-g"), ("clang", "-O1", "-g"), ("gcc", "-O0", "-gdwarf-4")):
        exe = cbuild("locals", *flags, compiler=compiler)
        r = quiet("""u:first { print(((struct mine *)arg0).n); print(sizeof(struct both)); }
            u:second { $m = (struct mine *)arg0; print(($m.s[1], $m.shade, (enum shade)3)); }
            u:third { print((((struct both *)arg0).outside, sizeof(struct both))); }
            end { print(LIGHT); print(sizeof(struct both)); }""", command=("-c", exe))
        seen = [s for s in lines(r) if not s.startswith("sum ")]
        check(seen == ["41", "16", "(8, LIGHT, DARK)", "(99, 4)", "LIGHT", "4"], f"{compiler} {flags}", r)
    r = gft("--dry-run", "-e", "u:third { print(sizeof(struct mine)); }", "-c", exe, status=1)
    check("describes struct mine in two ways, in " in r.err, "of no function that is probed", r)


def test_types_of_targets_that_are_missing_or_differ():
    one, other = cbuild("lists", "-O2", "-g"), cbuild("lists", "-O2", "-g", "-DOTHER")
    bare = cbuild("lists", "-O2")

    def refused(text, *want, command=one):
        r = gft("--dry-run", "-e", text, "-c", command, status=1)
        check(all(w in r.err for w in want), f"not {want}", r)

    refused("u:walk { print(((struct node *)arg0).nosuch); }", "struct node has no field 'nosuch'")
    refused("u:walk { print(((struct node *)arg0).hidden.x); }", "struct hidden is only declared")
    refused("u:walk { print(sizeof(struct nodes)); }", "there is no struct nodes", "its DWARF does not describe it",
            "did you mean struct node?")
    refused("u:walk { print(sizeof(struct nodes)); }", "there is no struct nodes", "has no DWARF", command=bare)
    refused(f"u:{one}:walk, u:{other}:walk {{ print(((struct node *)arg0).v); }}", "which node?", one, other,
            "describe it differently")
    r = quiet(f"u:{one}:walk {{ print(((struct node *)arg0).v); }} u:{other}:walk {{ print(((struct node *)arg0).v); }}",
              command=("-c", other))
    check("\n11\n" in r.out, "each clause has its own", r)
    r = quiet("u:walk { print(args.k == K_ONE); print(K_TWO); $k = K_ONE; print($k); @[$k] = 1; print($k + 1); }", command=("-c", one))
    check("\n1\nK_TWO\nK_ONE\n2\n" in r.out.replace("true", "1") and "@[K_ONE]: 1" in r.out, "constants of enums", r)
    r = quiet("struct node { long whole; }; u:walk { print((((struct node *)arg0).whole & 0xff, sizeof(struct node))); }",
              command=("-c", one))
    check("(11, 8)" in r.out, "what the script defines counts first", r)


def test_types_of_two_source_files():
    with tempfile.TemporaryDirectory() as d:
        for name, more in (("a", "int x;"), ("b", "char pad[9]; int x;")):
            with open(f"{d}/{name}.c", "w", encoding="utf-8") as f:
                f.write(f"struct twice {{ {more} }}; struct once{name} {{ int v; }};\n"
                        f"__attribute__((noinline)) int {name}(struct twice *t, struct once{name} *o)\n"
                        "{ __asm__ volatile(\"\" ::: \"memory\"); return t->x + o->v; }\n")
        with open(f"{d}/main.c", "w", encoding="utf-8") as f:
            f.write("struct twice; struct oncea; struct onceb; int a(struct twice *, struct oncea *);\n"
                    "int b(struct twice *, struct onceb *); struct { int x; } one = { 1 }; int v = 5;\n"
                    "struct { char pad[9]; int x; } two = { \"\", 2 };\n"
                    "int main(void) { return a((void *)&one, (void *)&v) + b((void *)&two, (void *)&v) != 13; }\n")
        exe = f"{d}/twice"
        run(["gcc", "-g", "-O1", "-o", exe, *(f"{d}/{n}.c" for n in ("a", "b", "main"))])
        r = quiet("u:a { print(((struct twice *)arg0).x); } u:b { print(((struct twice *)arg0).x); "
                  "print(((struct onceb *)arg1).v + sizeof(struct oncea)); }", command=("-c", exe))
        check(r.out == "1\n2\n9\n", "the source file of the function counts", r)
        r = gft("--dry-run", "-e", "u:a, u:b { print(((struct twice *)arg0).x); }", "-c", exe, status=1)
        check("which twice?" in r.err and "in two ways" in r.err and "a.c" in r.err and "b.c" in r.err, "both named", r)
        for where in ("u:main", "begin, u:main"):
            r = gft("--dry-run", "-e", where + " { print(sizeof(struct twice)); }", "-c", exe, status=1)
            check("in two ways" in r.err, "ambiguous elsewhere", r)


def test_types_of_damaged_dwarf():
    exe = cbuild("lists", "-O2", "-g")
    with open(exe, "rb") as f:
        data = bytearray(f.read())
    at, size = section(data, ".debug_info"), section(data, ".debug_abbrev")
    rng = random.Random(7)
    with tempfile.TemporaryDirectory() as d:
        for i in range(60):
            bad = bytearray(data)
            where, n = at if i % 3 else size
            for _ in range(1 + i % 8):
                bad[where + rng.randrange(n)] = rng.randrange(256)
            path = f"{d}/bad{i}"
            with open(path, "wb") as f:
                f.write(bad)
            os.chmod(path, 0o755)
            r = gft("--dry-run", "-e", f"u:{path}:walk {{ $n = (struct node *)arg0; print($n.next.subs[1].p); print(*$n); "
                    "print(sizeof(struct packed)); print(args); $a = args.n; print($a.kind); }")
            check(r.status in (0, 1) and "Sanitizer" not in r.err, f"damage {i}", r)


def section(data, name):
    """Offset and size of a section in an ELF file."""
    off, = struct.unpack_from("<Q", data, 0x28)
    size, n, names = struct.unpack_from("<HHH", data, 0x3a)
    heads = [struct.unpack_from("<IIQQQQ", data, off + i * size) for i in range(n)]
    base = heads[names][4]
    for h in heads:
        if data[base + h[0]:].split(b"\0", 1)[0].decode() == name:
            return h[4], h[5]
    return None


def test_current_task():
    kernel_types()
    r = quiet("""u:main.add1 / @n++ < 1 / { $t = curtask;
        printf("%d %d %d\\n", $t.comm == comm, $t->tgid == pid, leader_tid == pid);
        printf("%s|%s|%s|%d\\n", leader_comm, pcomm, pcomm($t.group_leader), ppid == $t.real_parent.tgid);
        print(comm(pid)); print($t.__state); print(curtask != 0); }""", command=("-c", CALLS + " -n 2 -sleep 1ms"))
    seen = [s for s in lines(r) if not s.startswith("@")]
    check(seen[0] == "1 1 1" and re.fullmatch(r"calls\|gft\|gft\|1", seen[1]), "the task and its relatives", r)
    check(seen[2] == "calls" and seen[4] in ("true", "1"), "comm(pid)", r)
    r = quiet("""begin { $t = container_of(&curtask.se.load.weight, struct task_struct, se.load.weight);
        print($t == curtask); print(container_of(&$t.tasks, struct task_struct, tasks).pid == pid);
        $e = PIDTYPE_TGID; print(($e, (enum pid_type)0, BPF_MAP_TYPE_HASH == 1)); @[$e] = 1; }""")
    check(lines(r) == ["true", "true", "(PIDTYPE_TGID, PIDTYPE_PID, true)", "@[PIDTYPE_TGID]: 1"], "fields and constants", r)


def test_kernel_structs_inside_of_the_scripts():
    kernel_types()
    # by value, of which only the kernel knows the size; behind it all is where it should be
    r = quiet("""struct mine { u32 n; atomic_t a[2]; struct list_head l; enum pid_type e; work_func_t f; char last; };
        begin { print((sizeof(struct mine), offsetof(struct mine, l), offsetof(struct mine, f)));
            $p = (struct mine *)&curtask.tasks - 0; $c = *$p; print($c.l.next == $p.l.next);
            print((sizeof($p.a[1].counter), sizeof($p.e), sizeof($p.l))); }""")
    check(lines(r) == ["(56, 16, 40)", "true", "(4, 4, 16)"], "layout", r)
    r = quiet("""struct at { char before[8]; struct task_struct t; };
        begin { $p = (struct at *)((uint64)curtask - 8); print(($p.t.pid == tid, $p.t.comm == comm));
            print(sizeof(struct at) == sizeof(struct task_struct) + 8); }""")
    check(lines(r) == ["(true, true)", "true"], "fields of the task", r)
    r = quiet("""struct mine { struct path p; };
        %{ static int size(struct mine *p) { return sizeof(*p); } %}
        #ifdef BPFTRACE_HAVE_BTF
        #define SAID "known"
        #endif
        begin { print((size((struct mine *)0) == sizeof(struct path), SAID)); }""")
    check(lines(r) == ["(true, known)"], "functions in C see it too", r)
    # the script's own definition counts, whichever way the pointer came
    r = quiet("""struct task_struct { int x; char y; };
        begin { $p = curtask; print((sizeof(*$p), $p.x == curtask.x, $p[0].y == (*curtask).y)); }
        rt:sched_switch { @[sizeof(*args.prev)] = 1; }""")
    check("(8, true, true)" in lines(r), "its own task_struct", r)
    # what is defined further down, and what nobody knows, is the script's mistake
    for text, want in (("struct a { struct path p; struct nosuch n; };", "incomplete type 'struct nosuch'"),
                       ("struct a { struct path p; }; struct path { int x; };", "incomplete type 'struct path'"),
                       ("struct a { nosuch_t n; };", "unknown type name 'nosuch_t'")):
        r = gft("-e", text + " begin { print(sizeof(struct a)); }")
        check(r.status == 1 and want in r.err, want, r)
    r = gft("-e", "#include <net/nosuch.h>\nbegin { print(1); }")
    check(r.status == 1 and "'net/nosuch.h' file not found" in r.err and "BPFTRACE_HAVE_BTF" in r.err, "a header", r)
    check("there are none in /lib/modules/" in r.err, "where it was looked for", r)
    # from the cache it is the same
    with tempfile.TemporaryDirectory() as d:
        env = dict(os.environ, GFT_CACHE_DIR=d)
        text = """struct mine { struct list_head l; struct path p; }; %{ static int one(void) { return sizeof(struct mine); } %}
            begin { print((one(), sizeof(struct mine), offsetof(struct mine, p))); }"""
        first = gft("-v", "-e", text, env=env, status=0)
        again = gft("-v", "-e", text, env=env, status=0)
        check("(32, 32, 16)" in first.out and first.out == again.out, "the same twice", again)
        check("files of C in" in first.err and "C definitions from the cache" in again.err, "cached", again)


def test_states_of_tasks():
    kernel_types()
    r = quiet("""t:sched:sched_switch / args.prev_pid / { @[args.prev_state == TASK_RUNNING,
            args.prev_state & TASK_INTERRUPTIBLE] = count(); }
        begin { print((TASK_RUNNING, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE)); }
        i:ms:200 { exit(); }""", command=())
    check("(0, 1, 2)" in r.out and re.search(r"^@\[(false|0), 1\]: \d", r.out, re.M), "sleepers", r)
    r = quiet("#define TASK_RUNNING 7\nbegin { print(TASK_RUNNING); }")
    check(lines(r) == ["7"], "the script's own", r)


def test_tracepoints():
    r = quiet("""t:syscalls:sys_enter_openat / pid == cpid / { printf("%s %d\\n", str(args.filename), args.flags); }
        t:raw_syscalls:sys_enter / pid == cpid && args.id == 257 / { @raw[str(args.args[1])] = count(); print(args);
            print(args.args); $a = args.args; @n[args.args] = $a[1] == args.args[1]; }
        t:sched:sched_process_exec / pid == cpid / { printf("exec %s %d\\n", args.filename, args.pid == pid); }
        """, command=("-c", "/bin/cat /etc/hostname"))
    check("/etc/hostname 0\n" in r.out, "openat's file", r)
    check("@raw[/etc/hostname]: 1\n" in r.out, "an array's element", r)
    check(re.search(r"^\{ \.id = 257, \.args = \[\d+,\d+,\d+,\d+,\d+,\d+\] \}$", r.out, re.M), "the record", r)
    check(re.search(r"^(\[\d+(,\d+){5}\])$(.|\n)*^@n\[\1\]: (1|true)$", r.out, re.M), "an array of it", r)
    check("exec /bin/cat 1\n" in r.out or "exec /usr/bin/cat 1\n" in r.out, "text elsewhere in the record", r)


def test_sched_switch():
    kernel_types()
    r = quiet("""t:sched:sched_switch { @t = args.prev_pid; @c[args.next_comm] = count(); }
        rt:sched_switch { @r[args.next.comm] = count(); @p = args.prev->pid; @same = args.next == arg2;
            @by_cast = ((struct task_struct *)arg1)->pid == args.prev.pid; }
        i:ms:300 { exit(); }""", command=())
    m = maps(r.out)
    check(m.get("@same") in ("true", "1") and m.get("@by_cast") in ("true", "1"), "arguments by name and by number", r)
    names = {k[3:-1] for k in m if k.startswith("@c[")}
    raw = {k[3:-1] for k in m if k.startswith("@r[")}
    check(len(names & raw) > 1, "the same threads by the record and by the task", r)


def kernel_source(top, **files):
    """A source and its build, of as many headers as it takes."""
    source = {"kconfig": "#include <generated/autoconf.h>", "compiler-version": "", "compiler_types": ""}
    for name, text in [*source.items(), *files.items()]:
        put(f"{top}/src/include/linux/{name}.h", text)
    put(f"{top}/obj/include/generated/autoconf.h", "#define CONFIG_GIZMO 1\n")
    put(f"{top}/obj/arch/x86/include/generated/asm/made.h", "#define MADE 7\n")
    put(f"{top}/src/include/net/sock.h", "#define FROM_NET 9\n")


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def test_headers_of_the_kernels_source():
    script = """#include <linux/gizmo.h>
        #include <net/sock.h>
        begin { print((sizeof(struct gizmo), offsetof(struct gizmo, t), MADE, FROM_NET, sizeof(uint64_t))); }"""
    gizmo = """#include <asm/made.h>
        #if defined(CONFIG_GIZMO) && defined(__KERNEL__)
        typedef unsigned long long uint64_t;
        struct gizmo { char c[5]; uint64_t t; };
        #endif"""
    with tempfile.TemporaryDirectory() as d:
        kernel_source(d, gizmo=gizmo)
        src, obj = f"{d}/src", f"{d}/obj"
        plain = dict(os.environ, GFT_CACHE_DIR=f"{d}/cache")
        r = gft("-q", "-e", script, env=plain)
        check(r.status == 1 and "'linux/gizmo.h' file not found" in r.err, "nobody named the folders", r)
        for how in ({"GFT_KERNEL_SOURCE": src, "GFT_KERNEL_BUILD": obj},
                    {"BPFTRACE_KERNEL_SOURCE": src, "BPFTRACE_KERNEL_BUILD": obj},
                    {"GFT_KERNEL_SOURCE": src, "GFT_KERNEL_BUILD": obj, "GFT_BTF": "/dev/null"}):
            for _ in range(2):  # the second time from the cache
                r = gft("-q", "-e", script, env=plain | how).ok()
                says(r, "(16, 8, 7, 9, 8)")
        named = plain | {"GFT_KERNEL_SOURCE": src, "GFT_KERNEL_BUILD": obj}
        # what they lack is missed as before, and the header that changed is read anew
        r = gft("-e", "#include <linux/nosuch.h>\nbegin { print(1); }", env=named)
        check(r.status == 1 and "'linux/nosuch.h' file not found" in r.err, "not there either", r)
        put(f"{src}/include/linux/gizmo.h", gizmo.replace("c[5]", "c[9]"))
        says(gft("-q", "-e", script, env=named).ok(), "(24, 16, 7, 9, 8)")
        # a script that needs none of it reads what it always read
        says(gft("-q", "-e", "#include <linux/limits.h>\nbegin { print(PATH_MAX); }", env=named).ok(), "4096")
        # the compiler for BPF cannot have them
        for _ in range(2):
            r = gft("-e", "#include <linux/gizmo.h>\n%{ static int f(int x) { return x; } %}\nbegin { print(f(1)); }",
                    env=named)
            check(r.status == 1 and "beside an #include of the kernel's own headers" in r.err, "functions", r)


def test_kernel_functions_say_what_is_missing():
    kernel_types()
    for text in ("k:do_nanosleep { print(args.t.task.pid); } kr:do_nanosleep { print(retval); }",
                 "f:do_nanosleep { print(args.mode); } fr:do_nanosleep { print(args.t.task.comm); print(retval); }"):
        r = gft("--dry-run", "-e", text, status=0)
        check("nothing was loaded" in r.err, "it compiles", r)
    r = gft("--dry-run", "-e", "f:do_nanosleep { print(args.nosuch); }")
    check(r.status == 1 and "has no argument 'nosuch'" in r.err and "t, mode" in r.err, "its arguments are told", r)
    r = gft("-e", "begin { print((struct nosuch_thing *)0); }")
    check(r.status == 1 and "neither the script nor the running kernel defines it" in r.err, "no such struct", r)


def test_include_and_cache():
    with tempfile.TemporaryDirectory() as d:
        with open(f"{d}/mine.h", "w", encoding="utf-8") as f:
            f.write("struct mine { int a; };\n#define MINE 7\n")
        text = '#include "mine.h"\n#include <linux/stat.h>\nbegin { print((MINE, sizeof(struct mine), S_IFDIR)); exit(); }'
        env = dict(os.environ, GFT_CACHE_DIR=d + "/cache")
        os.mkdir(d + "/cache", 0o700)
        first = gft("-v", "-I", d, "-e", text, env=env, status=0)
        check("(7, 4, 16384)" in first.out and "files of C in" in first.err, "read", first)
        again = gft("-v", "-I", d, "-e", text, env=env, status=0)
        check("(7, 4, 16384)" in again.out and "C definitions from the cache" in again.err, "from the cache", again)
        with open(f"{d}/mine.h", "w", encoding="utf-8") as f:
            f.write("struct mine { long a, b; };\n#define MINE 8\n")
        other = gft("-v", "-I", d, "-e", text, env=env, status=0)
        check("(8, 16, 16384)" in other.out and "files of C in" in other.err, "the header has changed", other)
        r = gft("--include", f"{d}/mine.h", "-e", "begin { print(sizeof(struct mine)); exit(); }", status=0)
        check(r.out.startswith("16\n"), "--include", r)
        with open(f"{d}/mine.h", "w", encoding="utf-8") as f:
            f.write("struct mine { nosuch a; };\n")
        r = gft("-I", d, "-e", text, env=env)
        check(r.status == 1 and "at line 1 of" in r.err and "unknown type name 'nosuch'" in r.err, "a bad header", r)


def test_import():
    with tempfile.TemporaryDirectory() as d:
        os.mkdir(d + "/lib")
        for name, text in (("main.gft", 'import "lib"; import "more.bt";\n'
                                        'begin { printf("%d %d %s\\n", dbl(4), HIGH, (enum level)9); }\n'
                                        'i:ms:50 { exit(); }'),
                           ("lib/a.gft", 'import "../main.gft";\nmacro dbl(x) { x * 2 }\nbegin { print("a"); }'),
                           ("lib/b.h", "enum level { LOW = 1, HIGH = 9 };"),
                           ("more.bt", 'import "lib/a.gft"; begin { print("more"); } struct x { int y; };'),
                           ("bad.gft", 'import "nosuch"; import "lib/a.gft"; import "wrong.gft"; begin { nosuch(); }'),
                           ("wrong.gft", "begin { nosuch2(); }")):
            with open(f"{d}/{name}", "w", encoding="utf-8") as f:
                f.write(text)
        r = gft("-q", d + "/main.gft", status=0)
        check(sorted(r.out.split("\n")[:2]) == ["a", "more"] and r.out.split("\n")[2] == "8 9 HIGH", "imported", r)
        r = gft(d + "/bad.gft")
        check(r.status == 1 and "import: there is no" in r.err, "a missing file", r)
        with open(d + "/bad.gft", "w", encoding="utf-8") as f:
            f.write('import "wrong.gft"; begin { exit(); }')
        r = gft(d + "/bad.gft")
        check(r.status == 1 and f"{d}/wrong.gft:1:9-18: ERROR: unknown function" in r.err, "its own place", r)


def test_c_functions():
    r = quiet("""#define SHIFT 3
        struct pair { long a, b; };
        %{
        static int twice(int x) { return x * 2 << SHIFT; }
        static void fill(struct pair *p, __u64 v) { p->a = 7; p->b = v; }
        int first(const char *s) { return s[0]; }
        static int is_odd(long n) { return n & 1; }
        static void add_to(long *n, long by) { *n += by; }
        static __u64 hash(__u64 x) { x ^= x >> 33; x *= 0xff51afd7ed558ccdULL; return x >> 60; }
        %}
        u:main.add {
            $s = *(struct pair *)arg0; $before = $s.b;
            fill(&$s, 40); $n = 5; add_to(&$n, arg0 == 0 ? 1 : 2);
            printf("%d %d %d %d %c %d\\n", $before, twice($s.a), $s.b, $n, first("x"), hash(12345) < 16); }
        u:main.add1 / is_odd(arg0) / { @odd = count(); }""", command=COMMAND)
    says(r, "2 112 40 7 x 1", "4 112 40 7 x 1", "6 112 40 7 x 1", "@odd: 2")
    # whatever is generated around the calls
    r = gft("-q", "-e", "%{\nint r(int x) { return x + 1; }\nint c(int x) { return x + 2; }\nint f0(int x) { return x + 3; }\n"
            "int v(void) { return 4; }\nvoid k0(long *x) { *x = r(c(5)); }\n%}\n"
            "begin { let $l : int64 = 0; k0(&$l); @x = r(2); print((r(1), c(1), f0(1), v(), $l)); exit(); }").ok()
    check("(2, 3, 4, 4, 8)\n" in r.out and "@x: 3" in r.out, "short names", r)
    r = gft("-e", "%{\nint bad(int x) { return y; }\n%}\nbegin { print(bad(1)); }")
    check(r.status == 1 and "stdin:2:25-26: ERROR: C: use of undeclared identifier 'y'" in r.err, "clang's complaint", r)
    check("mistake of gft" not in r.err, "it is the script's", r)
    text = "%{\nstatic int three(int n) { if (n = 3) return 1; return n; }\n%}\nbegin { print(three(5)); exit(); }"
    want = "stdin:2:33-34: WARNING: C: using the result of an assignment as a condition"
    with tempfile.TemporaryDirectory() as d:
        for _ in range(2):  # the second time as well: such an object is not cached
            r = quiet(text, env={"GFT_CACHE_DIR": d})
            check(want in r.err and r.err.count("WARNING") == 1, "a warning of Clang", r)
    r = quiet(text, "--no-warnings")
    check(not r.err, "no warning", r)
    r = gft("-e", "%{\nint calls(int x) { return nosuch(x); }\n%}\nbegin { print(calls(1)); }")
    check(r.status == 1 and "stdin:2:27-33: ERROR: C: implicit declaration of function 'nosuch'" in r.err, "calls", r)


HOSTILE = [
    "struct a { struct a x; }; begin { exit(); }",
    "struct a { int x : 40; }; begin { exit(); }",
    "struct a { int x",
    "union u { } begin { print(sizeof(union u)); exit(); }",
    "struct a { char x[1 << 60]; }; begin { print(sizeof(struct a)); exit(); }",
    "struct a { char x[0x7fffffffffffffff]; char y; }; begin { $p = (struct a *)0; print($p.y); exit(); }",
    "struct a { char x[0x7fffffff]; char y; }; begin { $p = (struct a *)0; print($p.y); print(*$p); exit(); }",
    "struct a { int x; } __attribute__((aligned(4096))); begin { $a = *(struct a *)0; print($a); exit(); }",
    '#include "SELF"\nbegin { exit(); }',
    "#define A B\n#define B A\nbegin { print(A); exit(); }",
    "#error no\nbegin { exit(); }",
    "%{ %} begin { exit(); }",
    "%{ int f(int x) { return f(x); } %} begin { print(f(1)); exit(); }",
    "%{ } } } %} begin { exit(); }",
    "%{ int gft_hit(int x) { return x; } %} begin { print(gft_hit(1)); exit(); }",
    "%{\n#include <stdio.h>\nint f(void) { return 0; }\n%} begin { print(f()); exit(); }",
    "typedef struct t t; struct t { t *next; t *all[3]; }; begin { $t = (t *)1; print($t.all[2].next.all); exit(); }",
    "typedef int (*fn)(int, ...); struct a { fn f[2]; __int128 w; long double d; _Complex float c; _Atomic int i; }; "
    "begin { $a = (struct a *)0; print($a.w); print($a.f[1]); print($a.i); print(*$a); exit(); }",
    "struct a { int n; int v[]; }; begin { $a = (struct a *)0; print($a.v[nsecs]); print($a.v[-1 + 1]); exit(); }",
    "enum e { A = 0x7fffffffffffffff, B = -1 }; begin { print((A, B, (enum e)2)); exit(); }",
    "struct p { char c; int x : 31; long y : 63; } __attribute__((packed)); begin { $p = (struct p *)0; "
    "print($p.x); print($p.y); print(*$p); $q = *$p; print($q.y); exit(); }",
]


def test_hostile():
    with tempfile.TemporaryDirectory() as d:
        for text in HOSTILE:
            path = f"{d}/x.gft"
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace("SELF", path))
            r = gft("-q", path)
            check(r.status in (0, 1), f"ended with {r.status}", text, r)
            check((r.status == 1) == bool(re.search(r": ERROR: |^gft: ", r.err, re.M)), "told or done", text, r)
            check("passed its checks but" not in r.err and "Sanitizer" not in r.err, "not our mistake", text, r)


def test_own_functions_see_what_is_included():
    with tempfile.TemporaryDirectory() as d:
        env = dict(os.environ, GFT_CACHE_DIR=d + "/cache")
        os.mkdir(d + "/cache", 0o700)
        with open(f"{d}/more.h", "w", encoding="utf-8") as f:
            f.write("static inline int forced(void) { return 1000; }\n")
        with open(f"{d}/s.gft", "w", encoding="utf-8") as f:
            f.write("""#include <linux/ip.h>
#include <sys/stat.h>
#include <stdio.h>
#include <linux/bpf.h>
#include "mine.h"
%{
static int all(void) { struct iphdr h = { .version = 4 }; return h.version + TWICE(S_ISDIR(0040755)) + sizeof(struct stat); }
static int sum(struct mine *m) { return mine_sum(m) + forced(); }
%}
begin { $m = *(struct mine *)0; print(all()); print(sum(&$m)); print(sizeof(struct mine)); exit(); }
""")
        for factor, want in ((2, 150), (3, 151)):
            with open(f"{d}/mine.h", "w", encoding="utf-8") as f:
                f.write(f"#include <stdint.h>\n#define TWICE(x) ((x) * {factor})\nstruct mine {{ uint32_t a; char name[8]; }};\n"
                        "static inline int mine_sum(const struct mine *m) { return m->a + m->name[0] + 7; }\n")
            for _ in range(2):
                r = gft("-q", "--include", f"{d}/more.h", f"{d}/s.gft", env=env, status=0)
                check(r.out == f"{want}\n1007\n12\n", "from headers, and the cache knows them", r)
        with open(f"{d}/mine.h", "a", encoding="utf-8") as f:
            f.write("static inline int io(int x) { asm(\"in %1, %0\" : \"=a\"(x) : \"Nd\"(x)); return x; }\n")
        r = gft("-q", "--include", f"{d}/more.h", f"{d}/s.gft", env=env)
        check(r.status in (0, 1) and (not r.status or "mine.h" in r.err), "what BPF has not", r)
        with open(f"{d}/mine.h", "w", encoding="utf-8") as f:
            f.write("#define TWICE(x) (x)\nstruct mine { int a; };\n")
        r = gft("-q", "--include", f"{d}/more.h", f"{d}/s.gft", env=env, status=1)
        check("s.gft:8:" in r.err and "mine_sum" in r.err, "the place is in the script", r)


def test_headers_of_bpf():
    own = "static int f(int x) { return x + BPF_MAP_TYPE_ARRAY + BPF_ANY; }\n"
    whole = "static int g(union bpf_attr *a) { struct bpf_pidns_info i; return sizeof(*a) > 100 && sizeof(i) == 8; }\n"
    rest = "begin { print(f(1)); %s @x[1] = 1; @c = count(); @l = hist(4); $s = kstack; exit(); }"
    include = "#include <linux/bpf.h>\n#include <linux/ptrace.h>\n"
    for text in (include + "%{\n" + own + whole + "%}\n" + rest % "print(g(0));",
                 "%{\n" + include + own + whole + "%}\n" + rest % "print(g(0));", "%{\n" + own + "%}\n" + rest % "print(1);"):
        r = quiet(text)
        check(r.out.startswith("3\n1\n") and "@x[1]: 1\n" in r.out and "@c: 1\n" in r.out, text, r)


def test_arguments_are_listed():
    kernel_types()
    args, result = "    struct hrtimer_sleeper * t\n    enum hrtimer_mode mode\n", "    int32 retval\n"
    for kind, want in (("kprobe", args), ("fentry", args), ("kretprobe", result), ("fexit", args + result)):
        r = gft("-lv", f"{kind}:do_nanosleep", status=0)
        check(r.out == f"{kind}:do_nanosleep\n{want}", "its arguments", r)
    r = gft("-lv", "software:cpu-clock", status=0)
    check("BTF" not in r.out, "a counter has none", r)


def test_args_behind_the_record():
    """print(args) says what it does not show."""
    r = gft("--dry-run", "-e", "t:sched:sched_process_exec { print(args); }").ok()
    check("WARNING: print(args) does not show what lies behind the record: args.filename" in r.err, "text", r)
    check("WARNING" not in gft("--dry-run", "-e", "t:sched:sched_switch { print(args); }").ok().err, "all is shown")
